import { Socket } from 'node:net';
import pg from 'pg';

export interface WriterTarget {
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/**
 * `failed`: refused before any commit. `unknown`: sent, and no clear answer came; the connection is closed
 * then.
 */
export type InsertResult =
  | { readonly outcome: 'committed'; readonly postmaster: string }
  | { readonly outcome: 'failed' | 'unknown'; readonly why: string };

export interface WriterConnection {
  /** Writes one row in a transaction of its own, with a deadline. Never rejects. */
  insert(client: string, id: number): Promise<InsertResult>;
  /** The rows of a client that are in the table. */
  ids(client: string): Promise<readonly number[]>;
  isOpen(): boolean;
  close(): void;
}

const connectTimeoutMs = 150;
const statementTimeoutMs = 1_000;
const readTimeoutMs = 30_000;
/** A new attempt is begun this long after the one before, while that may still be waiting. */
const attemptEveryMs = 15;
const attemptsAtOnce = 8;

interface Line {
  readonly client: pg.Client;
  readonly socket: Socket;
}

/**
 * Connects as soon as it is possible at all. An attempt that meets a silent address waits for its whole
 * deadline, so several are under way, each begun a little later than the last; the first that is through ends
 * the others. Resolves with `undefined` when the signal aborts.
 */
export function connectWriter(
  target: WriterTarget,
  signal: AbortSignal,
): Promise<WriterConnection | undefined> {
  const attempts = new Set<Line>();
  return new Promise((resolve) => {
    let over = false;
    const finish = (winner: Line | undefined): void => {
      over = true;
      clearInterval(timer);
      signal.removeEventListener('abort', abort);
      for (const line of attempts) line.socket.destroy();
      resolve(winner && wrap(winner));
    };
    const abort = (): void => {
      finish(undefined);
    };
    const attempt = (): void => {
      if (over || attempts.size >= attemptsAtOnce) return;
      const line = openLine(target);
      attempts.add(line);
      line.client.connect().then(
        () => {
          attempts.delete(line);
          if (over) line.socket.destroy();
          else finish(line);
        },
        () => {
          attempts.delete(line);
          line.socket.destroy();
        },
      );
    };
    const timer = setInterval(attempt, attemptEveryMs);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    else attempt();
  });
}

/** The socket is made here, so that it can be destroyed without a farewell that waits for an answer. */
function openLine(target: WriterTarget): Line {
  const socket = new Socket();
  const client = new pg.Client({
    host: target.address,
    port: target.port,
    user: target.user,
    database: target.database,
    connectionTimeoutMillis: connectTimeoutMs,
    stream: () => socket,
  });
  client.on('error', () => undefined);
  return { client, socket };
}

function wrap({ client, socket }: Line): WriterConnection {
  let open = true;
  const close = (): void => {
    open = false;
    socket.destroy();
  };
  client.on('error', close);
  client.on('end', close);
  return {
    isOpen: () => open,
    close,
    insert: async (name, id) => {
      const query = {
        name: 'insert',
        text: 'insert into holdfast_lab_writes (client, id) values ($1, $2) returning postmaster::text',
        values: [name, String(id)],
        query_timeout: statementTimeoutMs,
      };
      try {
        const result = await client.query<{ postmaster: string }>(query);
        return { outcome: 'committed', postmaster: result.rows[0]?.postmaster ?? '' };
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        // An ERROR ends the transaction without a commit; after a FATAL or a silence nobody can say.
        if (error instanceof pg.DatabaseError && error.severity === 'ERROR')
          return { outcome: 'failed', why };
        close();
        return { outcome: 'unknown', why };
      }
    },
    ids: async (name) => {
      const query = {
        text: 'select id from holdfast_lab_writes where client = $1',
        values: [name],
        query_timeout: readTimeoutMs,
      };
      const result = await client.query<{ id: string }>(query);
      return result.rows.map(({ id }) => Number(id));
    },
  };
}
