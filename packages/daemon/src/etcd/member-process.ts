import { spawn } from 'node:child_process';
import { closeSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { isSameProcess, listProcessIds, readProcessNumbers } from '../host/linux/proc.ts';
import { writeDurableFile } from '../pki/durable-file.ts';
import { openMemberLog } from './member-log.ts';

/** One run of etcd, named for good by its number and start. A zombie is dead. */
export interface MemberProcess {
  readonly pid: number;
  readonly startTicks: number;
  readonly args: readonly string[];
}

/** How a run ended; nothing is known of one that another daemon started. */
export interface MemberEnd {
  readonly code: number | undefined;
  readonly signal: string | undefined;
}

const record = z.strictObject({
  formatVersion: z.literal(1),
  pid: z.int().positive(),
  startTicks: z.int().nonnegative(),
  dataDir: z.string(),
});

const lookEveryMs = 100;
/** The kernel spares it when memory is short: without its etcd a server loses everything it runs. */
const oomScore = '-900';

/**
 * Starts etcd in a session of its own, so that nothing which ends the daemon ends it too. Its record is
 * written after it runs; a daemon that dies in between is covered by {@link findMemberProcess}. Throws the
 * error of `spawn`.
 */
export async function spawnMember(options: {
  readonly binary: string;
  readonly args: readonly string[];
  readonly dataDir: string;
  readonly logFile: string;
  readonly recordFile: string;
  /** Called when the process ends, if it runs long enough to be held. */
  onEnd(process: MemberProcess, end: MemberEnd): void;
}): Promise<MemberProcess> {
  const log = openMemberLog(options.logFile);
  const child = spawn(options.binary, options.args, {
    detached: true,
    cwd: '/',
    stdio: ['ignore', log, log],
    env: process.arch === 'arm64' ? { ETCD_UNSUPPORTED_ARCH: 'arm64' } : {},
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  const pid = child.pid ?? 0;
  const startTicks = readProcessNumbers(pid)?.startTicks ?? 0;
  const started: MemberProcess = { pid, startTicks, args: options.args };
  child.once('exit', (code, signal) => {
    options.onEnd(started, { code: code ?? undefined, signal: signal ?? undefined });
  });
  spareFromOom(pid);
  const text = JSON.stringify({ formatVersion: 1, pid, startTicks, dataDir: options.dataDir });
  await writeDurableFile(options.recordFile, `${text}\n`);
  return started;
}

/**
 * The etcd that runs on this data directory, started by an earlier daemon: by its record, or, where that is
 * missing or out of date, by looking at every process.
 */
export async function findMemberProcess(
  recordFile: string,
  dataDir: string,
): Promise<MemberProcess | undefined> {
  const recorded = await readRecord(recordFile);
  const pids = recorded === undefined ? listProcessIds() : [recorded.pid, ...listProcessIds()];
  for (const pid of pids) {
    const startTicks = readProcessNumbers(pid)?.startTicks;
    const args = startTicks === undefined ? [] : readArguments(pid);
    if (startTicks !== undefined && args.includes(`--data-dir=${dataDir}`))
      return { pid, startTicks, args: args.slice(1) };
  }
  return undefined;
}

export async function forgetMember(recordFile: string): Promise<void> {
  await rm(recordFile, { force: true });
}

/** Calls back once when the process has ended. Returns how to stop looking. */
export function watchProcess(process: MemberProcess, onEnd: () => void): () => void {
  const timer = setInterval(() => {
    if (isSameProcess(process)) return;
    clearInterval(timer);
    onEnd();
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Asks etcd to end (it hands the lead over first), and kills it when it has not by its deadline. False: it is
 * still there.
 */
export async function endMember(
  member: MemberProcess,
  options: { readonly graceMs: number; readonly killMs: number },
): Promise<boolean> {
  signal(member, 'SIGTERM');
  if (await hasEnded(member, options.graceMs)) return true;
  signal(member, 'SIGKILL');
  return await hasEnded(member, options.killMs);
}

function signal(member: MemberProcess, name: NodeJS.Signals): void {
  if (!isSameProcess(member)) return;
  try {
    process.kill(member.pid, name);
  } catch (error) {
    if (isSameProcess(member)) throw error;
  }
}

async function hasEnded(member: MemberProcess, limitMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += 20) {
    if (!isSameProcess(member)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return !isSameProcess(member);
}

async function readRecord(file: string): Promise<z.infer<typeof record> | undefined> {
  try {
    return record.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Only processes of this user count: another one could call anything by any name. */
function readArguments(pid: number): readonly string[] {
  try {
    if (statSync(`/proc/${pid}`).uid !== process.geteuid?.()) return [];
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

function spareFromOom(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, oomScore);
  } catch {
    // Only root may; etcd runs as well without.
  }
}
