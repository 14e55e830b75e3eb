import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import type { InstantMs } from '@holdfast/core';
import { AnswerTooLargeError } from './answer-reader.ts';
import { monotonicNow } from './clock.ts';
import { createConnections, type Connections } from './connections.ts';
import type { Ending } from './ending.ts';
import { EndpointError, type EndpointTrouble } from './errors.ts';

/**
 * PEM texts: the cluster's authority, and this server's client certificate, which must have no common name.
 */
export interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface EndpointRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body: string;
}

export interface ExchangeLimits {
  readonly timeoutMs: number;
  /** Gives up earlier while nothing has been sent. */
  readonly connectTimeoutMs: number;
  readonly maxBytes: number;
  readonly signal: Ending;
}

export interface Answer {
  readonly endpoint: string;
  readonly status: number;
  readonly body: string;
  /** Before the first byte of the request left this process. */
  readonly sentAt: InstantMs;
}

export interface LineStream {
  readonly connectTimeoutMs: number;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  onLine(line: string): void;
}

/**
 * One etcd client address. Keeps its connections, and drops them as soon as one of them did not answer in
 * time.
 */
export interface Endpoint {
  readonly url: string;
  /** Rejects with {@link EndpointError}, never later than the limits say. */
  exchange(request: EndpointRequest, limits: ExchangeLimits): Promise<Answer>;
  /**
   * Hands over line by line on a connection of its own. Settles when the stream has ended, and always
   * rejects.
   */
  follow(request: EndpointRequest, stream: LineStream): Promise<never>;
  /** Drops the idle connections; calls under way still end by themselves. */
  close(): void;
}

const aliveProbeAfterMs = 5_000;

export function createEndpoint(url: string, material: TlsMaterial | undefined): Endpoint {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const port = Number(target.port || (secure ? 443 : 80));
  const trust = secure ? { ...material, minVersion: 'TLSv1.2' as const } : undefined;
  let connections: Connections | undefined;

  function connect(): Connections {
    connections ??= createConnections({ host, port, secure: trust && tls.createSecureContext(trust) });
    return connections;
  }

  function start(request: EndpointRequest, agent: http.Agent): http.ClientRequest {
    const { method, path, body } = request;
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    return (secure ? https : http).request({ agent, host, port, method, path, headers });
  }

  return {
    url,
    exchange(request, limits) {
      const text = formatRequest(target.host, request);
      // Connections that did not answer are not used again; calls under way on others may still end.
      return exchange({ url, connect, onSilence: () => connections?.retire() }, text, limits);
    },
    follow(request, stream) {
      const own = secure ? new https.Agent(trust) : new http.Agent();
      return follow({ url, secure, start: () => start(request, own) }, request.body, stream).finally(() => {
        own.destroy();
      });
    },
    close: () => connections?.retire(),
  };
}

/** As RFC 9112 has it. Paths and hosts are this program's own and the configuration's, so nothing is to be escaped. */
function formatRequest(host: string, { method, path, body }: EndpointRequest): string {
  const length = Buffer.byteLength(body);
  return (
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${length}\r\n\r\n${body}`
  );
}

interface Dialer {
  readonly url: string;
  readonly secure: boolean;
  start(): http.ClientRequest;
}

interface Exchanger {
  readonly url: string;
  /** Throws when the certificates cannot be used. */
  connect(): Connections;
  onSilence(): void;
}

function exchange(exchanger: Exchanger, text: string, limits: ExchangeLimits): Promise<Answer> {
  const { url } = exchanger;
  return new Promise((resolve, reject) => {
    const sentAt = monotonicNow();
    let sent = false;
    let settled = false;
    let giveUp = (): void => undefined;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(deadline);
      clearTimeout(connecting);
      limits.signal.removeEventListener('abort', onAbort);
      return true;
    };
    const fail = (trouble: EndpointTrouble, cause?: unknown): void => {
      if (!settle()) return;
      giveUp();
      if (trouble === 'no-answer') exchanger.onSilence();
      reject(new EndpointError(trouble, { endpoint: url, sent, cause, text: describe(trouble, cause) }));
    };
    const onAbort = (): void => fail(limits.signal.reason === 'superseded' ? 'no-answer' : 'aborted');
    const onFailure = (how: 'unreadable' | 'lost', error: Error): void => {
      if (error instanceof AnswerTooLargeError) fail('answer-too-large', error);
      else if (how === 'unreadable') fail('not-understood', error);
      else if (isAboutTrust(error)) fail('not-trusted', error);
      else fail(sent ? 'broken-off' : 'not-connected', error);
    };
    const onSent = (): void => {
      sent = true;
      clearTimeout(connecting);
    };
    const onAnswer = (status: number, body: string): void => {
      if (settle()) resolve({ endpoint: url, status, body, sentAt });
    };
    const deadline = setTimeout(() => fail('no-answer'), Math.max(0, limits.timeoutMs));
    const connecting = setTimeout(() => fail('no-answer'), Math.max(0, limits.connectTimeoutMs));
    if (limits.signal.aborted) return onAbort();
    limits.signal.addEventListener('abort', onAbort);
    try {
      const { maxBytes } = limits;
      giveUp = exchanger.connect().exchange({ text, maxBytes, onSent, onAnswer, onFailure });
    } catch (error) {
      fail('not-connected', error);
    }
  });
}

function follow(dialer: Dialer, body: string, stream: LineStream): Promise<never> {
  return new Promise((_resolve, reject) => {
    const request = dialer.start();
    let settled = false;
    const fail = (trouble: EndpointTrouble, cause?: unknown): void => {
      if (settled) return;
      settled = true;
      clearTimeout(connecting);
      stream.signal.removeEventListener('abort', onAbort);
      request.destroy();
      const text = describe(trouble, cause);
      reject(new EndpointError(trouble, { endpoint: dialer.url, sent: true, cause, text }));
    };
    const onAbort = (): void => fail('aborted');
    const connecting = setTimeout(() => fail('no-answer'), stream.connectTimeoutMs);
    request.on('error', (error) => fail('broken-off', error));
    if (stream.signal.aborted) return onAbort();
    stream.signal.addEventListener('abort', onAbort);

    onConnected(request, dialer.secure, () => request.setSocketKeepAlive(true, aliveProbeAfterMs));
    request.on('response', (response) => {
      clearTimeout(connecting);
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (!settled && line !== '') stream.onLine(line);
        if (rest.length > stream.maxBytes) fail('answer-too-large');
      });
      response.on('error', (error) => fail('broken-off', error));
      response.on('end', () => {
        if (!settled && rest !== '') stream.onLine(rest);
        fail('broken-off');
      });
      response.on('close', () => fail('broken-off'));
    });
    request.end(body);
  });
}

/** Calls back when the request's connection stands: from then on its bytes may be on their way. */
function onConnected(request: http.ClientRequest, secure: boolean, callback: () => void): void {
  request.on('socket', (socket) => {
    if (!socket.connecting) return callback();
    socket.once(secure ? 'secureConnect' : 'connect', callback);
  });
}

/** Errors of Node's TLS and of OpenSSL's verification, own or received as an alert. */
function isAboutTrust(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED)/.test(code);
}

function describe(trouble: EndpointTrouble, cause: unknown): string {
  if (!(cause instanceof Error)) return trouble;
  const code = 'code' in cause && typeof cause.code === 'string' ? `${cause.code} ` : '';
  return `${trouble}: ${code}${cause.message}`;
}
