import { readFileSync } from 'node:fs';
import { open, rename, stat, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstantMs, TimingProfile } from '@holdfast/core';
import type { HeldPlan } from '@holdfast/engine/kill-plans';
import { parseProfile } from './config.ts';
import { asBoolean, asCount, asFields, asList, asNumber, asOptional, asText } from './parse.ts';
import { isRunning, readStat, type ProcessId } from './processes.ts';
import { parseKillStep, parsePromised, type PromisedAt } from './protocol.ts';

export interface RecordedLease {
  readonly lease: string;
  readonly incarnation: string;
  readonly sentAt: InstantMs;
  readonly ttlMs: number;
  /** The sleep clock when the renewal was sent. */
  readonly sleptMs: number;
  /** It is not good any more, and everything under it is to be stopped. */
  readonly ending: boolean;
}

/**
 * `run/guard.beat`: what changes with every renewal, written in place. It belongs to the record of the same guard and
 * lease, and counts only where it is newer.
 */
export interface Beat extends Pick<RecordedLease, 'lease' | 'sentAt' | 'ttlMs' | 'sleptMs'> {
  readonly guard: ProcessId;
  readonly daemonAliveAt: InstantMs;
}

/** `run/guard.json`: from this the next guard goes on when this one is killed. Instants are of the boot named. */
export interface GuardRecord {
  readonly formatVersion: 1;
  readonly cluster: string;
  readonly server: string;
  readonly bootId: string;
  readonly guard: ProcessId;
  readonly daemonAliveAt: InstantMs;
  readonly profile: TimingProfile;
  readonly lease: RecordedLease | undefined;
  /** What all others have promised this server last (C-08). */
  readonly promised?: PromisedAt | undefined;
  readonly plans: readonly HeldPlan[];
}

export const recordFileName = 'guard.json';
export const beatFileName = 'guard.beat';
const beatBytes = 512;

export type RecordFound =
  | { readonly state: 'found'; readonly record: GuardRecord }
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string };

/**
 * Reads what the guard before has left. A record of a newer format is unreadable: nothing may be done on it. One that is
 * no JSON at all was torn by a power loss, after which nothing that it named runs; a guard never leaves such a one.
 */
export function readGuardRecord(runDirectory: string): RecordFound {
  let text: string;
  try {
    text = readFileSync(join(runDirectory, recordFileName), 'utf8');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? { state: 'absent' } : { state: 'unreadable', why: String(error) };
  }
  try {
    return { state: 'found', record: withBeat(parseRecord(JSON.parse(text)), runDirectory) };
  } catch (error) {
    return error instanceof SyntaxError ? { state: 'absent' } : { state: 'unreadable', why: String(error) };
  }
}

/** A beat that is missing, torn or of another guard is no loss: without it the record is older, hence more cautious. */
function withBeat(record: GuardRecord, runDirectory: string): GuardRecord {
  const { lease, guard } = record;
  try {
    const beat = parseBeat(JSON.parse(readFileSync(join(runDirectory, beatFileName), 'utf8')));
    const isOfGuard = beat.guard.pid === guard.pid && beat.guard.startTicks === guard.startTicks;
    if (!lease || !isOfGuard || beat.lease !== lease.lease || beat.sentAt <= lease.sentAt) return record;
    const { sentAt, ttlMs, sleptMs, daemonAliveAt } = beat;
    return { ...record, daemonAliveAt, lease: { ...lease, sentAt, ttlMs, sleptMs } };
  } catch {
    return record;
  }
}

function parseBeat(value: unknown): Beat {
  const fields = asFields(value, 'beat');
  return {
    guard: parseProcessId(fields['guard']),
    lease: asText(fields['lease'], 'lease'),
    sentAt: asNumber(fields['sentAt'], 'sentAt'),
    ttlMs: asNumber(fields['ttlMs'], 'ttlMs'),
    sleptMs: asNumber(fields['sleptMs'], 'sleptMs'),
    daemonAliveAt: asNumber(fields['daemonAliveAt'], 'daemonAliveAt'),
  };
}

function parseProcessId(value: unknown): ProcessId {
  const fields = asFields(value, 'guard');
  return { pid: asCount(fields['pid'], 'pid'), startTicks: asCount(fields['startTicks'], 'startTicks') };
}

