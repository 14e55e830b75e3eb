import { classifyAnswer } from './answer.ts';
import { openSession, type Login, type Session } from './session.ts';

/** A login together with the data directory it belongs to. */
export interface ClusterLogin extends Login {
  readonly directory: string;
}

/** One kept session for each database cluster: checks are cheap, and work when all connection slots are taken. */
export interface ConnectionKeeper {
  /** Rows of one statement, over the kept session or a new one. Rejects like `openSession` and `Session.ask`. */
  ask(
    login: ClusterLogin,
    statement: string,
    timeoutMs: number,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Calls back when a kept session ends from the other side: most often the first sign of a dead server. */
  onLost(directory: string, callback: () => void): () => void;
  drop(directory: string): void;
  close(): void;
}

interface KeptSession {
  readonly key: string;
  readonly session: Session;
}

export function createConnectionKeeper(): ConnectionKeeper {
  const kept = new Map<string, KeptSession>();
  const opening = new Map<string, { readonly key: string; readonly session: Promise<Session> }>();
  const listeners = new Map<string, Set<() => void>>();

  const drop = (directory: string): void => {
    kept.get(directory)?.session.close();
    kept.delete(directory);
  };

  const open = async (login: ClusterLogin, timeoutMs: number): Promise<Session> => {
    const session = await openSession(login, {
      timeoutMs,
      onEnd: () => {
        if (kept.get(login.directory)?.session === session) kept.delete(login.directory);
        for (const listener of listeners.get(login.directory) ?? []) listener();
      },
    });
    drop(login.directory);
    kept.set(login.directory, { key: keyOf(login), session });
    return session;
  };

  // Two that ask at once share the new session: neither may take the other's away.
  const openOnce = (login: ClusterLogin, timeoutMs: number): Promise<Session> => {
    const under = opening.get(login.directory);
    if (under?.key === keyOf(login)) return under.session;
    const session = open(login, timeoutMs).finally(() => {
      if (opening.get(login.directory)?.session === session) opening.delete(login.directory);
    });
    opening.set(login.directory, { key: keyOf(login), session });
    return session;
  };

  const ask: ConnectionKeeper['ask'] = async (login, statement, timeoutMs) => {
    const startedAt = performance.now();
    const leftMs = (): number => timeoutMs - (performance.now() - startedAt);
    const found = kept.get(login.directory);
    if (found && found.key === keyOf(login) && found.session.isOpen()) {
      try {
        return await found.session.ask(statement, timeoutMs);
      } catch (error) {
        // The session alone may have been ended, by an administrator, a time limit, another backend's crash: what
        // counts is what a new one is told.
        if (classifyAnswer(error).kind !== 'no-answer' || leftMs() <= 0) throw error;
        drop(login.directory);
      }
    }
    const session = await openOnce(login, leftMs());
    return session.ask(statement, leftMs());
  };

  return {
    ask,
    drop,
    onLost: (directory, callback) => {
      const own = listeners.get(directory) ?? new Set();
      listeners.set(directory, own.add(callback));
      return () => {
        own.delete(callback);
        if (own.size === 0) listeners.delete(directory);
      };
    },
    close: () => {
      for (const directory of [...kept.keys()]) drop(directory);
    },
  };
}

function keyOf(login: Login): string {
  return JSON.stringify([login.door.host, login.door.port, login.user, login.database]);
}
