import { setTimeout as delay } from 'node:timers/promises';
import type { HostClock } from '@holdfast/kits/host';

/** `process.hrtime` is CLOCK_MONOTONIC on Linux: the same instant for every process of this server. */
export function createLinuxClock(): HostClock {
  return {
    now: () => Number(process.hrtime.bigint()) / 1e6,
    wallTime: () => new Date().toISOString(),
    wait: async (ms, signal) => {
      signal?.throwIfAborted();
      try {
        await delay(ms, undefined, signal === undefined ? {} : { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
  };
}
