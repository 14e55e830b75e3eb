import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { invariant } from '@holdfast/core';
import { HostError, type RunOptions, type RunResult } from '@holdfast/kits/host';

/** Each of stdout and stderr is cut after this many bytes; the program may go on writing. */
export const outputLimitBytes = 1024 * 1024;

/** What a killed program gets to really end, and a program that ended to have its last output read. */
const graceMs = 100;

export const plainEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
};

export interface ProgramOptions extends Omit<RunOptions, 'user'> {
  /** Asks the program to end at the deadline and say how far it came; it is killed a moment later. */
  readonly endBy?: NodeJS.Signals;
}

export interface RunningProgram {
  /** Answers at the deadline at the latest, also when the kernel cannot end the process (a hung disk). */
  readonly result: Promise<RunResult>;
  /** When the process has really ended: after the answer where it hangs in the kernel. Never rejects. */
  readonly ended: Promise<void>;
}

/**
 * Starts a program: no shell, absolute path, own session and process group, bounded output. The whole group is killed
 * at the deadline and on abort. The result rejects with {@link HostError} `program-missing` or `program-not-started`.
 */
export function startProgram(
  executable: string,
  args: readonly string[],
  options: ProgramOptions,
): RunningProgram {
  invariant(executable.startsWith('/'), `the program ${executable} is not named by an absolute path`);
  if (options.signal?.aborted) {
    const nothing: RunResult = { code: undefined, stdout: '', stderr: '', timedOut: false };
    return { result: Promise.resolve(nothing), ended: Promise.resolve() };
  }
  const child = spawn(executable, args, {
    detached: true,
    env: options.environment ?? plainEnvironment,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  // A program that does not read its input closes the pipe: that is no failure of ours.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  return { result: awaitResult(child, { executable, options, ended }), ended };
}

/** As {@link startProgram}, for callers that need only the result. */
export function runProgram(
  executable: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<RunResult> {
  return startProgram(executable, args, options).result;
}

interface Waiting {
  readonly executable: string;
  readonly options: ProgramOptions;
  readonly ended: Promise<void>;
}

async function awaitResult(child: ChildProcess, waiting: Waiting): Promise<RunResult> {
  const { options } = waiting;
  const stdout = collectOutput(child.stdout);
  const stderr = collectOutput(child.stderr);
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));

  const cut = Promise.withResolvers<'timed-out' | 'aborted'>();
  const timer = setTimeout(() => cut.resolve('timed-out'), options.timeoutMs);
  const onAbort = (): void => cut.resolve('aborted');
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const how = await Promise.race([waiting.ended.then(() => 'ended' as const), cut.promise]);
    if (how === 'timed-out' && options.endBy !== undefined) {
      signalGroup(child.pid, options.endBy);
      await Promise.race([waiting.ended, delay(graceMs)]);
    }
    if (how !== 'ended') {
      signalGroup(child.pid, 'SIGKILL');
      await Promise.race([waiting.ended, delay(graceMs)]);
    }
    // A grandchild may hold the pipes open: what it writes later is of no interest.
    if (failure === undefined) await Promise.race([closed, delay(graceMs)]);
    if (failure !== undefined) throw startFailure(waiting.executable, failure);
    return {
      code: how === 'ended' ? (child.exitCode ?? undefined) : undefined,
      stdout: stdout(),
      stderr: stderr(),
      timedOut: how === 'timed-out',
    };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  }
}

function collectOutput(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    if (bytes < outputLimitBytes) chunks.push(chunk.subarray(0, outputLimitBytes - bytes));
    bytes += chunk.length;
  });
  stream?.on('error', () => undefined);
  return () => Buffer.concat(chunks).toString('utf8');
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function startFailure(executable: string, error: Error): HostError {
  if (!isExecutable(executable)) return new HostError('program-missing', { program: executable }, error);
  return new HostError('program-not-started', { program: executable, detail: error.message }, error);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs a program that must succeed, and answers its output. Throws {@link HostError} `program-timed-out` or
 * `program-failed` with what it said.
 */
export async function runChecked(
  executable: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const result = await runProgram(executable, args, options);
  if (result.code === 0) return result.stdout;
  throw programFailure(executable, result, options.timeoutMs);
}

/** The error that a program's unwanted end is. */
export function programFailure(executable: string, result: RunResult, timeoutMs: number): HostError {
  if (result.timedOut) return new HostError('program-timed-out', { program: executable, timeoutMs });
  return new HostError('program-failed', {
    program: executable,
    ending: result.code === undefined ? 'a signal' : `code ${result.code}`,
    detail: shorten(result.stderr.trim() || result.stdout.trim()),
  });
}

/** Makes one line of at most 500 characters of a program's words. */
export function shorten(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, '; ');
  return line.length <= 500 ? line : `${line.slice(0, 499)}…`;
}
