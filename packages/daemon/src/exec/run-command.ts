import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { createError, createErrorAnswer, type ExecLine, type Language } from '@holdfast/contract';
import { findProgram } from './find-program.ts';

export interface CommandOptions {
  readonly server: string;
  /** Absolute. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly timeLimitMs: number;
  /** Of the error where the command is broken off. */
  readonly language: Language;
}

export interface RunningCommand {
  /** Lines of `ExecLine`, as fast as they are read. Whoever destroys the stream ends the command. */
  readonly lines: Readable;
  /** When no process of the command's group is left. Never rejects. */
  readonly ended: Promise<void>;
}

/** From the request to end until what is left is killed. */
const endingMs = 5_000;
/** After its end: what the pipes still hold is read for so long, and as long as nothing comes they are let go sooner. */
const drainMs = 30_000;
const quietMs = 500;
/** The processes' own limit, should this daemon be unable to keep its: it is frozen. */
const spareMs = 10_000;
const systemPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Starts a program in a process group of its own, without a shell and with empty input. Its group ends with the time limit,
 * with the reader, and with this process, even if that is killed: `setpriv` (util-linux) has the kernel tell `timeout`
 * (coreutils) of the end of its parent, and `timeout` keeps a time limit of its own and passes on what ends it to the group.
 * Rejects with HF-EXEC-005.
 */
export async function runCommand(options: CommandOptions): Promise<RunningCommand> {
  const { server, program, args, environment, timeLimitMs } = options;
  const notStarted = (problem: string, cause?: unknown): Error =>
    createError('HF-EXEC-005', { server, problem }, { cause });
  const [setpriv, timeout] = ['setpriv', 'timeout'].map((name) => findProgram(name, systemPath));
  if (setpriv === undefined || timeout === undefined)
    throw notStarted(`${setpriv === undefined ? 'setpriv' : 'timeout'} is not there`);
  const ownLimit = `${Math.ceil((timeLimitMs + spareMs) / 1000)}s`;
  const wrapped = [timeout, `--kill-after=${endingMs / 1000}s`, ownLimit, program, ...args];
  try {
    const child = spawn(setpriv, ['--pdeathsig', 'TERM', '--', ...wrapped], {
      detached: true,
      cwd: '/',
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    return follow(child, options);
  } catch (cause) {
    throw notStarted(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function follow(child: ChildProcess, { server, timeLimitMs, language }: CommandOptions): RunningCommand {
  const startedAt = performance.now();
  const pipes = [child.stdout, child.stderr].filter((pipe) => pipe !== null);
  const letGo = (): void => pipes.forEach((pipe) => pipe.destroy());
  const ending = createEnding(child);
  let timedOut = false;
  const lines = new Readable({
    read: () => pipes.forEach((pipe) => pipe.resume()),
    destroy(error, callback) {
      ending.begin();
      letGo();
      callback(error);
    },
  });
  const send = (line: ExecLine): void => {
    if (lines.destroyed || lines.push(`${JSON.stringify(line)}\n`)) return;
    for (const pipe of pipes) pipe.pause();
  };
  const limit = setTimeout(() => {
    timedOut = true;
    ending.begin();
  }, timeLimitMs);
  let quiet: NodeJS.Timeout | undefined;
  let drain: NodeJS.Timeout | undefined;
  const take = (kind: 'stdout' | 'stderr') => (data: Buffer) => {
    quiet?.refresh();
    send({ kind, data: data.toString('base64') });
  };
  child.stdout?.on('data', take('stdout'));
  child.stderr?.on('data', take('stderr'));
  child.once('exit', () => {
    clearTimeout(limit);
    // A process that has left the group may hold the pipes for ever.
    quiet = setTimeout(() => {
      if (pipes.some((pipe) => pipe.isPaused())) quiet?.refresh();
      else letGo();
    }, quietMs);
    drain = setTimeout(() => lines.destroy(), drainMs);
  });
  child.once('close', (code, signal) => {
    clearTimeout(quiet);
    clearTimeout(drain);
    const durationMs = Math.round(performance.now() - startedAt);
    send(timedOut ? timeOver({ server, timeLimitMs, language }) : endOf(code, signal, durationMs));
    if (!lines.destroyed) lines.push(null);
  });
  send({ kind: 'started' });
  return { lines, ended: ending.over };
}

function timeOver(options: Pick<CommandOptions, 'server' | 'timeLimitMs' | 'language'>): ExecLine {
  const { server, timeLimitMs: limitMs, language } = options;
  const error = createError('HF-EXEC-003', { server, limitMs });
  return { kind: 'failed', error: createErrorAnswer(error, language).body };
}

function endOf(code: number | null, signal: NodeJS.Signals | null, durationMs: number): ExecLine {
  const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  return { kind: 'ended', exitCode, signal, durationMs };
}

/** Ends the command's process group: asked at first, killed in the end, and whatever it leaves is killed at once. */
function createEnding(child: ChildProcess): { begin(): void; readonly over: Promise<void> } {
  const over = Promise.withResolvers<void>();
  let isOver = false;
  let killing: NodeJS.Timeout | undefined;
  child.once('exit', () => {
    isOver = true;
    clearTimeout(killing);
    signalGroup(child, 'SIGKILL');
    over.resolve();
  });
  return {
    begin() {
      if (isOver || killing) return;
      signalGroup(child, 'SIGTERM');
      killing = setTimeout(() => signalGroup(child, 'SIGKILL'), endingMs);
    },
    over: over.promise,
  };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of the group is left.
  }
}
