import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { maxHeaderBytes, maxStreams } from './channel.ts';
import { createConnectionLimit, type ConnectionLimit } from './connection-limit.ts';
import type { PathAcceptor } from './greeter.ts';
import { identifyPeer, showsRevoked, type Credentials } from './peer.ts';
import type { Trust } from './trust.ts';

/** Answers a request of the API: HTTP/1.1. No certificate says who asks; logins and tokens do. */
export type ApiCallback = (request: IncomingMessage, response: ServerResponse) => void;

export interface PathListener {
  /** Where it listens, one for each address. */
  readonly addresses: readonly AddressInfo[];
  /**
   * Ends every connection at once, also those of the API: whoever wants to finish requests does so before.
   */
  close(): Promise<void>;
}

/** What strangers may use of the port. */
export interface PortLimits {
  /** On all addresses together. */
  readonly mostConnections: number;
  /** From the connection, or the last answer, to the end of a request's head. */
  readonly headersTimeoutMs: number;
  /** The same for all of a request. */
  readonly requestTimeoutMs: number;
  /** How often the two times are looked at. */
  readonly lookEveryMs: number;
}

/** 31 other servers with eight paths each, and three times as many connections for the API. */
const usualLimits: PortLimits = {
  mostConnections: 1_024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  lookEveryMs: 1_000,
};
const handshakeTimeoutMs = 5_000;
const keepAliveTimeoutMs = 5_000;

/**
 * Opens the server's one port (C-03) on each of its addresses. The protocol tells the two uses apart: who
 * speaks nothing but HTTP/2 is another server's path and must have a certificate of this cluster; everybody
 * else is offered HTTP/1.1 and gets to the API, where a certificate means nothing. A certificate that has been revoked
 * opens neither, and ends what it had opened.
 *
 * Rejects with the system's error (`EADDRINUSE`, `EADDRNOTAVAIL`); then it listens nowhere.
 */
export async function createPathListener(options: {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly trust: Trust;
  readonly paths: PathAcceptor;
  readonly onApiRequest: ApiCallback;
  /**
   * An address on which no more connections can be taken: the process is out of file descriptors, for
   * instance.
   */
  readonly onError: (error: Error) => void;
  /** Where they are not the usual ones. */
  readonly limits?: Partial<PortLimits>;
}): Promise<PathListener> {
  const limits = { ...usualLimits, ...options.limits };
  const connections = createConnectionLimit(limits.mostConnections);
  const servers = options.addresses.map(() => createServer({ ...options, limits, connections }));
  let shown = options.trust.credentials();
  const ignoreTrust = options.trust.onChange(() => {
    for (const socket of connections.secured()) if (showsRevoked(socket, options.trust)) socket.destroy();
    if (shown === options.trust.credentials()) return;
    shown = options.trust.credentials();
    for (const server of servers) server.setSecureContext(secureContext(shown));
  });
  const close = async (): Promise<void> => {
    ignoreTrust();
    const ended = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    connections.endAll();
    await Promise.all(ended);
  };
  try {
    await Promise.all(servers.map((server, n) => listen(server, options.addresses[n] ?? '', options.port)));
    for (const server of servers) server.on('error', options.onError);
  } catch (error) {
    await close();
    throw error;
  }
  return { addresses: servers.map((server) => server.address() as AddressInfo), close };
}

function createServer(options: {
  readonly trust: Trust;
  readonly paths: PathAcceptor;
  readonly onApiRequest: ApiCallback;
  readonly limits: PortLimits;
  readonly connections: ConnectionLimit;
}): Http2SecureServer {
  const { trust, paths, onApiRequest, limits, connections } = options;
  // Node takes these here as well, though its types do not say so.
  const http1Options = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    connectionsCheckingInterval: limits.lookEveryMs,
  };
  const server = createSecureServer({
    allowHTTP1: true,
    http1Options,
    ...secureContext(trust.credentials()),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNCallback: ({ protocols }) => ['http/1.1', 'h2'].find((known) => protocols.includes(known)),
    handshakeTimeout: handshakeTimeoutMs,
    maxSendHeaderBlockLength: maxHeaderBytes,
    maxHeaderListPairs: 32,
    maxSessionInvalidFrames: 16,
    maxSessionRejectedStreams: 32,
    settings: { maxConcurrentStreams: maxStreams, maxHeaderListSize: maxHeaderBytes, enablePush: false },
  });
  server.on('connection', connections.admit);
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    connections.secure(socket);
    if (showsRevoked(socket, trust)) socket.destroy();
  });
  server.on('session', (session) => {
    const peer = session.socket instanceof TLSSocket ? identifyPeer(session.socket, trust) : undefined;
    if (peer === undefined || session.socket === undefined) return session.destroy();
    connections.keep(session.socket);
    paths.accept(session, peer);
  });
  // What one connection does wrong ends that connection only.
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  server.on(
    'request',
    (request: Http2ServerRequest | IncomingMessage, response: Http2ServerResponse | ServerResponse) => {
      if ('stream' in request) return servePath(paths, request, response as Http2ServerResponse);
      connections.answering(request, response as ServerResponse);
      onApiRequest(request, response as ServerResponse);
    },
  );
  return server;
}

function secureContext(credentials: Credentials) {
  return {
    // The authority's certificate goes along: a server that wants to join knows the cluster by its
    // fingerprint.
    cert: `${credentials.certificate}${credentials.caCertificate}`,
    key: credentials.key.reveal(),
    ca: credentials.caCertificate,
    minVersion: 'TLSv1.2' as const,
  };
}

function servePath(paths: PathAcceptor, request: Http2ServerRequest, response: Http2ServerResponse): void {
  const session = request.stream.session;
  if (session) paths.serve(session, request, response);
}

function listen(server: Http2SecureServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
