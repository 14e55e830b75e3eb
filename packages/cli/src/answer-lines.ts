import type { IncomingMessage } from 'node:http';
import { createError, execLine, execLineBytes, type ExecLine } from '@holdfast/contract';

/**
 * Reads the lines of an answer, not faster than they are taken, until it ends. A connection that is lost ends it as well:
 * the last line tells whether it was the end.
 */
export async function* readLines(message: IncomingMessage): AsyncGenerator<ExecLine> {
  let rest = '';
  message.setEncoding('utf8');
  try {
    for await (const part of message) {
      const lines = `${rest}${String(part)}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > execLineBytes)
        throw createError('HF-CLI-003', { problem: 'a line that does not end' });
      for (const line of lines) yield parseLine(line);
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ECONNRESET')) throw error;
  } finally {
    message.destroy();
  }
}

function parseLine(text: string): ExecLine {
  try {
    return execLine.parse(JSON.parse(text));
  } catch (cause) {
    throw createError('HF-CLI-003', { problem: 'a line that is not one' }, { cause });
  }
}
