import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { waitFor } from './deadline.ts';
import { killCgroup } from './leftovers.ts';
import type { Claim } from './manifest.ts';

/** All processes of one server, for freezing and killing them at once (cgroup v2). */
export interface ControlGroup {
  readonly directory: string;
  freeze(): Promise<void>;
  thaw(): void;
  kill(): void;
  remove(): void;
}

/** Where this machine has its cgroup v2 tree, if this process may make groups there. */
export function findCgroupTree(): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const directory = mounts.map((line) => line.split(' ')).find((fields) => fields[2] === 'cgroup2')?.[1];
  if (directory === undefined) return undefined;
  try {
    accessSync(directory, constants.W_OK);
    return directory;
  } catch {
    return undefined;
  }
}

export function createControlGroup(claim: Claim, tree: string, name: string): ControlGroup {
  const parent = path.join(tree, claim.name);
  const directory = path.join(parent, name);
  if (!existsSync(parent)) {
    claim.record({ kind: 'cgroup', path: parent });
    mkdirSync(parent);
  }
  mkdirSync(directory);
  const setFrozen = (value: '0' | '1'): void => {
    writeFileSync(path.join(directory, 'cgroup.freeze'), value);
  };
  const isFrozen = (): boolean =>
    readFileSync(path.join(directory, 'cgroup.events'), 'utf8').includes('frozen 1');
  return {
    directory,
    freeze: async () => {
      setFrozen('1');
      await waitFor(isFrozen, { what: `freezing ${name}`, timeoutMs: 5_000, everyMs: 1 });
    },
    thaw: () => {
      setFrozen('0');
    },
    kill: () => {
      killCgroup(directory);
    },
    remove: () => {
      rmdirSync(directory);
    },
  };
}
