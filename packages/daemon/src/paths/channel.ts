import type { ClientHttp2Session, Http2Session } from 'node:http2';
import type { Readable } from 'node:stream';
import type { AnswerDocument, RequestDocument } from './wire.ts';

/** Requests of one end that may wait for their answer on one path at the same time. */
export const maxRequestsInFlight = 32;
/** Requests of the accepting end that the dialling end works on at the same time. */
export const takesParked = 16;
/** Answers of any length that each end may be reading on one path at the same time. */
export const maxLongAnswers = 8;
/**
 * Streams that one connection may have open: own requests, parked takes, their answers, those of any length of both
 * ends, and a few to spare.
 */
export const maxStreams = maxRequestsInFlight + 2 * takesParked + 2 * maxLongAnswers + 8;
/** Largest header of a request, in bytes: path messages have a handful of short fields. */
export const maxHeaderBytes = 8 * 1024;

export interface RequestOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One connection of a path after the hello: both ends can ask and answer. */
export interface Channel {
  readonly session: Http2Session | ClientHttp2Session;
  /** Throws `PathRequestError`. */
  request(document: RequestDocument, options: RequestOptions): Promise<AnswerDocument>;
  /**
   * Asks for an answer of any length: bytes that come as fast as they are read. Whoever destroys the stream ends the
   * work at the other end; it is destroyed when the connection ends. The options hold until it begins. Throws
   * `PathRequestError`.
   */
  open(document: RequestDocument, options: RequestOptions): Promise<Readable>;
  /** Ends the connection; everything that waits on it fails with `path-lost`. Safe to call again. */
  close(): void;
}

/** Calls back once the connection is gone, also when it is gone already. */
export function onSessionEnd(session: Http2Session, callback: () => void): void {
  if (session.destroyed) {
    queueMicrotask(callback);
    return;
  }
  session.once('close', callback);
}
