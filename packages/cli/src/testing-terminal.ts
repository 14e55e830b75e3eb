import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const main = fileURLToPath(new URL('main.mjs', import.meta.url));
/** util-linux's program that gives another one a terminal. */
const script = '/usr/bin/script';

export const hasTerminal = existsSync(script);

export const keys = {
  enter: '\r',
  down: '\u001b[B',
  back: '\u001b[Z',
  escape: '\u001b',
  interrupt: '\u0003',
  /** Takes away what stands in the line. */
  clear: '\u0015',
} as const;

export interface Conversed {
  readonly exitCode: number | null;
  readonly out: string;
  /** Questions that were never asked. */
  readonly unasked: readonly string[];
}

/** Runs a command at a terminal and answers each question as soon as it stands there. */
export async function converse(
  argv: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
  options: { readonly timeoutMs?: number; readonly locale?: string } = {},
): Promise<Conversed> {
  const { timeoutMs = 25_000, locale = 'C.UTF-8' } = options;
  const command = [process.execPath, main, ...argv].map((part) => `'${part}'`).join(' ');
  const child = spawn(script, ['-qec', `stty cols 200 rows 60; exec ${command}`, '/dev/null'], {
    env: { PATH: '/usr/bin:/bin', TERM: 'xterm', HOME: process.env['HOME'] ?? '/', LANG: locale },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: timeoutMs,
  });
  let out = '';
  let seen = 0;
  const left = [...answers];
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    out += stripVTControlCharacters(part);
    for (;;) {
      const at = left[0] ? out.indexOf(left[0][0], seen) : -1;
      if (at < 0) return;
      seen = at + (left[0]?.[0].length ?? 0);
      child.stdin.write(left.shift()?.[1] ?? '');
    }
  });
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { exitCode, out, unasked: left.map(([question]) => question) };
}
