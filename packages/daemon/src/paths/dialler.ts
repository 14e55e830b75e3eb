import type { ClientHttp2Session } from 'node:http2';

/** Makes the connection of a path again and again, for as long as the path is kept. */
export interface Dialler {
  /** Dials after a pause, which grows with every attempt in a row. One attempt at a time. */
  dialLater(): void;
  /** The connection has proved good: the next pause is short again. */
  settle(): void;
  /** Why the last attempt failed; `undefined` after a success. */
  lastError(): string | undefined;
  close(): void;
}

const shortestPauseMs = 50;

/** Dials at once. `onConnection` gets each connection; whoever loses it calls `dialLater`. */
export function createDialler(options: {
  readonly dial: (signal: AbortSignal) => Promise<ClientHttp2Session>;
  readonly onConnection: (session: ClientHttp2Session) => void;
  readonly longestPauseMs: () => number;
}): Dialler {
  const closed = new AbortController();
  let pauseMs = shortestPauseMs;
  let timer: NodeJS.Timeout | undefined;
  let lastError: string | undefined;

  async function dialNow(): Promise<void> {
    try {
      const session = await options.dial(closed.signal);
      lastError = undefined;
      if (closed.signal.aborted) session.destroy();
      else options.onConnection(session);
    } catch (error) {
      lastError = error instanceof Error ? error.message : String(error);
      dialLater();
    }
  }

  function dialLater(): void {
    if (closed.signal.aborted || timer) return;
    timer = setTimeout(() => {
      timer = undefined;
      void dialNow();
    }, pauseMs);
    pauseMs = Math.min(pauseMs * 2, Math.max(shortestPauseMs, options.longestPauseMs()));
  }

  void dialNow();
  return {
    dialLater,
    settle: () => (pauseMs = shortestPauseMs),
    lastError: () => lastError,
    close() {
      closed.abort();
      clearTimeout(timer);
    },
  };
}
