/**
 * Milliseconds on this server's monotonic clock (`CLOCK_MONOTONIC`, the same for every process of the server).
 * Two servers' instants are never compared (S9); deadlines and leases are only ever kept in this unit.
 */
export type InstantMs = number;

/** Wall-clock time, ISO 8601 in UTC. It is shown to people and never decides anything (S9). */
export type WallTime = string;
