import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import {
  apiRoutes,
  createError,
  errorBody,
  isCodedError,
  routePath,
  type AnswerOf,
  type ApiRouteName,
  type Language,
  type RequestOf,
} from '@holdfast/contract';
import { AnsweredError } from './failure.ts';

/** Most that an answer may have; a cluster of 32 servers and 200 hierarchies needs about 1 MB. */
const answerLimitBytes = 32 * 1024 * 1024;

export interface CallOptions<N extends ApiRouteName> {
  /** Fills the `:tag` or `:id` of the address; several in their order. */
  readonly parameter?: string | readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: RequestOf<N>;
  readonly timeoutMs: number;
}

/** An answer, checked; `json` is the whole of it, also what this version does not know. */
export interface Answer<T> {
  readonly value: T;
  readonly json: unknown;
}

/** A daemon as commands use it. Every call rejects with an error of the catalogue. */
export interface Client {
  call<N extends ApiRouteName>(name: N, options: CallOptions<N>): Promise<Answer<AnswerOf<N>>>;
  /** Starts a call whose answer is read as it comes. The caller ends it by `signal`. */
  open(name: ApiRouteName, options: OpenOptions): Promise<IncomingMessage>;
}

export interface OpenOptions {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string>>;
  /** How long the daemon may take until it begins to answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Where the daemon is asked: its local socket, or the port of a server with the secret of a session or token. */
export type Target =
  | { readonly socket: string }
  | { readonly server: { readonly url: URL; readonly authority: string; readonly secret?: string } };

export function createClient(options: Target & { readonly language: Language }): Client {
  const place = 'socket' in options ? options.socket : options.server.url.origin;
  return {
    async call(name, { parameter, query, body, timeoutMs }) {
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        const address = addressOf(name, parameter, query);
        const message = await send(options, { name, address, body, signal });
        const json = parseJson(await readAll(message));
        if (!isSuccess(message)) throw answeredError(message, json);
        return { value: parseAnswer(name, json), json };
      } catch (error) {
        throw translate(error, { place, waitedMs: signal.aborted ? timeoutMs : undefined });
      }
    },
    async open(name, { query, body, timeoutMs, signal }) {
      const begun = AbortSignal.timeout(timeoutMs);
      const given = new AbortController();
      const giveUp = (): void => given.abort();
      begun.addEventListener('abort', giveUp);
      signal.addEventListener('abort', giveUp);
      try {
        const address = addressOf(name, undefined, query);
        const message = await send(options, { name, address, body, signal: given.signal });
        if (!isSuccess(message)) throw answeredError(message, parseJson(await readAll(message)));
        return message;
      } catch (error) {
        throw translate(error, { place, waitedMs: begun.aborted ? timeoutMs : undefined });
      } finally {
        begun.removeEventListener('abort', giveUp);
      }
    },
  };
}

/** Errors of the transport become errors of the catalogue; what the daemon answered stays as it is. */
function translate(
  error: unknown,
  { place, waitedMs }: { readonly place: string; readonly waitedMs: number | undefined },
): unknown {
  if (error instanceof AnsweredError || isCodedError(error)) return error;
  if (waitedMs !== undefined) return createError('HF-CLI-002', { waitedMs }, { cause: error });
  return createError('HF-CLI-001', { place, problem: problemOf(error) }, { cause: error });
}

function addressOf(
  name: ApiRouteName,
  parameter: string | readonly string[] = [],
  query?: Readonly<Record<string, string>>,
): string {
  const search = new URLSearchParams(query).toString();
  const parameters = typeof parameter === 'string' ? [parameter] : parameter;
  return `${routePath(name, ...parameters)}${search === '' ? '' : `?${search}`}`;
}

interface Sending {
  readonly name: ApiRouteName;
  readonly address: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

function send(target: Target & { readonly language: Language }, sending: Sending): Promise<IncomingMessage> {
  const { name, address, body, signal } = sending;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const options: RequestOptions = {
    path: address,
    method: apiRoutes[name].method,
    signal,
    headers: {
      'accept-language': target.language,
      ...('server' in target &&
        target.server.secret !== undefined && { authorization: `Bearer ${target.server.secret}` }),
      ...(text !== undefined && {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      }),
    },
  };
  const sent =
    'socket' in target
      ? request({ ...options, socketPath: target.socket })
      : secureRequest(target.server.url, { ...options, ca: target.server.authority });
  sent.on('response', resolve);
  sent.on('error', reject);
  sent.end(text);
  return promise;
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket',
  ECONNREFUSED: 'nobody listens',
  EACCES: 'this user may not use the socket',
  ECONNRESET: 'the connection was broken off',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is not a server of the cluster that was signed in to',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is not a server of the cluster that was signed in to',
};

function problemOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const code = 'code' in cause ? String(cause.code) : '';
  return problems[code] ?? cause.message;
}

async function readAll(message: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of message) {
      if (!Buffer.isBuffer(part)) continue;
      bytes += part.length;
      if (bytes > answerLimitBytes)
        throw createError('HF-CLI-003', { problem: `over ${answerLimitBytes} bytes` });
      parts.push(part);
    }
  } finally {
    message.destroy();
  }
  return Buffer.concat(parts).toString('utf8');
}

function isSuccess(message: IncomingMessage): boolean {
  const status = message.statusCode ?? 0;
  return status >= 200 && status < 300;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw createError('HF-CLI-003', { problem: 'not JSON' }, { cause });
  }
}

function answeredError(message: IncomingMessage, json: unknown): Error {
  const status = message.statusCode ?? 0;
  const parsed = errorBody.safeParse(json);
  if (parsed.success) return new AnsweredError(status, parsed.data);
  return createError('HF-CLI-003', { problem: `HTTP status ${status}` });
}

function parseAnswer<N extends ApiRouteName>(name: N, json: unknown): AnswerOf<N> {
  const parsed = apiRoutes[name].answer.safeParse(json);
  if (parsed.success) return parsed.data as AnswerOf<N>;
  const issue = parsed.error.issues[0];
  const problem = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  throw createError('HF-CLI-003', { problem }, { cause: parsed.error });
}
