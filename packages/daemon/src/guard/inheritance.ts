import { abandonedLease, because, grantedLease, type GuardLease } from '@holdfast/core';
import { createPlans, type Killer, type Plans } from '@holdfast/engine/kill-plans';
import type { GuardRecord } from './record.ts';
import type { GuardConfig } from './config.ts';

/** What a guard begins with. */
export interface Beginning {
  readonly config: GuardConfig;
  readonly self: Pick<GuardRecord, 'guard' | 'bootId'>;
  /** What the guard before has left. */
  readonly inherited: GuardRecord | undefined;
  readonly killer: Killer;
}

/** The lease as the guard before has left it, seen with caution. */
export function inheritLease({ inherited, self, config }: Beginning): GuardLease {
  const lease = inherited?.lease;
  if (!inherited || !lease) return { state: 'none' };
  if (inherited.bootId !== self.bootId) return abandonedLease(lease, because('other-boot'));
  if (inherited.cluster !== config.cluster || inherited.server !== config.server)
    return abandonedLease(lease, because('other-cluster', { cluster: inherited.cluster }));
  if (lease.ending)
    return { ...lease, state: 'ending', why: because('was-ending'), gone: false, revokeFailures: 0 };
  return grantedLease(lease);
}

/** Its plans. Those of another boot are carried out again: what they name may have been started by other means. */
export function inheritPlans({ inherited, self, killer }: Beginning): Plans {
  const isSameBoot = inherited?.bootId === self.bootId;
  const plans = (inherited?.plans ?? []).map((plan) => ({ ...plan, stopped: isSameBoot && plan.stopped }));
  return createPlans(killer, plans);
}

/** The lease as it is left to the next guard. */
export function recordLease(kept: GuardLease, sleptMs: number): GuardRecord['lease'] {
  if (kept.state === 'none') return undefined;
  const { lease, incarnation, sentAt, ttlMs } = kept;
  return { lease, incarnation, sentAt, ttlMs, sleptMs, ending: kept.state === 'ending' };
}
