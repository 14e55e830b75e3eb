import { closeSync, openSync, readSync } from 'node:fs';
import { monotonicNow } from '../etcd/clock.ts';

/** Below this, a difference of the two clocks is how coarsely /proc/uptime counts, not sleep. */
const sleepThresholdMs = 200;
const readings = 3;

/**
 * Tells how long the host has slept. CLOCK_MONOTONIC stands still in a suspend, CLOCK_BOOTTIME goes on
 * (clock_gettime(2)); /proc/uptime shows the latter, in hundredths of a second.
 */
export interface SleepClock {
  /** Total sleep since boot, up to a constant. Only differences mean something. */
  read(): number;
  close(): void;
}

export function createSleepClock(path = '/proc/uptime'): SleepClock {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(64);
  let last = 0;

  function readOnce(): { readonly sleptMs: number; readonly tookMs: number } {
    const before = monotonicNow();
    const length = readSync(file, buffer, 0, buffer.length, 0);
    const uptimeMs = Number.parseFloat(buffer.toString('latin1', 0, length)) * 1000;
    const tookMs = monotonicNow() - before;
    return { sleptMs: uptimeMs - before, tookMs };
  }

  return {
    read() {
      // A process that is stopped between the two clocks would take that for sleep: such a reading is repeated.
      for (let attempt = 0; attempt < readings; attempt += 1) {
        const { sleptMs, tookMs } = readOnce();
        if (Number.isFinite(sleptMs)) last = sleptMs;
        if (tookMs < sleepThresholdMs / 4) break;
      }
      return last;
    },
    close: () => closeSync(file),
  };
}

/** Sleep between two readings; small differences are noise. */
export function sleptBetween(earlierMs: number, laterMs: number): number {
  const sleptMs = laterMs - earlierMs;
  return sleptMs > sleepThresholdMs ? sleptMs : 0;
}

/** Waits, at least 1 ms. */
export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(1, ms)));
}

export { monotonicNow };
