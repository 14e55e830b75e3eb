import { Transform, type Readable } from 'node:stream';
import {
  createError,
  createErrorAnswer,
  execLine,
  execLineBytes,
  type ExecLine,
  type Language,
} from '@holdfast/contract';

const lineFeed = 10;

/**
 * Passes on the lines of a command as they come, whole ones only. Where the source is cut off, the last line says so. `onEnd`
 * learns the last line, or `undefined` where the reader went away before.
 */
export function relayLines(
  source: Readable,
  options: {
    readonly server: string;
    readonly language: Language;
    readonly onEnd: (last: ExecLine | undefined) => void;
  },
): Readable {
  const { server, language, onEnd } = options;
  let rest = Buffer.alloc(0);
  let last: ExecLine | undefined;
  const lines = new Transform({
    transform(part: Buffer, _, callback) {
      rest = Buffer.concat([rest, part]);
      const end = rest.lastIndexOf(lineFeed) + 1;
      const whole = rest.subarray(0, end);
      rest = rest.subarray(end);
      if (rest.length > execLineBytes) source.destroy();
      last = parseLast(whole) ?? last;
      callback(null, whole);
    },
    flush(callback) {
      if (last) return callback();
      last = {
        kind: 'failed',
        error: createErrorAnswer(createError('HF-EXEC-004', { server }), language).body,
      };
      callback(null, `${JSON.stringify(last)}\n`);
    },
    destroy(error, callback) {
      source.destroy();
      onEnd(last);
      callback(error);
    },
  });
  // However it ends: what there is of it is passed on, and then the last line.
  source.on('error', () => {});
  source.once('close', () => lines.end());
  return source.pipe(lines);
}

/** The last line where it is the end of a command. Output begins otherwise, and is not parsed. */
function parseLast(lines: Buffer): ExecLine | undefined {
  const text = lines.subarray(lines.lastIndexOf(lineFeed, -2) + 1).toString('utf8');
  if (!/^\{"kind":"(ended|failed)"/.test(text)) return undefined;
  const parsed = execLine.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
