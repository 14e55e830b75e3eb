import type { Readable } from 'node:stream';
import type { Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import type { ServerName } from '@holdfast/core';
import { z } from 'zod';
import {
  maxRequestsInFlight,
  onSessionEnd,
  takesParked,
  type Channel,
  type RequestOptions,
} from './channel.ts';
import { openHandler, runHandler, type Handlers } from './handlers.ts';
import { createLongAnswers, sendLongAnswer } from './long-answers.ts';
import {
  DocumentTooLargeError,
  formatDocument,
  PathRequestError,
  readDocument,
  requestDocument,
  returnedDocument,
  wirePath,
  type AnswerDocument,
  type RequestDocument,
} from './wire.ts';

/**
 * The accepting end of a connection: serves what the dialling end posts, and asks through the takes parked
 * here.
 */
export interface AcceptedChannel extends Channel {
  serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void>;
}

interface Waiting {
  readonly id: number;
  readonly document: RequestDocument;
  settle(answer: AnswerDocument | PathRequestError): void;
}

export function createAcceptedChannel(options: {
  readonly session: ServerHttp2Session;
  readonly peer: ServerName;
  readonly handlers: Handlers;
}): AcceptedChannel {
  const { session, peer, handlers } = options;
  const lost = new AbortController();
  /** Takes of the other end that wait for a request of ours. */
  const parked = new Set<Http2ServerResponse>();
  /** Requests of ours that wait for a take. */
  const queued = new Map<number, Waiting>();
  /** Requests of ours that the other end has. */
  const handedOver = new Map<number, Waiting>();
  const longAnswers = createLongAnswers(request, lost.signal);
  let lastId = 0;

  onSessionEnd(session, () => {
    lost.abort();
    for (const waiting of queued.values()) waiting.settle(new PathRequestError('path-lost', { sent: false }));
    for (const waiting of handedOver.values())
      waiting.settle(new PathRequestError('path-lost', { sent: true }));
  });

  function request(
    document: RequestDocument,
    { timeoutMs, signal }: RequestOptions,
  ): Promise<AnswerDocument> {
    if (lost.signal.aborted) return Promise.reject(new PathRequestError('path-lost', { sent: false }));
    if (signal?.aborted) return Promise.reject(new PathRequestError('request-aborted', { sent: false }));
    if (queued.size + handedOver.size >= maxRequestsInFlight) {
      return Promise.reject(new PathRequestError('path-busy', { sent: false }));
    }
    const id = (lastId += 1);
    return new Promise((resolve, reject) => {
      const giveUp = (code: 'request-timeout' | 'request-aborted'): void =>
        waiting.settle(new PathRequestError(code, { sent: handedOver.has(id) }));
      const abort = (): void => giveUp('request-aborted');
      const timer = setTimeout(() => giveUp('request-timeout'), timeoutMs);
      signal?.addEventListener('abort', abort, { once: true });
      const waiting: Waiting = {
        id,
        document,
        settle(answer) {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          queued.delete(id);
          handedOver.delete(id);
          if (answer instanceof PathRequestError) reject(answer);
          else resolve(answer);
        },
      };
      queued.set(id, waiting);
      handOver();
    });
  }

  function handOver(): void {
    for (const response of parked) {
      const [waiting] = queued.values();
      if (!waiting) return;
      parked.delete(response);
      if (!send(response, 200, { id: waiting.id, request: waiting.document })) continue;
      queued.delete(waiting.id);
      handedOver.set(waiting.id, waiting);
    }
  }

  function park(response: Http2ServerResponse): void {
    if (parked.size >= takesParked) {
      send(response, 429, {});
      return;
    }
    parked.add(response);
    response.once('close', () => parked.delete(response));
    handOver();
  }

  async function serve(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    try {
      const longAnswer = new RegExp(`^${wirePath.stream}/(\\d{1,15})$`).exec(request.url);
      if (longAnswer) return longAnswers.receive(Number(longAnswer[1]), response);
      const document = await readDocument(request);
      switch (request.url) {
        case wirePath.request: {
          const answer = await runHandler(handlers, requestDocument.parse(document), {
            from: peer,
            lost: lost.signal,
          });
          send(response, 200, answer);
          return;
        }
        case wirePath.stream:
          return sendAnswer(
            response,
            await openHandler(handlers, requestDocument.parse(document), { from: peer, lost: lost.signal }),
          );
        case wirePath.take:
          return park(response);
        case wirePath.answer: {
          const { id, answer } = returnedDocument.parse(document);
          handedOver.get(id)?.settle(answer);
          send(response, 200, {});
          return;
        }
        default:
          send(response, 404, {});
      }
    } catch (error) {
      refuse(response, error);
    }
  }

  return { session, request, open: longAnswers.open, serve, close: () => session.destroy() };
}

/** Sends a long answer, or why there is none. */
function sendAnswer(response: Http2ServerResponse, answer: Readable | AnswerDocument): void {
  if ('kind' in answer) send(response, 409, answer);
  else sendLongAnswer(response, answer);
}

/** Answers with one JSON document. False when nobody is there any more. */
export function send(response: Http2ServerResponse, status: number, document: unknown): boolean {
  if (response.stream.destroyed || response.stream.closed) return false;
  response.writeHead(status, { 'content-type': 'application/json' });
  // What has not been read of a body that is too large never will be: the stream is given back.
  response.end(formatDocument(document), () => response.stream.close());
  return true;
}

/** Answers bad input; anything else that went wrong ends the stream. */
export function refuse(response: Http2ServerResponse, error: unknown): void {
  if (error instanceof DocumentTooLargeError) send(response, 413, {});
  else if (error instanceof SyntaxError || error instanceof z.ZodError) send(response, 400, {});
  else response.stream.destroy();
}
