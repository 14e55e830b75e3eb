import type { Checks, RecoveryPolicy } from './model.ts';

/** What a resource is checked by until somebody sets it otherwise. */
export const defaultChecks: Checks = {
  quickEveryMs: 1_000,
  deepEveryMs: 15_000,
  quickDeadlineMs: 1_000,
  deepDeadlineMs: 5_000,
  badQuick: 1,
  badDeep: 3,
};

/** How a hierarchy is repaired until somebody sets it otherwise: the third failure in half an hour moves it. */
export const defaultRecovery: RecoveryPolicy = {
  localRecovery: true,
  attempts: 2,
  windowMs: 1_800_000,
  restMs: 300_000,
  failovers: 6,
  failoverWindowMs: 3_600_000,
};
