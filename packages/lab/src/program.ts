import { spawn } from 'node:child_process';

/** How an external program ended. Output is cut at {@link outputLimitBytes}. */
export interface ProgramResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface ProgramOptions {
  readonly timeoutMs: number;
  readonly input?: string;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}

const outputLimitBytes = 4_000_000;

/** A program ended badly where only success is of use; the message holds what it printed. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
  readonly result: ProgramResult;

  constructor(command: readonly string[], result: ProgramResult) {
    const why = result.timedOut ? 'did not end in time' : `ended with ${String(result.code)}`;
    super(`${command.join(' ')} ${why}: ${`${result.stderr}${result.stdout}`.trim().slice(-2_000)}`);
    this.result = result;
  }
}

/**
 * Runs a program to its end: absolute path, no shell, own process group, killed as a group at the deadline.
 * Resolves also when it fails; rejects only when it cannot be started.
 */
export function runProgram(
  executable: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(executable, args, {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.environment ? { env: { ...process.env, ...options.environment } } : {}),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    const output = { stdout: '', stderr: '' };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) killGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
    }, options.timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8');
      child[name].on('data', (chunk: string) => {
        if (output[name].length < outputLimitBytes) output[name] += chunk;
      });
    }
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, ...output, timedOut });
    });
  });
}

/**
 * As {@link runProgram}, and rejects with {@link ProgramError} unless the program ended with 0. Returns its
 * stdout.
 */
export async function mustRun(
  executable: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const result = await runProgram(executable, args, options);
  if (result.code !== 0) throw new ProgramError([executable, ...args], result);
  return result.stdout;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has ended between the deadline and the signal.
  }
}
