import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

export interface ProgramResult {
  /** Undefined when it did not end by itself before its deadline, or could not be started. */
  readonly code: number | undefined;
  readonly output: string;
  readonly timedOut: boolean;
  /** Settles when the program is gone for good: one in an uninterruptible wait outlives its kill. */
  readonly ended: Promise<void>;
}

const maxOutputBytes = 64 * 1024;

/** The first of these places that has the program. */
export function findProgram(name: 'ip' | 'umount' | 'systemctl'): string | undefined {
  return ['/usr/sbin', '/usr/bin', '/sbin', '/bin']
    .map((place) => `${place}/${name}`)
    .find((path) => existsSync(path));
}

/** Runs a program to its end or its deadline, when it is killed. Never rejects. */
export function runProgram(path: string, args: readonly string[], timeoutMs: number): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env: { LC_ALL: 'C' } });
    let output = '';
    const collect = (chunk: Buffer): void => {
      if (output.length < maxOutputBytes) output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const ended = new Promise<void>((settle) => {
      child.once('close', () => settle());
      child.once('error', () => settle());
    });
    const timer = setTimeout(
      () => {
        child.kill('SIGKILL');
        resolve({ code: undefined, output, timedOut: true, ended });
      },
      Math.max(1, timeoutMs),
    );
    child.once('error', (error) => {
      clearTimeout(timer);
      resolve({ code: undefined, output: error.message, timedOut: false, ended });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, output, timedOut: false, ended });
    });
  });
}
