import net from 'node:net';
import tls from 'node:tls';
import { createAnswerReader, type AnswerReader } from './answer-reader.ts';

/** What one exchange on a connection tells whoever asked. After `done` or `failed` it tells nothing more. */
export interface Exchange {
  readonly text: string;
  readonly maxBytes: number;
  /** The connection stands: from now on the request's bytes may be on their way. */
  onSent(): void;
  onAnswer(status: number, body: string): void;
  /** `unreadable`: what came is no answer, or too much of one. `lost`: the connection broke or never stood. */
  onFailure(how: 'unreadable' | 'lost', error: Error): void;
}

/**
 * Connections to one address, kept from one exchange to the next: HTTP/1.1 with one request at a time on each. Node's
 * own client makes a dozen objects for each request, which is most of what an idle server would use: renewals and looks
 * at the store come several times a second.
 */
export interface Connections {
  /** Sends a request on an idle connection, else on a new one. Returns how to give it up. */
  exchange(exchange: Exchange): () => void;
  /** Idle connections are closed, and those in use when they come free: none of them is used again. */
  retire(): void;
}

export interface ConnectionPlace {
  readonly host: string;
  readonly port: number;
  readonly secure: tls.SecureContext | undefined;
}

const maxConnections = 16;
const maxIdleConnections = 4;
const maxWaiting = 1_000;
const aliveProbeAfterMs = 1_000;

/** An exchange on its way; `connection` is missing while all of them are in use. */
interface Pending {
  readonly exchange: Exchange;
  readonly reader: AnswerReader;
  connection: Connection | undefined;
}

interface Connection {
  readonly socket: net.Socket;
  readonly generation: number;
  stands: boolean;
  current: Pending | undefined;
}

export function createConnections(place: ConnectionPlace): Connections {
  const idle: Connection[] = [];
  const waiting: Pending[] = [];
  let open = 0;
  let generation = 0;

  function connect(): Connection {
    const socket = dial(place);
    const connection: Connection = { socket, generation, stands: false, current: undefined };
    open += 1;
    socket.setNoDelay(true);
    socket.once(place.secure ? 'secureConnect' : 'connect', () => {
      connection.stands = true;
      socket.setKeepAlive(true, aliveProbeAfterMs);
      connection.current?.exchange.onSent();
    });
    let failure: Error | undefined;
    socket.on('error', (error) => (failure = error));
    socket.on('data', (bytes: Buffer) => onBytes(connection, bytes));
    socket.on('close', () => {
      open -= 1;
      forget(connection);
      connection.current?.reader.close();
      if (!settle(connection)) fail(connection, 'lost', failure ?? new Error('the connection was closed'));
      next();
    });
    // The other end has said its last word.
    socket.on('end', () => socket.destroy());
    return connection;
  }

  function forget(connection: Connection): void {
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
  }

  function onBytes(connection: Connection, bytes: Buffer): void {
    const { current } = connection;
    // Nobody has asked: such a connection is not to be trusted.
    if (!current) return void connection.socket.destroy();
    try {
      current.reader.read(bytes);
    } catch (error) {
      connection.current = undefined;
      connection.socket.destroy();
      return current.exchange.onFailure(
        'unreadable',
        error instanceof Error ? error : new Error(String(error)),
      );
    }
    if (settle(connection)) release(connection, current.reader.leavesOpen());
  }

  /** Hands over an answer that is complete. */
  function settle(connection: Connection): boolean {
    const { current } = connection;
    if (!current?.reader.isComplete()) return false;
    connection.current = undefined;
    current.exchange.onAnswer(current.reader.status(), current.reader.body());
    return true;
  }

  function fail(connection: Connection, how: 'unreadable' | 'lost', error: Error): void {
    const { current } = connection;
    connection.current = undefined;
    current?.exchange.onFailure(how, error);
  }

  function release(connection: Connection, leavesOpen: boolean): void {
    const { socket } = connection;
    const isWanted = leavesOpen && connection.generation === generation && !socket.destroyed;
    const follower = isWanted ? waiting.shift() : undefined;
    if (follower) return begin(connection, follower);
    if (!isWanted || idle.length >= maxIdleConnections) return void socket.destroy();
    socket.unref();
    idle.push(connection);
  }

  function begin(connection: Connection, pending: Pending): void {
    connection.current = pending;
    pending.connection = connection;
    connection.socket.ref();
    if (connection.stands) pending.exchange.onSent();
    connection.socket.write(pending.exchange.text);
  }

  /** A connection has gone: whoever waits for one gets another. */
  function next(): void {
    const pending = open < maxConnections ? waiting.shift() : undefined;
    if (pending) begin(connect(), pending);
  }

  function giveUp(pending: Pending): void {
    const at = waiting.indexOf(pending);
    if (at >= 0) waiting.splice(at, 1);
    const { connection } = pending;
    if (connection?.current !== pending) return;
    connection.current = undefined;
    connection.socket.destroy();
  }

  return {
    exchange(exchange) {
      const reader = createAnswerReader(exchange.maxBytes);
      const pending: Pending = { exchange, reader, connection: undefined };
      const connection = idle.pop() ?? (open < maxConnections ? connect() : undefined);
      if (connection) begin(connection, pending);
      else if (waiting.length < maxWaiting) waiting.push(pending);
      else exchange.onFailure('lost', new Error(`${maxWaiting} requests wait already`));
      return () => giveUp(pending);
    },
    retire() {
      generation += 1;
      for (const connection of idle.splice(0)) connection.socket.destroy();
    },
  };
}

function dial({ host, port, secure }: ConnectionPlace): net.Socket {
  if (!secure) return net.connect({ host, port });
  // Only a name may be sent along, never an address (RFC 6066, 3).
  const name = net.isIP(host) === 0 ? { servername: host } : {};
  return tls.connect({ host, port, secureContext: secure, ALPNProtocols: ['http/1.1'], ...name });
}
