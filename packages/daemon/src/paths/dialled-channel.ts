import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { pipeline, type Readable } from 'node:stream';
import type { ServerName } from '@holdfast/core';
import {
  maxLongAnswers,
  maxRequestsInFlight,
  onSessionEnd,
  takesParked,
  type Channel,
  type RequestOptions,
} from './channel.ts';
import { openHandler, runHandler, type Handlers } from './handlers.ts';
import {
  answerDocument,
  formatDocument,
  PathRequestError,
  readDocument,
  streamRoute,
  streamWanted,
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
  let longAnswers = 0;

  onSessionEnd(session, () => lost.abort());
  for (let n = 0; n < takesParked; n += 1) void serveTakes();

  /** Any disorder on the other side ends the connection: the path dials anew, with its back-off. */
  async function serveTakes(): Promise<void> {
    try {
      while (!lost.signal.aborted) {
        const taken = takenDocument.parse(await post(session, wirePath.take, {}, {}));
        const answer =
          taken.request.route === streamRoute
            ? await serveStream(taken.request)
            : await runHandler(handlers, taken.request, { from: peer, lost: lost.signal });
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

  /** The other end wants an answer of any length: it gets it as the body of a request that only says which it is. */
  async function serveStream({ body, timeoutMs }: RequestDocument): Promise<AnswerDocument> {
    const { id, ...wanted } = streamWanted.parse(body);
    const answer = await openHandler(handlers, { ...wanted, timeoutMs }, { from: peer, lost: lost.signal });
    if ('kind' in answer) return answer;
    if (session.closed || session.destroyed) {
      answer.destroy();
      return { kind: 'done', body: null };
    }
    const stream = session.request({ ':method': 'POST', ':path': `${wirePath.stream}/${id}` });
    stream.resume();
    // Whichever of the two ends early ends the other.
    pipeline(answer, stream, () => {});
    return { kind: 'done', body: null };
  }

  async function open(document: RequestDocument, options: RequestOptions): Promise<Readable> {
    if (longAnswers >= maxLongAnswers) throw new PathRequestError('path-busy', { sent: false });
    if (session.closed || session.destroyed) throw new PathRequestError('path-lost', { sent: false });
    if (options.signal?.aborted) throw new PathRequestError('request-aborted', { sent: false });
    const stream = session.request({ ':method': 'POST', ':path': wirePath.stream });
    longAnswers += 1;
    stream.once('close', () => (longAnswers -= 1));
    stream.end(formatDocument(document));
    return beginReading(stream, options);
  }

  return { session, request, open, close: () => session.destroy() };
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

/** Waits for the beginning of an answer of any length; a refusal is thrown. */
async function beginReading(
  stream: ClientHttp2Stream,
  { timeoutMs, signal }: RequestOptions,
): Promise<Readable> {
  const begun = Promise.withResolvers<number>();
  const giveUp = (failure: PathRequestError): void => begun.reject(failure);
  const over = (): void => giveUp(new PathRequestError('request-timeout', { sent: true }));
  const abort = (): void => giveUp(new PathRequestError('request-aborted', { sent: true }));
  const timer = setTimeout(over, timeoutMs);
  signal?.addEventListener('abort', abort, { once: true });
  stream.once('response', (headers) => begun.resolve(Number(headers[':status'])));
  stream.once('close', () => giveUp(new PathRequestError('path-lost', { sent: true })));
  // Every error is followed by `close`.
  stream.on('error', () => {});
  try {
    const status = await begun.promise;
    if (status === 200) return stream;
    if (status !== 409) throw new PathRequestError('path-protocol', { sent: false, facts: { status } });
    const answer = answerDocument.parse(await readDocument(stream));
    if (answer.kind === 'done') throw new PathRequestError('path-protocol', { sent: true });
    throw new PathRequestError('handler-refused', { sent: true, reason: answer });
  } catch (cause) {
    stream.destroy();
    if (cause instanceof PathRequestError) throw cause;
    throw new PathRequestError('path-protocol', { sent: true, cause });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
