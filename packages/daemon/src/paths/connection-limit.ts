import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** A socket as it is named before and after its handshake. */
type Named = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress'>;

interface Connection {
  readonly socket: Socket;
  secured: TLSSocket | undefined;
  /** It has proved to be another server's path. */
  isPath: boolean;
  /** Requests that are being answered, such as a stream of events. */
  requests: number;
}

/**
 * Bounds how many connections there are on all addresses together (S-04). Whoever opens connections and leaves them
 * idle must not keep others out: for one too many, the oldest goes that is no path and is not being answered. Only
 * when there is none, the new one is refused.
 */
export interface ConnectionLimit {
  admit(socket: Socket): void;
  /** Its handshake is done. */
  secure(socket: TLSSocket): void;
  /** Those whose handshake is done. */
  secured(): readonly TLSSocket[];
  /** It is another server's: from now on it stays. */
  keep(socket: Named): void;
  answering(request: IncomingMessage, response: ServerResponse): void;
  endAll(): void;
}

export function createConnectionLimit(most: number): ConnectionLimit {
  const connections = new Map<string, Connection>();

  function makeRoom(): boolean {
    for (const { socket, isPath, requests } of connections.values()) {
      if (isPath || requests > 0) continue;
      connections.delete(nameOf(socket));
      socket.destroy();
      return true;
    }
    return false;
  }

  return {
    admit(socket) {
      if (connections.size >= most && !makeRoom()) return void socket.destroy();
      const name = nameOf(socket);
      const connection: Connection = { socket, secured: undefined, isPath: false, requests: 0 };
      connections.set(name, connection);
      socket.once('close', () => {
        if (connections.get(name) === connection) connections.delete(name);
      });
    },
    secure(socket) {
      const connection = connections.get(nameOf(socket));
      if (connection) connection.secured = socket;
    },
    secured: () => [...connections.values()].flatMap(({ secured }) => (secured ? [secured] : [])),
    keep(socket) {
      const connection = connections.get(nameOf(socket));
      if (connection) connection.isPath = true;
    },
    answering(request, response) {
      const connection = connections.get(nameOf(request.socket));
      if (!connection) return;
      connection.requests += 1;
      response.once('close', () => (connection.requests -= 1));
    },
    endAll() {
      for (const { socket } of connections.values()) socket.destroy();
    },
  };
}

function nameOf({ remoteAddress, remotePort, localAddress }: Named): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
