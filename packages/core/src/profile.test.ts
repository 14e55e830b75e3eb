import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeProfile, profiles, type TimingProfile } from './profile.ts';

const all = Object.values(profiles);

function refusal(profile: TimingProfile): string | undefined {
  const verdict = judgeProfile(profile);
  return verdict.allowed ? undefined : verdict.reason.code;
}

test('C-12 the times of every profile fit together', () => {
  for (const profile of all) expect([profile.name, refusal(profile)]).toEqual([profile.name, undefined]);
});

test('S2 in every profile a renewal may fail once and be tried again before the lease stops being good', () => {
  for (const { leaseTtlMs, stopAllowanceMs, callTimeoutMs, renewEveryMs } of all)
    expect(renewEveryMs + callTimeoutMs + renewEveryMs / 4).toBeLessThan(leaseTtlMs - stopAllowanceMs);
});

test('S3 in every profile the guard has its allowance, and the watchdog ends before the lease', () => {
  for (const { leaseTtlMs, stopAllowanceMs, watchdogMs, renewEveryMs } of all) {
    expect(stopAllowanceMs).toBeGreaterThanOrEqual(250);
    expect(watchdogMs).toBeLessThanOrEqual(leaseTtlMs - renewEveryMs);
  }
});

test('C-10 in every profile a daemon has longer than a lease for its restart', () => {
  for (const { leaseTtlMs, daemonAllowanceMs } of all) expect(daemonAllowanceMs).toBeGreaterThan(leaseTtlMs);
});

test('S3 profiles whose times do not fit are refused, each with its reason', () => {
  const { safe } = profiles;
  expect(refusal({ ...safe, stopAllowanceMs: 9_000 })).toBe('renewal-does-not-fit');
  expect(refusal({ ...safe, watchdogMs: 9_000 })).toBe('watchdog-outlives-lease');
  expect(refusal({ ...safe, failsafeMs: 9_000 })).toBe('failsafe-does-not-fit');
  expect(refusal({ ...safe, etcdElectionMs: 8_000 })).toBe('etcd-would-raise-ttl');
});

test('S3 a profile that is allowed stays so with more time to stop in it, up to its limit, and never beyond', () => {
  fc.assert(
    fc.property(fc.constantFrom(...all), fc.integer({ min: 0, max: 12_000 }), (profile, stopAllowanceMs) => {
      const shorterMs = Math.min(profile.leaseTtlMs, profile.failsafeMs * 0.98);
      const limit = shorterMs - profile.renewEveryMs - profile.callTimeoutMs;
      expect(judgeProfile({ ...profile, stopAllowanceMs }).allowed).toBe(stopAllowanceMs <= limit);
    }),
  );
});
