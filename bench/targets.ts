/** What is to be reached, as medians. */
export const targets = {
  /** Beyond the end of the lost server's lease and PostgreSQL's own crash start. */
  powerLossOverMs: 400,
  /** Beyond PostgreSQL's own fast stop and start. */
  switchoverOverMs: 400,
  /** Beyond PostgreSQL's own crash recovery. */
  crashOverMs: 600,
  /** Daemon and guard together. */
  residentMb: 150,
  cpuPercent: 3,
} as const;

/**
 * What others need on hosts of this kind, as medians of five runs each: whole hosts killed under a client that writes
 * every 10 ms, nearly idle database, versions of Debian 12. They are constants here: this benchmark does not run them.
 */
export const peers = [
  {
    name: 'Pacemaker with fencing, shared disk',
    settings: 'token 200 ms, the fastest that was stable',
    powerLossMs: 3_232,
    switchoverMs: 1_783,
    source: 'measured on hosts of this kind; the switchover with token 400 ms',
  },
  {
    name: 'Patroni, asynchronous streaming replication',
    settings: 'ttl 3, loop_wait 1, retry_timeout 2, the fastest that worked',
    powerLossMs: 4_851,
    switchoverMs: 1_326,
    source: 'measured on hosts of this kind',
  },
] as const;
