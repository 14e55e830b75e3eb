import http from 'node:http';
import https from 'node:https';
import type { InstantMs } from '@holdfast/core';
import { monotonicNow } from './clock.ts';
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
  readonly signal: AbortSignal;
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

const maxConnections = 16;
const maxIdleConnections = 4;
const aliveProbeAfterMs = 5_000;

export function createEndpoint(url: string, tls: TlsMaterial | undefined): Endpoint {
  const target = new URL(url);
  const secure = target.protocol === 'https:';
  let agent = createAgent(secure, tls, true);

  function start(request: EndpointRequest, through: http.Agent): http.ClientRequest {
    return (secure ? https : http).request({
      agent: through,
      host: target.hostname.replace(/^\[|\]$/g, ''),
      port: target.port || (secure ? 443 : 80),
      method: request.method,
      path: request.path,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(request.body) },
    });
  }

  /** Connections that did not answer are not used again; calls under way on others may still end. */
  function renewAgent(): void {
    const old = agent;
    agent = createAgent(secure, tls, true);
    retire(old);
  }

  return {
    url,
    exchange(request, limits) {
      return exchange(
        { url, secure, start: () => start(request, agent), onSilence: renewAgent },
        request.body,
        limits,
      );
    },
    follow(request, stream) {
      const own = createAgent(secure, tls, false);
      return follow({ url, secure, start: () => start(request, own) }, request.body, stream).finally(() => {
        own.destroy();
      });
    },
    close: () => retire(agent),
  };
}

function createAgent(secure: boolean, tls: TlsMaterial | undefined, keepAlive: boolean): http.Agent {
  const limits = { keepAlive, maxSockets: maxConnections, maxFreeSockets: maxIdleConnections };
  return secure ? new https.Agent({ ...limits, ...tls, minVersion: 'TLSv1.2' }) : new http.Agent(limits);
}

function retire(agent: http.Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

interface Dialer {
  readonly url: string;
  readonly secure: boolean;
  start(): http.ClientRequest;
}

function exchange(
  dialer: Dialer & { onSilence(): void },
  body: string,
  limits: ExchangeLimits,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sentAt = monotonicNow();
    const request = dialer.start();
    let sent = false;
    let settled = false;
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
      request.destroy();
      if (trouble === 'no-answer') dialer.onSilence();
      reject(
        new EndpointError(trouble, { endpoint: dialer.url, sent, cause, text: describe(trouble, cause) }),
      );
    };
    const onAbort = (): void => fail(limits.signal.reason === 'superseded' ? 'no-answer' : 'aborted');
    const deadline = setTimeout(() => fail('no-answer'), Math.max(0, limits.timeoutMs));
    const connecting = setTimeout(
      () => {
        if (!sent) fail('no-answer');
      },
      Math.max(0, limits.connectTimeoutMs),
    );
    request.on('error', (error) => {
      if (isAboutTrust(error)) fail('not-trusted', error);
      else fail(sent ? 'broken-off' : 'not-connected', error);
    });
    if (limits.signal.aborted) return onAbort();
    limits.signal.addEventListener('abort', onAbort);

    onConnected(request, dialer.secure, () => {
      sent = true;
      clearTimeout(connecting);
    });
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > limits.maxBytes) return fail('answer-too-large');
        chunks.push(chunk);
      });
      response.on('error', (error) => fail('broken-off', error));
      response.on('close', () => {
        if (!response.complete) fail('broken-off');
      });
      response.on('end', () => {
        if (!response.complete || !settle()) return;
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ endpoint: dialer.url, status: response.statusCode ?? 0, body: text, sentAt });
      });
    });
    request.end(body);
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
