import type { ClientHttp2Session } from 'node:http2';
import type { ServerName } from '@holdfast/core';
import {
  maxRequestsInFlight,
  onSessionEnd,
  takesParked,
  type Channel,
  type RequestOptions,
} from './channel.ts';
import { runHandler, type Handlers } from './handlers.ts';
import {
  answerDocument,
  formatDocument,
  PathRequestError,
  readDocument,
  takenDocument,
  wirePath,
  type AnswerDocument,
  type RequestDocument,
} from './wire.ts';

/** Time for an answer to be taken by the other end. */
const returnTimeoutMs = 10_000;

/**
 * The dialling end of a connection. HTTP/2 lets only this end ask; so that the other end can ask, too, it
 * keeps some requests parked there ("take"), each answered with one request of the other end, whose answer it
 * sends back.
 */
export function createDialledChannel(options: {
  readonly session: ClientHttp2Session;
  readonly peer: ServerName;
  readonly handlers: Handlers;
}): Channel {
  const { session, peer, handlers } = options;
  const lost = new AbortController();
  let inFlight = 0;

  onSessionEnd(session, () => lost.abort());
  for (let n = 0; n < takesParked; n += 1) void serveTakes();

  /** Any disorder on the other side ends the connection: the path dials anew, with its back-off. */
  async function serveTakes(): Promise<void> {
    try {
      while (!lost.signal.aborted) {
        const taken = takenDocument.parse(await post(session, wirePath.take, {}, {}));
        const answer = await runHandler(handlers, taken.request, { from: peer, lost: lost.signal });
        await post(session, wirePath.answer, { id: taken.id, answer }, { timeoutMs: returnTimeoutMs });
      }
    } catch {
      session.destroy();
    }
  }

  async function request(
    document: RequestDocument,
    { timeoutMs, signal }: RequestOptions,
  ): Promise<AnswerDocument> {
    if (inFlight >= maxRequestsInFlight) throw new PathRequestError('path-busy', { sent: false });
    inFlight += 1;
    try {
      return answerDocument.parse(await post(session, wirePath.request, document, { timeoutMs, signal }));
    } catch (cause) {
      if (cause instanceof PathRequestError) throw cause;
      throw new PathRequestError('path-protocol', { sent: true, cause });
    } finally {
      inFlight -= 1;
    }
  }

  return { session, request, close: () => session.destroy() };
}

/**
 * Sends one JSON document and reads the one that answers it. Throws `PathRequestError`: with a status other
 * than 200, at the deadline, and when the connection ends.
 */
export async function post(
  session: ClientHttp2Session,
  path: string,
  document: unknown,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal | undefined },
): Promise<unknown> {
  if (session.closed || session.destroyed) throw new PathRequestError('path-lost', { sent: false });
  if (options.signal?.aborted) throw new PathRequestError('request-aborted', { sent: false });
  const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json' });
  let failure: PathRequestError | undefined;
  const fail = (code: 'request-timeout' | 'request-aborted'): void => {
    failure ??= new PathRequestError(code, { sent: true });
    stream.destroy(failure);
  };
  const timer =
    options.timeoutMs === undefined
      ? undefined
      : setTimeout(() => fail('request-timeout'), options.timeoutMs);
  const abort = (): void => fail('request-aborted');
  options.signal?.addEventListener('abort', abort, { once: true });
  let status = 0;
  stream.on('response', (headers) => (status = Number(headers[':status'])));
  // Every error ends the reading below, which tells the caller.
  stream.on('error', () => {});
  stream.end(formatDocument(document));
  try {
    const answer = await readDocument(stream);
    if (status === 200) return answer;
    throw new PathRequestError('path-protocol', { sent: true, facts: { status } });
  } catch (cause) {
    if (cause instanceof PathRequestError) throw cause;
    throw failure ?? new PathRequestError('path-lost', { sent: true, cause });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
    stream.destroy();
  }
}
