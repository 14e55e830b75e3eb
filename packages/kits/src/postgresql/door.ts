import { createServer, Socket } from 'node:net';
import type { Files } from '../host.ts';
import { AnswerTimeoutError } from './answer.ts';
import type { LockFile } from './lock-file.ts';

/** Where a server of this machine is reached: a socket directory, or an address. */
export interface Door {
  readonly host: string;
  readonly port: number;
}

/**
 * Where to knock: as the parameters say, else where the postmaster says that it listens. A socket whose file somebody
 * has cleaned away is no sign of a dead server when there is an address too.
 */
export async function chooseDoor(
  files: Files,
  parameters: { readonly host?: string | undefined; readonly port: number },
  lock: LockFile | undefined,
): Promise<Door> {
  const { port } = parameters;
  if (parameters.host !== undefined) return { host: parameters.host, port };
  const [socketDoor, addressDoor] = listDoors(port, lock);
  if (!socketDoor) return addressDoor ?? { host: '127.0.0.1', port };
  if (!addressDoor) return socketDoor;
  const socket = await files.stat(socketPath(socketDoor)).catch(() => undefined);
  return socket ? socketDoor : addressDoor;
}

/** The postmaster's own socket and address, as far as its lock file names them. */
export function listDoors(
  port: number,
  lock: LockFile | undefined,
): readonly [Door | undefined, Door | undefined] {
  const { socketDirectory, listenAddress } = lock ?? {};
  return [
    socketDirectory === undefined ? undefined : { host: socketDirectory, port },
    listenAddress === undefined ? undefined : { host: reachable(listenAddress), port },
  ];
}

function socketPath(door: Door): string {
  return `${door.host}/.s.PGSQL.${door.port}`;
}

function reachable(listenAddress: string): string {
  switch (listenAddress) {
    case '*':
    case '0.0.0.0':
      return '127.0.0.1';
    case '::':
      return '::1';
    default:
      return listenAddress;
  }
}

function connectTo(socket: Socket, door: Door): void {
  if (door.host.startsWith('/')) socket.connect(socketPath(door));
  else socket.connect(door.port, door.host);
}

// SSLRequest (PostgreSQL documentation, "Message Formats"): length 8, code 80877103. The answer is one byte, and
// leaving after it is not worth a line in the server's log.
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Does the postmaster take new connections? A kept connection cannot tell: its backend answers while the postmaster
 * hangs, and the kernel accepts for a hanging one. Rejects when no answer comes within `timeoutMs`.
 */
export function knock(door: Door, timeoutMs: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = new Socket();
  const timer = setTimeout(
    () => reject(new AnswerTimeoutError(`no new connection within ${timeoutMs} ms`)),
    timeoutMs,
  );
  socket.on('error', reject);
  socket.on('connect', () => socket.write(sslRequest));
  socket.on('data', () => resolve());
  socket.on('close', () => reject(new Error('the server closed the connection')));
  connectTo(socket, door);
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}

/** Is the TCP port free on every address of this server? Answered by taking it for a moment. */
export async function isPortFree(port: number): Promise<boolean> {
  const onSixToo = await tryPort(port, '::');
  return onSixToo ?? (await tryPort(port, '0.0.0.0')) ?? false;
}

/** `undefined` when this server does not have that kind of address at all. */
function tryPort(port: number, host: string): Promise<boolean | undefined> {
  const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
  const server = createServer();
  server.on('error', (error: NodeJS.ErrnoException) =>
    resolve(error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL' ? undefined : false),
  );
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  return promise;
}
