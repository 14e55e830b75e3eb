import { Readable } from 'node:stream';
import { isCodedError } from '@holdfast/contract';
import type { Reason, ServerName } from '@holdfast/core';
import { bodyFits, RequestRefusedError, type AnswerDocument, type RequestDocument } from './wire.ts';

export interface HandlerContext {
  /** The server that asks, as its certificate says. */
  readonly from: ServerName;
  /** Aborts when nobody waits for the answer any more: the deadline has passed or the path is lost. */
  readonly signal: AbortSignal;
}

/**
 * Answers a request. Gets what the other server sent, which is to be parsed like any input, and returns what
 * JSON can carry, or a stream of bytes where an answer of any length was asked for. Refuses by throwing
 * `RequestRefusedError` or an error of the catalogue.
 */
export type Handler = (body: unknown, context: HandlerContext) => Promise<unknown>;

export type Handlers = ReadonlyMap<string, Handler>;

/** Longest error text that is passed to another server. */
const maxMessageLength = 500;

interface Asker {
  readonly from: ServerName;
  readonly lost: AbortSignal;
}

/**
 * Runs the handler of a request; whatever happens becomes an answer, at the latest when the request's time is
 * up.
 */
export async function runHandler(
  handlers: Handlers,
  request: RequestDocument,
  asker: Asker,
): Promise<AnswerDocument> {
  const answer = await settle(handlers, request, asker);
  if (!(answer.kind === 'done' && answer.body instanceof Readable)) return answer;
  answer.body.destroy();
  return refused({ code: 'answer-is-a-stream', facts: { route: request.route } });
}

/** As {@link runHandler}, for an answer of any length: the stream, or why there is none. */
export async function openHandler(
  handlers: Handlers,
  request: RequestDocument,
  asker: Asker,
): Promise<Readable | AnswerDocument> {
  const answer = await settle(handlers, request, asker);
  if (answer.kind === 'refused') return answer;
  if (answer.body instanceof Readable) return answer.body;
  return refused({ code: 'answer-is-no-stream', facts: { route: request.route } });
}

async function settle(handlers: Handlers, request: RequestDocument, asker: Asker): Promise<AnswerDocument> {
  const handler = handlers.get(request.route);
  if (!handler) return refused({ code: 'route-unknown', facts: { route: request.route } });
  const ended = new AbortController();
  const end = (): void =>
    ended.abort(new RequestRefusedError({ code: 'handler-timeout', facts: { route: request.route } }));
  const timer = setTimeout(end, request.timeoutMs);
  asker.lost.addEventListener('abort', end, { once: true });
  try {
    const work = handler(request.body, { from: asker.from, signal: ended.signal });
    const body = (await Promise.race([work, rejectOnAbort(ended.signal)])) ?? null;
    return body instanceof Readable || bodyFits(body)
      ? { kind: 'done', body }
      : refused({ code: 'body-too-large', facts: { route: request.route } });
  } catch (error) {
    if (error instanceof RequestRefusedError) return refused(error.reason);
    if (isCodedError(error)) return refused(error);
    const message = error instanceof Error ? error.message : String(error);
    return refused({
      code: 'handler-failed',
      facts: { route: request.route, message: message.slice(0, maxMessageLength) },
    });
  } finally {
    clearTimeout(timer);
    asker.lost.removeEventListener('abort', end);
  }
}

function refused(reason: Reason): AnswerDocument {
  return { kind: 'refused', code: reason.code, facts: { ...reason.facts } };
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
