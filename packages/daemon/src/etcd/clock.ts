import type { InstantMs } from '@holdfast/core';

/**
 * Now on CLOCK_MONOTONIC, in milliseconds with three decimals: the same scale in every process of this
 * server.
 */
export function monotonicNow(): InstantMs {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
