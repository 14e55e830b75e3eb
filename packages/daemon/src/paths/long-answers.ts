import type { Http2ServerResponse } from 'node:http2';
import { pipeline, type Readable } from 'node:stream';
import { maxLongAnswers, type Channel } from './channel.ts';
import { PathRequestError, streamRoute } from './wire.ts';

/** The answers of any length that the accepting end of a connection asks for. */
export interface LongAnswers {
  readonly open: Channel['open'];
  /** The other end sends one. One that nobody waits for any more is cut off, which ends the work there. */
  receive(id: number, response: Http2ServerResponse): void;
}

/**
 * The accepting end cannot open a stream of the connection: it asks the other end to, and takes what comes. `lost` aborts
 * with the connection.
 */
export function createLongAnswers(request: Channel['request'], lost: AbortSignal): LongAnswers {
  /** Those that have not begun to come. */
  const awaited = new Map<number, (stream: Readable) => void>();
  let lastId = 0;
  let open = 0;

  return {
    async open({ route, body, timeoutMs }, { signal }) {
      if (open >= maxLongAnswers) throw new PathRequestError('path-busy', { sent: false });
      const id = (lastId += 1);
      const begun = Promise.withResolvers<Readable>();
      const giveUp = (): void => begun.reject(new PathRequestError('path-lost', { sent: true }));
      const ended = AbortSignal.any([lost, AbortSignal.timeout(timeoutMs)]);
      ended.addEventListener('abort', giveUp, { once: true });
      begun.promise.catch(() => {});
      awaited.set(id, begun.resolve);
      open += 1;
      try {
        const wanted = { route: streamRoute, timeoutMs, body: { id, route, body } };
        const answer = await request(wanted, { timeoutMs, signal });
        if (answer.kind === 'refused')
          throw new PathRequestError('handler-refused', { sent: true, reason: answer });
        const stream = await begun.promise;
        stream.once('close', () => (open -= 1));
        return stream;
      } catch (error) {
        open -= 1;
        throw error;
      } finally {
        awaited.delete(id);
        ended.removeEventListener('abort', giveUp);
      }
    },
    receive(id, { stream }) {
      const waiting = awaited.get(id);
      if (!waiting) {
        stream.destroy();
        return;
      }
      // Every error is followed by `close`.
      stream.on('error', () => {});
      stream.once('end', () => {
        if (!stream.destroyed) stream.respond({ ':status': 200 }, { endStream: true });
      });
      waiting(stream);
    },
  };
}

/** Sends an answer of any length. Whichever of the two ends early ends the other. */
export function sendLongAnswer({ stream }: Http2ServerResponse, answer: Readable): void {
  if (stream.destroyed || stream.closed) {
    answer.destroy();
    return;
  }
  stream.respond({ ':status': 200 });
  pipeline(answer, stream, () => {});
}
