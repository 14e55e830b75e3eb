import type { Readable } from 'node:stream';
import { invariant, type Reason } from '@holdfast/core';
import { z } from 'zod';

/** Largest JSON document of a request or an answer. */
export const maxBodyBytes = 1024 * 1024;
/** What the envelope around a body may take. */
const maxDocumentBytes = maxBodyBytes + 16 * 1024;
export const maxTimeoutMs = 600_000;

export const wirePath = {
  hello: '/paths/v1/hello',
  request: '/paths/v1/request',
  take: '/paths/v1/take',
  answer: '/paths/v1/answer',
  stream: '/paths/v1/stream',
} as const;

/** Names what a request is for. Segments of lower-case letters, digits and `-`. */
export const routeName = z.string().regex(/^[a-z0-9-]+(\/[a-z0-9-]+){0,7}$/);

/** The dialling end tells which path this connection is; the other end's certificate tells who it is. */
export const helloDocument = z.strictObject({ path: z.string().max(300) });
export const welcomeDocument = z.strictObject({ path: z.string() });

export const requestDocument = z.strictObject({
  route: routeName,
  timeoutMs: z.int().min(1).max(maxTimeoutMs),
  body: z.unknown(),
});
export type RequestDocument = z.infer<typeof requestDocument>;

const fact = z.union([z.string(), z.number(), z.boolean()]);
export const answerDocument = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), body: z.unknown() }),
  z.strictObject({ kind: z.literal('refused'), code: z.string(), facts: z.record(z.string(), fact) }),
]);
export type AnswerDocument = z.infer<typeof answerDocument>;

/**
 * A request of the accepting end on this route is for a stream: its answer comes on a connection's stream of its own,
 * `/paths/v1/stream/<id>`, which the dialling end opens.
 */
export const streamRoute = 'paths/stream';
export const streamWanted = z.strictObject({
  id: z.int().min(1),
  route: routeName,
  body: z.unknown(),
});

/** A request that the accepting end hands to the dialling end, and the answer that comes back. */
export const takenDocument = z.strictObject({ id: z.int().min(1), request: requestDocument });
export const returnedDocument = z.strictObject({ id: z.int().min(1), answer: answerDocument });

export type PathRequestCode =
  | 'path-none'
  | 'path-busy'
  | 'path-lost'
  | 'path-protocol'
  | 'request-timeout'
  | 'request-aborted'
  | 'body-too-large'
  | 'handler-refused';

/**
 * Why a request over the paths has no answer. `sent` false: it has certainly not been carried out. True: it
 * may have been, fully or in part. `reason` is the other server's when its handler refused.
 */
export class PathRequestError extends Error {
  override readonly name = 'PathRequestError';
  readonly code: PathRequestCode;
  readonly sent: boolean;
  readonly reason: Reason;

  constructor(
    code: PathRequestCode,
    options: { sent: boolean; reason?: Reason; facts?: Reason['facts']; cause?: unknown },
  ) {
    super(`request over communication path failed: ${options.reason?.code ?? code}`, {
      cause: options.cause,
    });
    this.code = code;
    this.sent = options.sent;
    this.reason = options.reason ?? { code, facts: options.facts ?? {} };
  }
}

/** Thrown by a handler that refuses a request: the reason reaches whoever asked. */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError';
  readonly reason: Reason;

  constructor(reason: Reason) {
    super(`request refused: ${reason.code}`);
    this.reason = reason;
  }
}

export class DocumentTooLargeError extends Error {
  override readonly name = 'DocumentTooLargeError';
}

/** JSON is what a path carries: does this fit? Throws what `JSON.stringify` throws for a cycle. */
export function bodyFits(body: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(body) ?? 'null', 'utf8') <= maxBodyBytes;
}

/** JSON text of a document, whose body has been checked by {@link bodyFits}. */
export function formatDocument(document: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(document), 'utf8');
  invariant(text.length <= maxDocumentBytes, `document of ${text.length} bytes was to be sent over a path`);
  return text;
}

/**
 * Reads one JSON document; stops reading at the limit and leaves the stream as it is, so that it can be
 * answered. Throws {@link DocumentTooLargeError} or `SyntaxError`.
 */
export async function readDocument(stream: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > maxDocumentBytes)
      throw new DocumentTooLargeError(`document has more than ${maxDocumentBytes} bytes`);
    chunks.push(bytes);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
