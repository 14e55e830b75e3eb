import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { ServerName } from '@holdfast/core';
import { maxHeaderBytes } from './channel.ts';
import { post } from './dialled-channel.ts';
import { identifyPeer } from './peer.ts';
import type { Trust } from './trust.ts';
import { welcomeDocument, wirePath } from './wire.ts';

export interface DialOptions {
  readonly pathId: string;
  readonly peer: ServerName;
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly trust: Trust;
  /** For the whole way: connection, certificates and hello. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * Opens the connection of a path from its local address, makes sure that the peer is there, and says hello.
 * Rejects at the deadline, with another certificate than the peer's, and when the peer does not know the
 * path.
 */
export async function dialPath(options: DialOptions): Promise<ClientHttp2Session> {
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const socket = await connectToPeer(options, deadline);
  const session = connectHttp2(`https://${options.peer}`, {
    createConnection: () => socket,
    maxSendHeaderBlockLength: maxHeaderBytes,
    maxHeaderListPairs: 32,
    settings: { enablePush: false },
  });
  // A session's end is learnt from `close`, which follows every error.
  session.on('error', () => {});
  try {
    welcomeDocument.parse(
      await post(session, wirePath.hello, { path: options.pathId }, { signal: deadline }),
    );
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  }
}

function connectToPeer(options: DialOptions, deadline: AbortSignal): Promise<TLSSocket> {
  const { peer, trust } = options;
  const credentials = trust.credentials();
  return new Promise((resolve, reject) => {
    if (deadline.aborted) return reject(deadline.reason);
    const how: ConnectionOptions & TcpNetConnectOpts = {
      host: options.remoteAddress,
      port: options.remotePort,
      localAddress: options.localAddress,
      ca: credentials.caCertificate,
      cert: credentials.certificate,
      key: credentials.key.reveal(),
      ALPNProtocols: ['h2'],
      minVersion: 'TLSv1.3',
      // The peer is known by its name, whichever of its addresses this path leads to: addresses change, names
      // do not.
      checkServerIdentity: () => undefined,
    };
    const socket = connectTls(how);
    const onAbort = (): void => fail(deadline.reason);
    const fail = (error: unknown): void => {
      deadline.removeEventListener('abort', onAbort);
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    deadline.addEventListener('abort', onAbort);
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('connection closed before it was made')));
    socket.once('secureConnect', () => {
      const found = identifyPeer(socket, trust);
      if (found !== peer || socket.alpnProtocol !== 'h2') {
        return fail(
          new Error(`certificate of ${options.remoteAddress} is not of ${peer} but of ${found ?? 'nobody'}`),
        );
      }
      deadline.removeEventListener('abort', onAbort);
      socket.removeAllListeners('close').removeListener('error', fail);
      socket.setNoDelay(true);
      resolve(socket);
    });
  });
}
