import type { Tunables } from '@holdfast/core';
import { connectRetries, postgresqlTunables, startRetries, stopRetries } from './tunables.ts';

/** How long the steps of starting and stopping may take, in milliseconds. Nothing waits longer than it needs. */
export interface Limits {
  /** A start in which nothing moves for this long has failed; one that moves may take any time (K-15). */
  readonly startStandstillMs: number;
  /** How long a postmaster that says it is ready may refuse connections. */
  readonly connectMs: number;
  /** How long the service manager may take to bring a process up. */
  readonly serviceMs: number;
  readonly checkpointMs: number;
  readonly fastStopMs: number;
  /** The same for a server that answers no question. */
  readonly hungStopMs: number;
  /** How long a postmaster may linger whose control file says "shut down": an archiver or a sender keeps it. */
  readonly lingerMs: number;
  readonly immediateStopMs: number;
  readonly killMs: number;
}

const stepMs = 5_000;

/**
 * Limits from the tunables; a value that is smaller than its minimum, or no number, counts as the minimum (K-18).
 * PostgreSQL itself kills its children 5 s after an immediate shutdown was asked for, so that step gets a little more.
 */
export function limitsOf(tunables: Tunables = {}): Limits {
  const waitMs = (name: string): number => {
    const minimum = postgresqlTunables.find((one) => one.name === name)?.minimum ?? 1;
    const value = tunables[name];
    return (value !== undefined && value > minimum ? value : minimum) * stepMs;
  };
  return {
    startStandstillMs: waitMs(startRetries),
    connectMs: waitMs(connectRetries),
    serviceMs: 10_000,
    checkpointMs: 30_000,
    fastStopMs: waitMs(stopRetries),
    hungStopMs: 10_000,
    lingerMs: 500,
    immediateStopMs: 6_000,
    killMs: 5_000,
  };
}

/** The longest way down the ladder of a stop, with a second for each rung's own work. */
export function stopLimitMs(tunables: Tunables): number {
  const { checkpointMs, fastStopMs, immediateStopMs, killMs, serviceMs } = limitsOf(tunables);
  return checkpointMs + fastStopMs + immediateStopMs + killMs + serviceMs + 5_000;
}
