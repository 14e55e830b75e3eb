import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InstantMs, TimingProfile } from '@holdfast/core';
import type { KillStep } from '@holdfast/engine/ports';
import { waitFor, type TestCluster } from '../etcd/testing.ts';
import { monotonicNow } from './clock.ts';
import type { EtcdAccess } from './config.ts';
import { logFileName } from './launch.ts';
import type { GuardLinkOptions } from './link.ts';
import { allPids, findFamily, isRunning, readProcLink, sendSignal, type ProcessStat } from './processes.ts';
import { readGuardRecord, type GuardRecord } from './record.ts';

/** For tests only: one server's run directory, something that runs under its guard, and who watches over both. */
export interface Bench {
  readonly directory: string;
  readonly runDirectory: string;
  readonly family: TestFamily;
  readonly watchdogFile: string;
  readonly steps: readonly KillStep[];
  options(changes?: Partial<GuardLinkOptions>): GuardLinkOptions;
  record(): GuardRecord | undefined;
  /** The guard that has written the record, if it runs. */
  guardPid(): number;
  log(): readonly LogLine[];
  find(code: string): LogLine | undefined;
  /** A daemon as a process of its own, that reports its rounds and, if wanted, puts a plan. */
  startDaemon(plan: boolean, steps?: readonly KillStep[]): Promise<TestDaemon>;
  close(): Promise<void>;
}

export interface LogLine {
  readonly code: string;
  readonly instant: InstantMs;
  readonly [fact: string]: unknown;
}

export interface TestDaemon {
  readonly pid: number;
  signal(signal: NodeJS.Signals): void;
  end(): Promise<void>;
  /** What it has said: `planned INCARNATION`, `state INCARNATION`. */
  said(): readonly string[];
}

/** A stand-in for a postmaster with backends: a shell, its subshells, and programs that those run. */
export interface TestFamily {
  readonly executable: string;
  readonly directory: string;
  start(backends: number): Promise<void>;
  members(): readonly ProcessStat[];
  /** When it was last seen, by looking every few milliseconds from the start on. */
  lastSeenAt(): InstantMs;
  kill(): void;
}

export function etcdAccess(cluster: TestCluster): EtcdAccess {
  return {
    endpoints: cluster.members.map((member) => member.clientUrl),
    tls: {
      caFile: cluster.pki.caCertificate,
      pairFile: cluster.pki.etcdClientPair,
      edition: '1',
    },
  };
}

export function createBench(etcd: EtcdAccess, profile: TimingProfile): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-guard-'));
  const runDirectory = join(directory, 'run');
  mkdirSync(runDirectory, { mode: 0o700 });
  const family = createFamily(directory);
  const watchdogFile = join(directory, 'watchdog');
  const forgotten = join(runDirectory, 'address-up');
  const daemons = new Set<ChildProcess>();
  const steps: readonly KillStep[] = [
    { kind: 'forget', file: forgotten },
    { kind: 'processes', executable: family.executable, directory: family.directory },
  ];
  const options = (changes: Partial<GuardLinkOptions> = {}): GuardLinkOptions => ({
    runDirectory,
    nodeBinary: process.execPath,
    cluster: 'test',
    server: 'server1',
    profile,
    etcd,
    watchdog: watchdogFile,
    ...changes,
  });
  const record = (): GuardRecord | undefined => {
    const found = readGuardRecord(runDirectory);
    return found.state === 'found' ? found.record : undefined;
  };
  const log = (): readonly LogLine[] =>
    readFileSync(join(runDirectory, logFileName), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): LogLine => JSON.parse(line));

  return {
    directory,
    runDirectory,
    family,
    watchdogFile,
    steps,
    options,
    record,
    guardPid() {
      const guard = record()?.guard;
      if (guard === undefined || !isRunning(guard)) throw new Error('no guard runs');
      return guard.pid;
    },
    log,
    find: (code) => log().findLast((line) => line.code === code),
    async startDaemon(plan, of = steps) {
      const daemon = await startDaemon(join(directory, `daemon-${daemons.size}.json`), {
        ...options(),
        plan,
        steps: of,
      });
      daemons.add(daemon.child);
      return daemon;
    },
    async close() {
      for (const child of daemons) child.kill('SIGKILL');
      const guard = record()?.guard;
      if (guard && isRunning(guard)) sendSignal(guard.pid, 'SIGKILL');
      family.kill();
      if (guard) await waitFor(() => !isRunning(guard), { timeoutMs: 5_000, what: 'the guard ends' });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function startDaemon(
  file: string,
  told: unknown,
): Promise<TestDaemon & { readonly child: ChildProcess }> {
  writeFileSync(file, JSON.stringify(told), { mode: 0o600 });
  const entry = fileURLToPath(new URL('./testing-daemon.ts', import.meta.url));
  const child = spawn(process.execPath, [entry, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const lines = (): readonly string[] => said.split('\n').filter((line) => line !== '');
  await waitFor(() => lines().includes('ready'), {
    timeoutMs: 30_000,
    what: 'the daemon is ready',
    state: lines,
  });
  return {
    child,
    pid: child.pid ?? 0,
    signal: (signal) => child.kill(signal),
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
    said: lines,
  };
}

function createFamily(directory: string): TestFamily {
  const executable = join(directory, 'postgres');
  const data = join(directory, 'data');
  copyFileSync('/bin/sh', executable);
  chmodSync(executable, 0o755);
  mkdirSync(data);
  const members = (): readonly ProcessStat[] =>
    findFamily({ executables: [executable], directories: [data] });
  let lastSeenAt = 0;
  let looking: NodeJS.Timeout | undefined;

  return {
    executable,
    directory: data,
    async start(backends) {
      const script = `n=0; while [ $n -lt ${backends} ]; do (sleep 600; true) & n=$((n+1)); done; wait`;
      const child = spawn(executable, ['-c', script], { cwd: data, detached: true, stdio: 'ignore' });
      child.unref();
      await waitFor(() => members().length === backends + 1, {
        timeoutMs: 5_000,
        what: 'the family runs',
        state: members,
      });
      lastSeenAt = monotonicNow();
      const known = members();
      looking = setInterval(() => {
        if (known.some(isRunning)) lastSeenAt = monotonicNow();
      }, 10);
    },
    members,
    lastSeenAt: () => lastSeenAt,
    kill() {
      clearInterval(looking);
      // The programs that the shells run have another executable.
      for (const pid of allPids()) if (readProcLink(pid, 'cwd') === data) sendSignal(pid, 'SIGKILL');
    },
  };
}

export interface TestWatchdog {
  /** When it was fed last, as seen by looking every few milliseconds. */
  lastFedAt(): InstantMs;
  /** The last byte that was written. */
  lastByte(): string;
  /** When it went off, or undefined. */
  wentOffAt(): InstantMs | undefined;
  end(): void;
}

/** Plays the hardware: resets the server, that is kills these processes, when the file has not grown in time. */
export function playWatchdog(file: string, timeoutMs: number, reset: () => void): TestWatchdog {
  let size = 0;
  let lastFedAt = monotonicNow();
  let wentOffAt: InstantMs | undefined;
  const look = setInterval(() => {
    const now = monotonicNow();
    const newSize = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (newSize > size) lastFedAt = now;
    size = newSize;
    if (now < lastFedAt + timeoutMs || wentOffAt !== undefined) return;
    wentOffAt = now;
    reset();
  }, 10);
  return {
    lastFedAt: () => lastFedAt,
    lastByte: () => readFileSync(file, 'latin1').at(-1) ?? '',
    wentOffAt: () => wentOffAt,
    end: () => clearInterval(look),
  };
}
