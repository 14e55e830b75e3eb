import type { Interface } from 'node:readline';

/** The terminal, shared by what is told and what is typed. */
export interface Screen {
  write(text: string): void;
  /** From now on a text that is written moves the line that is being typed down. */
  shareWith(input: Interface): void;
}

export function createScreen(): Screen {
  const { stdout } = process;
  let typed: Interface | undefined;
  return {
    write: (text) => {
      if (!typed || !stdout.isTTY) {
        stdout.write(text);
        return;
      }
      // Back to the first column, and away with what stands there (ECMA-48, EL).
      stdout.write(`\r\u001B[K${text}`);
      typed.prompt(true);
    },
    shareWith: (input) => {
      typed = input;
      input.once('close', () => (typed = undefined));
    },
  };
}
