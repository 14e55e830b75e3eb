import type { IncomingMessage } from 'node:http';
import { createError, eventBody, eventStreamQuietMs, type EventBody } from '@holdfast/contract';

/** Most that a line may have: an event is far smaller. */
const lineLimitBytes = 1024 * 1024;
/** Comment lines come at least every {@link eventStreamQuietMs}; one may be late. */
const silenceMs = 2 * eventStreamQuietMs;

/**
 * Reads a stream of server-sent events (HTML standard, 9.2) until it ends. Rejects when it is silent for too
 * long: a connection to a frozen daemon looks like a quiet one otherwise.
 */
export async function* readEvents(message: IncomingMessage): AsyncGenerator<EventBody> {
  let rest = '';
  let silent = false;
  const watch = setTimeout(() => {
    silent = true;
    message.destroy();
  }, silenceMs);
  message.setEncoding('utf8');
  try {
    for await (const part of message) {
      watch.refresh();
      const lines = `${rest}${String(part)}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > lineLimitBytes)
        throw createError('HF-CLI-003', { problem: 'a line that does not end' });
      for (const line of lines) if (line.startsWith('data:')) yield parseEvent(line.slice('data:'.length));
    }
  } catch (error) {
    throw silent ? createError('HF-CLI-002', { waitedMs: silenceMs }, { cause: error }) : error;
  } finally {
    clearTimeout(watch);
    message.destroy();
  }
}

function parseEvent(text: string): EventBody {
  try {
    return eventBody.parse(JSON.parse(text));
  } catch (cause) {
    throw createError('HF-CLI-003', { problem: 'an event that is not one' }, { cause });
  }
}
