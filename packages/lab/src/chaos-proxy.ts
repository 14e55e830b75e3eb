import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** What a network may do to a connection. It holds for connections that stand and for new ones. */
export type Weather =
  | { readonly kind: 'clear' }
  /** Every piece of data comes this much later, in both directions. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /**
   * Connections are accepted, and nothing gets through either way: a frozen server, or a firewall that drops.
   */
  | { readonly kind: 'black-hole' }
  /** Requests arrive, answers do not: the caller cannot know what has happened. */
  | { readonly kind: 'answers-lost' }
  /** Every connection is reset, old and new. */
  | { readonly kind: 'refuse' }
  /** The server's side is closed in order (FIN) as soon as the client sends something, without an answer. */
  | { readonly kind: 'half-close' }
  /** Answers end after so many bytes of a connection, in the middle of whatever it is. */
  | { readonly kind: 'truncate'; readonly afterBytes: number };

export interface ChaosProxy {
  readonly host: string;
  readonly port: number;
  set(weather: Weather): void;
  /** Resets every connection that stands; the next ones are treated as the weather says. */
  cut(): void;
  /** Connections that stand, and bytes that were let through since the start. */
  seen(): { readonly connections: number; readonly requestBytes: number; readonly answerBytes: number };
  close(): Promise<void>;
}

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  answered: number;
}

/**
 * Listens on a free port of `listenHost` and passes TCP connections on to the target, through a weather that
 * tests change. What was swallowed in bad weather never comes later, as after a connection that a network
 * really lost.
 */
export async function createChaosProxy(target: ProxyTarget, listenHost = '127.0.0.1'): Promise<ChaosProxy> {
  const links = new Set<Link>();
  let weather: Weather = { kind: 'clear' };
  let [requestBytes, answerBytes] = [0, 0];

  function onClientData(link: Link, data: Buffer): void {
    if (weather.kind === 'black-hole') return;
    if (weather.kind === 'half-close') {
      link.client.end();
      return;
    }
    later(() => {
      requestBytes += data.length;
      send(link.server, data);
    });
  }

  function onServerData(link: Link, data: Buffer): void {
    if (weather.kind === 'black-hole' || weather.kind === 'answers-lost' || weather.kind === 'half-close')
      return;
    const room = weather.kind === 'truncate' ? Math.max(0, weather.afterBytes - link.answered) : data.length;
    const piece = data.subarray(0, room);
    link.answered += piece.length;
    later(() => {
      answerBytes += piece.length;
      send(link.client, piece);
      if (piece.length < data.length) {
        link.client.end();
        link.server.destroy();
      }
    });
  }

  function later(act: () => void): void {
    if (weather.kind === 'delay') setTimeout(act, weather.delayMs);
    else act();
  }

  /** The other side has closed. In bad weather this is not noticed here either. */
  function onEnd(other: Socket): void {
    if (weather.kind === 'black-hole' || weather.kind === 'answers-lost') return;
    later(() => other.end());
  }

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    if (weather.kind === 'refuse') {
      client.on('error', () => undefined);
      client.resetAndDestroy();
      return;
    }
    const server = createConnection({ ...target, allowHalfOpen: true });
    const link: Link = { client, server, answered: 0 };
    links.add(link);
    client.on('data', (data: Buffer) => onClientData(link, data));
    server.on('data', (data: Buffer) => onServerData(link, data));
    client.on('end', () => onEnd(server));
    server.on('end', () => onEnd(client));
    for (const [own, other] of [
      [client, server],
      [server, client],
    ] as const) {
      own.on('error', () => reset(other));
      own.on('close', () => {
        if (client.destroyed && server.destroyed) links.delete(link);
      });
    }
  });
  await listen(listener, listenHost);
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy has no port');

  const cut = (): void => {
    for (const link of links) {
      reset(link.client);
      reset(link.server);
    }
  };
  return {
    host: listenHost,
    port: address.port,
    set(next) {
      weather = next;
      if (next.kind === 'refuse') cut();
    },
    cut,
    seen: () => ({ connections: links.size, requestBytes, answerBytes }),
    close() {
      cut();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}

function send(socket: Socket, data: Buffer): void {
  if (socket.writable) socket.write(data);
}

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

function listen(server: Server, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
