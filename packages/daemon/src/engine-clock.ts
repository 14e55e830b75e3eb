import type { Clock } from '@holdfast/engine/ports';

/** The engine's clock on this machine's. */
export function createEngineClock(clock: { now(): number; wallTime(): string }): Clock {
  return {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    wakeAt: (at: number, callback: () => void) => {
      const delay = at - clock.now();
      if (delay <= 0) {
        const immediate = setImmediate(callback);
        return () => clearImmediate(immediate);
      }
      const timer = setTimeout(callback, Math.min(Math.ceil(delay), 2 ** 31 - 1));
      return () => clearTimeout(timer);
    },
  };
}
