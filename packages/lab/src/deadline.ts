import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds on CLOCK_MONOTONIC: the same clock as the events of every server of this machine. */
export function instantMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly everyMs?: number;
  /** What is waited for, in words: the error names it. */
  readonly what: string;
  /** The state to show when the deadline passes. */
  readonly describe?: () => string | Promise<string>;
}

/** The condition did not come true in time; the message carries the state found then. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * Waits until `condition` answers something other than `undefined` or `false`, and returns that.
 * Rejects with {@link DeadlineError} after `timeoutMs`.
 */
export async function waitFor<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const end = instantMs() + options.timeoutMs;
  for (;;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (instantMs() >= end) {
      const state = (await options.describe?.()) ?? 'no state';
      throw new DeadlineError(`${options.what}: not within ${String(options.timeoutMs)} ms; ${state}`);
    }
    await sleep(options.everyMs ?? 10);
  }
}
