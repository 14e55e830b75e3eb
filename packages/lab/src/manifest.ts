import { randomBytes } from 'node:crypto';
import { appendFileSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive, isErrno, readStat, type ProcessId } from './processes.ts';

/**
 * Something a lab made that outlives a `kill -9` of its maker. Each is recorded before it is made, or, where
 * its name is only known then, at once after, so that `cleanLeftovers` can take it away at the next start.
 */
export type Trace =
  | ({ readonly kind: 'owner' } & ProcessId)
  /** A process and everything in its PID namespace, where it has one of its own. */
  | ({ readonly kind: 'process'; readonly what: string } & ProcessId)
  /** Every process below this control group; one of cgroup v1 is only removed. */
  | { readonly kind: 'cgroup'; readonly path: string }
  /**
   * Every process that inherited this limit on message queues: what a control group is for whoever is not
   * root.
   */
  | { readonly kind: 'queue-limit'; readonly bytes: number }
  /** A loop device over a file in the lab's directory; also found by that file. */
  | { readonly kind: 'loop'; readonly device: string };

/** The place of one lab, claimed on this machine: its number makes addresses and marks unique. */
export interface Claim {
  readonly number: number;
  /** Unique also where another process of this machine sees another /tmp. */
  readonly name: string;
  readonly directory: string;
  record(trace: Trace): void;
}

const manifestName = 'manifest.jsonl';
const highestNumber = 250;

export const ownUid = process.getuid?.() ?? 0;

/**
 * Where all labs of this user are. One place per user, since nobody can remove another's, and whatever TMPDIR
 * says, since the numbers must be unique.
 */
export const labRoot = `/tmp/holdfast-lab-${String(ownUid)}`;

/** Claims the smallest free lab number by making its directory. Throws when all are taken. */
export function claimLab(root = labRoot): Claim {
  mkdirSync(root, { recursive: true, mode: 0o755 });
  const stat = lstatSync(root);
  if (!stat.isDirectory() || stat.uid !== ownUid)
    throw new Error(`${root} is not a directory of this user: remove it`);
  for (let number = 1; number <= highestNumber; number += 1) {
    const directory = path.join(root, String(number));
    try {
      mkdirSync(directory, { mode: 0o755 });
    } catch (error) {
      if (isErrno(error, 'EEXIST')) continue;
      throw error;
    }
    return createClaim(number, directory);
  }
  throw new Error(`all ${String(highestNumber)} lab numbers below ${root} are taken`);
}

function createClaim(number: number, directory: string): Claim {
  const file = path.join(directory, manifestName);
  const self = readStat(process.pid);
  const owner: Trace = { kind: 'owner', pid: process.pid, startTicks: self?.startTicks ?? 0 };
  writeFileSync(file, `${JSON.stringify(owner)}\n`, { flag: 'wx' });
  return {
    number,
    name: `holdfast-lab-${String(ownUid)}-${String(number)}-${randomBytes(3).toString('hex')}`,
    directory,
    record: (trace) => {
      appendFileSync(file, `${JSON.stringify(trace)}\n`);
    },
  };
}

/**
 * The traces of one lab. A last line that a crash cut off is passed over. An empty list: claimed, and its
 * owner ended before it wrote anything.
 */
export function readTraces(directory: string): readonly Trace[] {
  let text: string;
  try {
    text = readFileSync(path.join(directory, manifestName), 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  return text.split('\n').flatMap((line) => {
    const trace = parseTrace(line);
    return trace ? [trace] : [];
  });
}

function parseTrace(line: string): Trace | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'kind' in value ? (value as Trace) : undefined;
  } catch {
    return undefined;
  }
}

/** Directories of labs whose owner has ended: nobody else will remove what they left. */
export function abandonedLabs(root = labRoot): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(root);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => path.join(root, name))
    .filter((directory) => isAbandoned(directory));
}

/** A lab that has no owner yet was claimed a moment ago, unless its directory is old. */
function isAbandoned(directory: string): boolean {
  const owner = readTraces(directory).find((trace) => trace.kind === 'owner');
  if (owner) return !isAlive(owner);
  try {
    return Date.now() - lstatSync(directory).mtimeMs > 10_000;
  } catch {
    return false;
  }
}
