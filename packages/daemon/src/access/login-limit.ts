import { createError } from '@holdfast/contract';

/** Failed attempts that cost nothing but the hash; from then on the wait doubles with each (S-02). */
const freeAttempts = 5;
const firstWaitMs = 1_000;
const longestWaitMs = 900_000;
/** Names and addresses remembered; the oldest are forgotten when there are more. */
const mostRemembered = 10_000;

interface Attempts {
  failed: number;
  blockedUntil: number;
}

export interface LoginLimit {
  /** Throws HF-AUTH-004 while this account, or this address, has to wait. Counts the attempt as failed until it succeeds. */
  begin(attempt: { readonly account: string; readonly address: string }): void;
  succeed(attempt: { readonly account: string; readonly address: string }): void;
}

/**
 * Slows guessing down, for each account and for each address. An attempt counts when it begins, so that many at once
 * are no way around it. `now` is monotonic, in milliseconds.
 */
export function createLoginLimit(now: () => number): LoginLimit {
  const known = new Map<string, Attempts>();

  function begin({ account, address }: Parameters<LoginLimit['begin']>[0]): void {
    const both = [`account ${account}`, `address ${address}`];
    const waitMs = Math.max(...both.map((name) => (known.get(name)?.blockedUntil ?? 0) - now()));
    if (waitMs > 0) throw createError('HF-AUTH-004', { waitMs: Math.ceil(waitMs) });
    for (const name of both) count(name);
  }

  function count(name: string): void {
    const attempts = known.get(name) ?? { failed: 0, blockedUntil: 0 };
    known.delete(name);
    attempts.failed += 1;
    const over = attempts.failed - freeAttempts;
    if (over >= 0) attempts.blockedUntil = now() + Math.min(firstWaitMs * 2 ** over, longestWaitMs);
    known.set(name, attempts);
    const [oldest] = known.keys();
    if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest);
  }

  return {
    begin,
    succeed: ({ account, address }) => {
      known.delete(`account ${account}`);
      known.delete(`address ${address}`);
    },
  };
}
