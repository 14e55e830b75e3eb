import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configFileName, type GuardConfig } from './config.ts';
import { hasLivingGuard, readGuardRecord } from './record.ts';
import { sendSignal } from './processes.ts';

export interface LaunchOptions {
  readonly runDirectory: string;
  readonly nodeBinary: string;
  /** Node's options and the guard's entry file. */
  readonly guardArgs: readonly string[];
}

/**
 * Runs the guard from its source, beside this file. V8's compilers are off: their threads and code cost a fifth of the
 * memory, and the guard computes too little to gain anything from them.
 */
export const defaultGuardArgs: readonly string[] = [
  '--no-opt',
  '--no-maglev',
  '--no-sparkplug',
  '--max-semi-space-size=1',
  '--max-old-space-size=64',
  fileURLToPath(new URL('./main.ts', import.meta.url)),
];

export const logFileName = 'guard.log';
const cacheName = 'guard-cache';
const prepareTimeoutMs = 5_000;

/** Puts the configuration where the guard, and every guard after it, finds it. */
export function writeGuardConfig(runDirectory: string, config: GuardConfig): void {
  const file = join(runDirectory, configFileName);
  writeFileSync(`${file}.new`, `${JSON.stringify(config)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * Starts a guard that outlives this process: in a session of its own, with nothing of this process's but the log. It
 * ends by itself when another one is alive.
 */
export function launchGuard(options: LaunchOptions): ChildProcess {
  const log = openSync(join(options.runDirectory, logFileName), 'a', 0o600);
  try {
    const child = spawn(options.nodeBinary, [...options.guardArgs, '--run-dir', options.runDirectory], {
      detached: true,
      cwd: '/',
      env: guardEnvironment(options.runDirectory),
      stdio: ['ignore', log, log],
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/**
 * With TypeScript's types stripped already, from Node's compile cache, the guard needs 17 MB less for all its life. So
 * before the first start of a boot the modules are loaded once, by a process that does nothing else.
 */
export async function prepareGuard(options: LaunchOptions): Promise<void> {
  const cache = join(options.runDirectory, cacheName);
  if (existsSync(cache)) return;
  mkdirSync(cache, { mode: 0o700 });
  await new Promise<void>((resolve) => {
    const child = spawn(options.nodeBinary, [...options.guardArgs, '--prepare'], {
      cwd: '/',
      env: guardEnvironment(options.runDirectory),
      stdio: 'ignore',
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), prepareTimeoutMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    child.once('error', done);
    child.once('exit', done);
  });
}

function guardEnvironment(runDirectory: string): Record<string, string> {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    NODE_COMPILE_CACHE: join(runDirectory, cacheName),
    // glibc keeps memory for every thread otherwise.
    MALLOC_ARENA_MAX: '1',
    // A hung disk may keep a thread for each plan; what else needs one must still find one.
    UV_THREADPOOL_SIZE: '8',
  };
}

/** Kills the guard that has written the record, which a frozen one survives in no way. Answers whether there was one. */
export function endRecordedGuard(runDirectory: string): boolean {
  const found = readGuardRecord(runDirectory);
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  if (found.state !== 'found' || !hasLivingGuard(found.record, bootId)) return false;
  return sendSignal(found.record.guard.pid, 'SIGKILL');
}
