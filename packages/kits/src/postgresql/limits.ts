/** Tunables of the administrator's guide (K-18): retries in steps of 5 s. */
export interface Tunables {
  /** LKPGSQL_START_RETRIES */
  readonly startRetries: number;
  /** LKPGSQL_STOP_RETRIES */
  readonly stopRetries: number;
  /** LKPGSQL_RESTORE_CONNECT_RETRIES */
  readonly connectRetries: number;
}

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
const minimum: Tunables = { startRetries: 12, stopRetries: 12, connectRetries: 2 };

/**
 * Limits from the tunables; a value that is smaller than its minimum, or no number, counts as the minimum (K-18).
 * PostgreSQL itself kills its children 5 s after an immediate shutdown was asked for, so that step gets a little more.
 */
export function limitsOf(tunables: Partial<Tunables> = {}): Limits {
  const retries = (name: keyof Tunables): number => {
    const value = tunables[name];
    return value !== undefined && Number.isFinite(value) ? Math.max(minimum[name], value) : minimum[name];
  };
  return {
    startStandstillMs: retries('startRetries') * stepMs,
    connectMs: retries('connectRetries') * stepMs,
    serviceMs: 10_000,
    checkpointMs: 30_000,
    fastStopMs: retries('stopRetries') * stepMs,
    hungStopMs: 10_000,
    lingerMs: 500,
    immediateStopMs: 6_000,
    killMs: 5_000,
  };
}
