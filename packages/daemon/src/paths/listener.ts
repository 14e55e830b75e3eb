import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { maxHeaderBytes, maxStreams } from './channel.ts';
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

const handshakeTimeoutMs = 5_000;
/** Of a request to the API: for its head, and for all of it. */
const apiTimeouts = { headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 5_000 };
const maxConnections = 1_024;

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
}): Promise<PathListener> {
  const sockets = new Set<Socket>();
  const servers = options.addresses.map(() => createServer(options, sockets));
  let shown = options.trust.credentials();
  const ignoreTrust = options.trust.onChange(() => {
    for (const socket of sockets)
      if (socket instanceof TLSSocket && showsRevoked(socket, options.trust)) socket.destroy();
    if (shown === options.trust.credentials()) return;
    shown = options.trust.credentials();
    for (const server of servers) server.setSecureContext(secureContext(shown));
  });
  const close = async (): Promise<void> => {
    ignoreTrust();
    const ended = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of sockets) socket.destroy();
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

function createServer(
  options: {
    readonly trust: Trust;
    readonly paths: PathAcceptor;
    readonly onApiRequest: ApiCallback;
  },
  sockets: Set<Socket>,
): Http2SecureServer {
  const { trust, paths, onApiRequest } = options;
  const server = createSecureServer({
    allowHTTP1: true,
    http1Options: apiTimeouts,
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
  server.maxConnections = maxConnections;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', keep);
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    keep(socket);
    if (showsRevoked(socket, trust)) socket.destroy();
  });
  server.on('session', (session) => {
    const peer = session.socket instanceof TLSSocket ? identifyPeer(session.socket, trust) : undefined;
    if (peer === undefined) session.destroy();
    else paths.accept(session, peer);
  });
  // What one connection does wrong ends that connection only.
  server.on('sessionError', () => {});
  server.on('tlsClientError', () => {});
  server.on(
    'request',
    (request: Http2ServerRequest | IncomingMessage, response: Http2ServerResponse | ServerResponse) => {
      if ('stream' in request) servePath(paths, request, response as Http2ServerResponse);
      else onApiRequest(request, response as ServerResponse);
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
