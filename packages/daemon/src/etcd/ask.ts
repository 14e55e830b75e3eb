import { monotonicNow } from './clock.ts';
import { createEnding, type Ending, type EndingReason } from './ending.ts';
import { EndpointError } from './errors.ts';

export interface AskOptions<E> {
  /** In the order in which they are asked; each at most once. */
  readonly endpoints: readonly E[];
  readonly timeoutMs: number;
  /**
   * `repeatable`: asking twice does no harm, so the next endpoint is asked as well when one has been silent
   * for a third of the time (or its share, when there are more than three), and after every error. `once`:
   * the next one is asked only if nothing has been sent to the one before.
   */
  readonly kind: 'repeatable' | 'once';
  readonly signal: AbortSignal | undefined;
}

export interface Attempt {
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly signal: Ending;
}

export type Asked<E, T> =
  | { readonly kind: 'answered'; readonly value: T; readonly endpoint: E }
  | { readonly kind: 'failed'; readonly errors: readonly EndpointError[] };

/**
 * Asks one endpoint after the other until one answers, within one deadline for all. An {@link EndpointError}
 * means "ask the next"; any other error is an answer and is thrown. Attempts that are still under way then
 * are given up.
 */
export function askInTurn<E, T>(
  options: AskOptions<E>,
  ask: (endpoint: E, attempt: Attempt) => Promise<T>,
): Promise<Asked<E, T>> {
  const { endpoints, timeoutMs, kind, signal } = options;
  const startedAt = monotonicNow();
  const patienceMs = timeoutMs / Math.max(3, endpoints.length);
  return new Promise((resolve, reject) => {
    const rest = createEnding();
    const errors: EndpointError[] = [];
    let next = 0;
    let underWay = 0;
    let hedge: NodeJS.Timeout | undefined;

    const finish = (settle: () => void, reason: EndingReason = 'superseded'): void => {
      clearTimeout(hedge);
      signal?.removeEventListener('abort', onAbort);
      settle();
      rest.abort(reason);
    };
    const onAbort = (): void => finish(() => resolve({ kind: 'failed', errors }), 'aborted');

    const askNext = (): void => {
      clearTimeout(hedge);
      const endpoint = endpoints[next];
      const remainingMs = timeoutMs - (monotonicNow() - startedAt);
      if (endpoint === undefined || remainingMs <= 0) {
        if (underWay === 0) finish(() => resolve({ kind: 'failed', errors }));
        return;
      }
      next += 1;
      underWay += 1;
      const isLast = next === endpoints.length;
      const attempt: Attempt = {
        timeoutMs: remainingMs,
        connectTimeoutMs: kind === 'once' && !isLast ? Math.min(patienceMs, remainingMs) : remainingMs,
        signal: rest,
      };
      if (kind === 'repeatable' && !isLast) hedge = setTimeout(askNext, patienceMs);
      ask(endpoint, attempt).then(
        (value) => finish(() => resolve({ kind: 'answered', value, endpoint })),
        (error: unknown) => {
          underWay -= 1;
          if (!(error instanceof EndpointError)) return finish(() => reject(error));
          errors.push(error);
          // The next one would pass it on to a leader that drops it too, and without a word.
          const isOver = error.sent || error.trouble === 'dropped';
          if (kind === 'once' && isOver) return finish(() => resolve({ kind: 'failed', errors }));
          askNext();
        },
      );
    };

    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);
    askNext();
  });
}