function parseRecord(value: unknown): GuardRecord {
  const fields = asFields(value, 'guard record');
  if (asCount(fields['formatVersion'], 'formatVersion') !== 1)
    throw new Error('guard record has a newer format');
  return {
    formatVersion: 1,
    cluster: asText(fields['cluster'], 'cluster'),
    server: asText(fields['server'], 'server'),
    bootId: asText(fields['bootId'], 'bootId'),
    guard: parseProcessId(fields['guard']),
    daemonAliveAt: asNumber(fields['daemonAliveAt'], 'daemonAliveAt'),
    profile: parseProfile(fields['profile']),
    lease: asOptional(fields['lease'], 'lease', (item) => {
      const lease = asFields(item, 'lease');
      return {
        lease: asText(lease['lease'], 'lease'),
        incarnation: asText(lease['incarnation'], 'incarnation'),
        // A lease of which nothing is known any more has no instant, and JSON has no infinity.
        sentAt: lease['sentAt'] === null ? -Infinity : asNumber(lease['sentAt'], 'sentAt'),
        ttlMs: asNumber(lease['ttlMs'], 'ttlMs'),
        sleptMs: asNumber(lease['sleptMs'], 'sleptMs'),
        ending: asBoolean(lease['ending'], 'ending'),
      };
    }),
    promised: asOptional(fields['promised'], 'promised', parsePromised),
    plans: asList(fields['plans'], 'plans', (item, what) => {
      const plan = asFields(item, what);
      return {
        hierarchy: asText(plan['hierarchy'], 'hierarchy'),
        term: asCount(plan['term'], 'term'),
        stopped: asBoolean(plan['stopped'], 'stopped'),
        steps: asList(plan['steps'], 'steps', (step, which) => {
          const planned = asFields(step, which);
          return {
            step: parseKillStep(planned['step'], which),
            realPaths: asList(planned['realPaths'], 'realPaths', asText),
          };
        }),
      };
    }),
  };
}

/** Who this process is, and which boot this is. Throws where /proc is not there. */
export function identifySelf(): { readonly guard: ProcessId; readonly bootId: string } {
  const own = readStat(process.pid);
  if (own === undefined) throw new Error('/proc shows no such process as this one');
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { guard: { pid: own.pid, startTicks: own.startTicks }, bootId };
}

/** Is the guard that wrote the record still there, and another process than this one? */
export function hasLivingGuard(record: GuardRecord, bootId: string): boolean {
  return record.bootId === bootId && record.guard.pid !== process.pid && isRunning(record.guard);
}

export interface RecordWriter {
  /**
   * Settles when a record at least as new as this call is in place. Rejects when it cannot be written, or when another guard
   * has put its own there: only the guard whose record it is may act.
   */
  save(): Promise<void>;
  /** Notes a renewal. One that comes while the one before still waits is passed over. Rejects as `save` does. */
  beat(beat: Beat): Promise<void>;
  /** After the last write that was asked for. */
  close(): Promise<void>;
}

export class SupersededError extends Error {
  override readonly name = 'SupersededError';
}

/**
 * Writes the record whenever asked, at most one at a time. Atomic by renaming, not synced: the record need not outlive
 * a power loss, after which nothing that it names runs, and a sync could hang with a disk.
 */
export function createRecordWriter(runDirectory: string, collect: () => GuardRecord): RecordWriter {
  const file = join(runDirectory, recordFileName);
  const temporary = `${file}.${process.pid}`;
  let queue: Promise<void> = Promise.resolve();
  /** Asked for and not begun: whoever asks before it begins is served by it. */
  let waiting: Promise<void> | undefined;
  let own: string | undefined;
  let beatFile: FileHandle | undefined;
  let isBeating = false;

  async function identity(path: string): Promise<string> {
    const { ino, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${mtimeNs}`;
  }
  /** A record that was deleted is written again; only another guard's stands above this one. */
  async function isOwn(): Promise<boolean> {
    return own === undefined || own === (await identity(file).catch(() => own));
  }
  async function write(): Promise<void> {
    await writeFile(temporary, `${JSON.stringify(collect())}\n`, { mode: 0o600 });
    const written = await identity(temporary);
    if (!(await isOwn())) throw new SupersededError('another guard has written its record');
    await rename(temporary, file);
    own = written;
  }

  /** One after the other: whose record it is can be told only between two writes. */
  function enqueue(job: () => Promise<void>): Promise<void> {
    const done = queue.then(job);
    queue = done.catch(() => undefined);
    return done;
  }

  return {
    save() {
      waiting ??= enqueue(async () => {
        waiting = undefined;
        await write();
      });
      return waiting;
    },
    async beat(beat) {
      if (isBeating) return;
      isBeating = true;
      await enqueue(async () => {
        isBeating = false;
        if (!(await isOwn())) throw new SupersededError('another guard has written its record');
        beatFile ??= await open(join(runDirectory, beatFileName), 'w', 0o600);
        // Always of one length and in one write, so that it is replaced as a whole.
        await beatFile.write(`${JSON.stringify(beat).padEnd(beatBytes - 1)}\n`, 0);
      });
    },
    async close() {
      await enqueue(async () => {
        await beatFile?.close();
        beatFile = undefined;
      });
    },
  };
}
