import type { Clock } from './ports.ts';

export interface ManualClock extends Clock {
  /** Lets time pass, callbacks in their order, and what promises do in between. */
  pass(ms: number): Promise<void>;
}

/** A clock that stands still until it is told. */
export function createManualClock(): ManualClock {
  const waiting = new Set<{ readonly at: number; readonly callback: () => void }>();
  let now = 1_000;

  async function pass(ms: number): Promise<void> {
    const until = now + ms;
    await settle();
    for (;;) {
      const next = [...waiting].sort((a, b) => a.at - b.at)[0];
      if (!next || next.at > until) break;
      waiting.delete(next);
      now = Math.max(now, next.at);
      next.callback();
      await settle();
    }
    now = until;
  }

  return {
    now: () => now,
    wallTime: () => '2026-01-01T00:00:00.000Z',
    wakeAt(at, callback) {
      const one = { at, callback };
      waiting.add(one);
      return () => waiting.delete(one);
    },
    pass,
  };
}

/** All promise jobs that are due are done when a macrotask comes. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
