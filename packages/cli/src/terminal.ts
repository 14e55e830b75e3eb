import type { Writable } from 'node:stream';
import { chooseLanguage, type Language } from '@holdfast/contract/text';

/** Where the command line reads from and writes to; a test gives its own. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly language: Language;
  /** May escape sequences for colours be written? */
  readonly colours: boolean;
  /** Is somebody there who can answer a question? */
  readonly interactive: boolean;
  /** Width for help; 80 where it is not known. */
  readonly columns?: number | undefined;
  out(text: string): void;
  err(text: string): void;
  /** Writes what a program has written, as it is. Resolves when more can be taken; false: nobody reads any more. */
  pass(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<boolean>;
}

/** The terminal of this process. Colours only where one is there and `NO_COLOR` is not set (no-color.org). */
export function createTerminal(process: NodeJS.Process): Terminal {
  const { env, stdin, stdout, stderr } = process;
  const isTerminal = stdout.isTTY;
  return {
    environment: env,
    language: chooseLanguage(env),
    colours: isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb',
    interactive: isTerminal && stdin.isTTY,
    columns: isTerminal ? stdout.columns : undefined,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    pass: (name, bytes) => writeAll(name === 'stdout' ? stdout : stderr, bytes),
  };
}

function writeAll(stream: Writable, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    // The callback comes with the error, too, when the reader goes away.
    stream.write(bytes, (error) => resolve(!error));
  });
}
