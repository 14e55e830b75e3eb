import { Socket } from 'node:net';
import { Client } from 'pg';
import type { Files } from '../host.ts';
import { AnswerTimeoutError, PasswordMissingError } from './answer.ts';
import type { Door } from './door.ts';
import { readPasswordFile } from './password-file.ts';

/** A login of the administrator user, without a prompt: `trust` lines or the password file (K-22). */
export interface Login {
  readonly door: Door;
  readonly user: string;
  readonly database: string;
  readonly files: Files;
  readonly passwordFile: string;
}

/** One connection with deadlines of its own. */
export interface Session {
  isOpen(): boolean;
  /** Rows of one statement. Rejects after `timeoutMs`, and the session is then closed: its answer would come late. */
  ask(statement: string, timeoutMs: number): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): void;
}

export interface SessionOptions {
  readonly timeoutMs: number;
  /** Called once when the session has ended by other means than `close`. */
  readonly onEnd?: () => void;
  /** Called when the server wants a password. */
  readonly onPassword?: () => void;
}

/** A statement that the client does not wait for any more ends on the server too. */
const statementTimeoutMs = 60_000;

/** Opens a session. Rejects with the error of the server, of the network, or of `answer.ts`. */
export async function openSession(login: Login, options: SessionOptions): Promise<Session> {
  const socket = new Socket();
  let open = false;
  let closedByUs = false;
  const client = new Client({
    host: login.door.host,
    port: login.door.port,
    user: login.user,
    database: login.database,
    password: () => {
      options.onPassword?.();
      return demandPassword(login);
    },
    application_name: 'holdfast',
    statement_timeout: statementTimeoutMs,
    ssl: false,
    options: '',
    stream: () => socket,
  });
  const close = (): void => {
    closedByUs = true;
    open = false;
    socket.destroy();
  };
  client.on('error', () => socket.destroy());
  socket.on('close', () => {
    const wasOpen = open;
    open = false;
    if (wasOpen && !closedByUs) options.onEnd?.();
  });
  try {
    await within(client.connect(), options.timeoutMs, 'no session');
  } catch (error) {
    close();
    throw error;
  }
  open = true;
  // A kept session alone must not keep a program alive that has nothing else to do.
  socket.unref();
  return {
    isOpen: () => open,
    ask: async (statement, timeoutMs) => {
      try {
        const result = await within(client.query(statement), timeoutMs, 'no answer');
        return result.rows as readonly Readonly<Record<string, unknown>>[];
      } catch (error) {
        if (error instanceof AnswerTimeoutError) close();
        throw error;
      }
    },
    close: () => {
      if (open && !closedByUs) client.end().catch(() => undefined);
      closedByUs = true;
      open = false;
      socket.destroySoon();
    },
  };
}

async function within<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new AnswerTimeoutError(`${what} within ${Math.round(timeoutMs)} ms`)),
    Math.max(0, timeoutMs),
  );
  // What comes after the deadline is nobody's any more.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The password of the login, asked for only when the server wants one. */
async function demandPassword(login: Login): Promise<string> {
  const { host, port } = login.door;
  const names = host.startsWith('/') ? [host, 'localhost'] : [host];
  for (const name of names) {
    const target = { host: name, port, database: login.database, user: login.user };
    const found = await readPasswordFile(login.files, login.passwordFile, target);
    if (found.state !== 'usable')
      throw new PasswordMissingError(`the password file is ${found.state}: ${found.path}`);
    if (found.password !== undefined && found.password !== '') return found.password;
  }
  throw new PasswordMissingError(`the password file has no line for this login: ${login.passwordFile}`);
}
