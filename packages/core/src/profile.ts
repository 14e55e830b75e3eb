import { allow, refuse, type Verdict } from './verdict.ts';

export type ProfileName = 'safe' | 'normal' | 'fast' | 'fastest' | 'test';

/**
 * All times that must fit together, chosen with one word (C-12). Milliseconds.
 *
 * The lease is counted from when its renewal was sent. From `leaseTtlMs - stopAllowanceMs` on, the guard stops
 * what runs under it; the allowance is what stopping may take. The watchdog is fed only while its own time ends
 * before the lease does, so that a frozen guard is reset in time (S3).
 */
export interface TimingProfile {
  readonly name: ProfileName;
  readonly leaseTtlMs: number;
  readonly renewEveryMs: number;
  /** Deadline of one call to etcd. */
  readonly callTimeoutMs: number;
  readonly stopAllowanceMs: number;
  readonly watchdogMs: number;
  /** The guard gives the server's resources up when the daemon has finished no loop round for this long. */
  readonly daemonAllowanceMs: number;
  /** For how long servers promise each other to take nothing while etcd has no majority (C-08). */
  readonly failsafeMs: number;
  /** What each less preferred server waits before it takes over. */
  readonly candidateDelayMs: number;
  readonly etcdHeartbeatMs: number;
  readonly etcdElectionMs: number;
}

/** A question that is lost, or a daemon that is restarted, must fit into it. */
const shortestFailsafeMs = 4_000;

/**
 * etcd raises a TTL below 1.5 election timeouts without a word, and counts in whole seconds
 * (etcd, server/etcdserver/server.go). An election takes one to two election timeouts, in which nothing is renewed.
 */
export const profiles: Readonly<Record<ProfileName, TimingProfile>> = {
  safe: profile('safe', 10_000, 2_500, 30_000, { heartbeatMs: 100, electionMs: 1000 }),
  normal: profile('normal', 5_000, 1_500, 20_000, { heartbeatMs: 100, electionMs: 1000 }),
  fast: profile('fast', 2_000, 500, 15_000, { heartbeatMs: 50, electionMs: 500 }),
  fastest: profile('fastest', 1_000, 250, 15_000, { heartbeatMs: 50, electionMs: 500 }),
  test: profile('test', 4_000, 1_000, 5_000, { heartbeatMs: 50, electionMs: 500 }),
};

function profile(
  name: ProfileName,
  leaseTtlMs: number,
  stopAllowanceMs: number,
  daemonAllowanceMs: number,
  etcd: { heartbeatMs: number; electionMs: number },
): TimingProfile {
  return {
    name,
    leaseTtlMs,
    renewEveryMs: leaseTtlMs / 5,
    callTimeoutMs: Math.min(2_000, leaseTtlMs / 4),
    stopAllowanceMs,
    watchdogMs: (leaseTtlMs * 3) / 4,
    daemonAllowanceMs,
    failsafeMs: Math.max(leaseTtlMs, shortestFailsafeMs),
    candidateDelayMs: Math.max(500, leaseTtlMs / 4),
    etcdHeartbeatMs: etcd.heartbeatMs,
    etcdElectionMs: etcd.electionMs,
  };
}

/** Checks that the times of a profile nest as S2 and S3 need it. */
export function judgeProfile(p: TimingProfile): Verdict {
  if (p.renewEveryMs + p.callTimeoutMs > p.leaseTtlMs - p.stopAllowanceMs)
    return refuse('renewal-does-not-fit', { renewEveryMs: p.renewEveryMs, callTimeoutMs: p.callTimeoutMs });
  if (p.watchdogMs > p.leaseTtlMs - p.renewEveryMs)
    return refuse('watchdog-outlives-lease', { watchdogMs: p.watchdogMs, leaseTtlMs: p.leaseTtlMs });
  if (p.leaseTtlMs < Math.ceil((1.5 * p.etcdElectionMs) / 1000) * 1000)
    return refuse('etcd-would-raise-ttl', { leaseTtlMs: p.leaseTtlMs, etcdElectionMs: p.etcdElectionMs });
  // Promises are asked for as often as the lease is renewed, and must leave what the lease leaves.
  const promisedMs = p.failsafeMs * 0.98 - p.renewEveryMs;
  if (promisedMs < p.watchdogMs || promisedMs < p.callTimeoutMs + p.stopAllowanceMs)
    return refuse('failsafe-does-not-fit', { failsafeMs: p.failsafeMs });
  return allow();
}

/** What a server may have promised that does not know any more what it has promised. */
export const longestFailsafeMs = Math.max(...Object.values(profiles).map(({ failsafeMs }) => failsafeMs));
