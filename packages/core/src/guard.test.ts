import { expect, test } from 'vitest';
import {
  abandonedLease,
  decideGuard,
  grantedLease,
  judgePromised,
  renewedLease,
  revokedLease,
  type GuardLease,
  type GuardView,
} from './guard.ts';
import { profiles } from './profile.ts';
import { because } from './verdict.ts';

/** Round times that the instants below are written for. */
const profile = {
  ...profiles.test,
  leaseTtlMs: 3_000,
  renewEveryMs: 600,
  callTimeoutMs: 750,
  stopAllowanceMs: 800,
  watchdogMs: 1_800,
};
const facts = { lease: '7', incarnation: 'a', sentAt: 1_000, ttlMs: 3_000 };
const held = grantedLease(facts);
const idle = { lastSentAt: undefined, lastFailed: false, inFlight: 0 };
const gone: GuardLease = renewedLease(held, { lease: '7', sentAt: 1_500, ttlMs: 0 });

function view(changes: Partial<GuardView> = {}): GuardView {
  return {
    now: 1_100,
    profile,
    profileChanged: false,
    lease: held,
    suspendedMs: 0,
    daemonAliveAt: 1_000,
    releasing: false,
    activity: 'active',
    calls: { lastSentAt: 1_000, lastFailed: false, inFlight: 0 },
    watchdog: undefined,
    ...changes,
  };
}

test('S2 a good lease is renewed every fifth of its time', () => {
  expect(decideGuard(view({ now: 1_599 }))).toMatchObject({ call: undefined, wakeAt: 1_600, stop: false });
  expect(decideGuard(view({ now: 1_600 })).call).toBe('renew');
});

test('S2 a failed renewal is tried again sooner, and one that hangs is overtaken, up to three', () => {
  const failed = { lastSentAt: 1_600, lastFailed: true, inFlight: 0 };
  expect(decideGuard(view({ now: 1_750, calls: failed })).call).toBe('renew');
  const hanging = { lastSentAt: 1_600, lastFailed: false, inFlight: 1 };
  expect(decideGuard(view({ now: 2_199, calls: hanging })).call).toBe(undefined);
  expect(decideGuard(view({ now: 2_200, calls: hanging })).call).toBe('renew');
  expect(decideGuard(view({ now: 2_200, calls: { ...hanging, inFlight: 3 } })).call).toBe(undefined);
});

test('S3 a lease that is not renewed ends with its stop allowance left, and stops everything', () => {
  expect(decideGuard(view({ now: 3_199 })).stop).toBe(false);
  expect(decideGuard(view({ now: 3_200 }))).toMatchObject({
    stop: true,
    lease: { state: 'ending', why: { code: 'lease-not-renewed' } },
  });
});

test('S3 sleep of the host counts as time that has passed', () => {
  expect(decideGuard(view({ now: 1_500, suspendedMs: 1_700 })).stop).toBe(true);
});

test('S3 a lease that etcd reports gone stops everything at once and starves the watchdog', () => {
  const watchdog = { timeoutMs: 1_800, lastFedAt: undefined };
  const decision = decideGuard(view({ now: 1_100, lease: gone, watchdog }));
  expect(decision).toMatchObject({ stop: true, feed: false, call: undefined });
  expect(decideGuard(view({ lease: gone, activity: 'none', calls: idle })).call).toBe('grant');
});

test('C-06 a daemon without a round for its allowance is given up: stop first, then revoke', () => {
  const now = 1_000 + profile.daemonAllowanceMs;
  const lease = { ...held, sentAt: now - 100 };
  const decision = decideGuard(view({ now, lease }));
  expect(decision).toMatchObject({ stop: true, lease: { why: { code: 'daemon-silent' } } });
  const stopped = decideGuard(view({ now, lease: decision.lease, activity: 'none', calls: idle }));
  expect(stopped).toMatchObject({ stop: false, call: 'revoke' });
  const revoked = revokedLease(stopped.lease, true);
  const waiting = decideGuard(view({ now, lease: revoked, activity: 'none', calls: idle }));
  expect(waiting).toMatchObject({ call: undefined, reason: { code: 'waiting-for-daemon' } });
  expect(decideGuard(view({ now, lease: revoked, activity: 'none', daemonAliveAt: now })).call).toBe('grant');
});

test('R-06 what cannot be stopped keeps the lease up, and the watchdog is not fed', () => {
  const ending = decideGuard(view({ now: 3_200 })).lease;
  const late = renewedLease(ending, { lease: '7', sentAt: 3_250, ttlMs: 3_000 });
  const watchdog = { timeoutMs: 1_800, lastFedAt: undefined };
  const decision = decideGuard(view({ now: 3_300, lease: late, activity: 'stuck', watchdog, calls: idle }));
  expect(decision).toMatchObject({ stop: true, call: 'renew', feed: false, lease: { state: 'ending' } });
});

test('C-06 the watchdog is fed at its tenth, at the latest when its time ends with the lease', () => {
  const fed = (now: number): boolean =>
    decideGuard(view({ now, watchdog: { timeoutMs: 1_800, lastFedAt: now - 180 } })).feed;
  expect(fed(2_200)).toBe(true);
  expect(fed(2_201)).toBe(false);
  expect(decideGuard(view({ now: 2_000, watchdog: { timeoutMs: 1_800, lastFedAt: 1_900 } })).feed).toBe(
    false,
  );
});

test('S3 the watchdog of an idle server does not outlive the lease either: something may start under it at once', () => {
  const watchdog = { timeoutMs: 1_800, lastFedAt: undefined };
  const fed = (now: number): boolean => decideGuard(view({ now, activity: 'none', watchdog })).feed;
  expect(fed(2_200)).toBe(true);
  expect(fed(2_201)).toBe(false);
  expect(fed(3_200)).toBe(true);
});

test('S3 while a lease is being asked for, the watchdog is fed only as far as that lease would reach', () => {
  const watchdog = { timeoutMs: 2_250, lastFedAt: undefined };
  const none: GuardLease = { state: 'none' };
  const asking = { lastSentAt: 1_000, lastFailed: false, inFlight: 1 };
  const fed = (now: number, calls: GuardView['calls']): boolean =>
    decideGuard(view({ now, lease: none, activity: 'none', watchdog, calls })).feed;
  const reaches = 1_000 + profile.leaseTtlMs - 2_250;
  expect(fed(reaches, asking)).toBe(true);
  expect(fed(reaches + 1, asking)).toBe(false);
  expect(fed(reaches + 1, { ...asking, inFlight: 0 })).toBe(true);
});

test('S1 something active without a lease is stopped before one is granted', () => {
  const none: GuardLease = { state: 'none' };
  expect(decideGuard(view({ lease: none, calls: idle }))).toMatchObject({ stop: true, call: undefined });
  expect(decideGuard(view({ lease: none, calls: idle, activity: 'none' })).call).toBe('grant');
});

test('S1 a lease of another boot stops what its plans name and is revoked', () => {
  const lease = abandonedLease({ lease: '7', incarnation: 'a', ttlMs: 3_000 }, because('other-boot'));
  expect(decideGuard(view({ lease, calls: idle })).stop).toBe(true);
  expect(decideGuard(view({ lease, calls: idle, activity: 'none' })).call).toBe('revoke');
  const unanswered = [1, 2, 3].reduce<GuardLease>((kept) => revokedLease(kept, false), lease);
  expect(decideGuard(view({ lease: unanswered, calls: idle, activity: 'none' })).call).toBe('grant');
});

test('C-07 an orderly end stops what is left, gives the lease back, and finishes', () => {
  const asked = decideGuard(view({ releasing: true }));
  expect(asked).toMatchObject({ stop: true, lease: { state: 'ending' }, finished: false });
  const stopped = decideGuard(view({ releasing: true, lease: asked.lease, activity: 'none', calls: idle }));
  expect(stopped.call).toBe('revoke');
  const lease = revokedLease(stopped.lease, true);
  expect(decideGuard(view({ releasing: true, lease, activity: 'none' })).finished).toBe(true);
});

test('C-12 another profile waits until nothing is active, and comes with a new lease', () => {
  expect(decideGuard(view({ profileChanged: true })).lease.state).toBe('held');
  expect(decideGuard(view({ profileChanged: true, activity: 'none', calls: idle })).call).toBe('revoke');
});

const promised = { lease: '7', sentAt: 2_000, forMs: 4_000, suspendedMs: 0 };
/** 4 s, less the share for clocks that count differently. */
const promisesEnd = 2_000 + 3_920;

test('C-08 S3 what all others have promised holds a lease that is not renewed, counted from when they were asked', () => {
  const until = promisesEnd - profile.stopAllowanceMs;
  expect(decideGuard(view({ now: 4_000, promised }))).toMatchObject({
    stop: false,
    lease: { state: 'held' },
    reason: { code: 'held-by-promises' },
  });
  expect(decideGuard(view({ now: until - 1, promised })).stop).toBe(false);
  expect(decideGuard(view({ now: until, promised }))).toMatchObject({
    stop: true,
    lease: { state: 'ending' },
  });
});

test('C-08 S3 promises never hold longer than was agreed on, nor through sleep, nor for a silent daemon', () => {
  const late = promisesEnd - profile.stopAllowanceMs;
  expect(decideGuard(view({ now: late, promised: { ...promised, forMs: 60_000 } })).stop).toBe(true);
  expect(decideGuard(view({ now: 4_000, promised: { ...promised, suspendedMs: 2_000 } })).stop).toBe(true);
  expect(decideGuard(view({ now: 4_000, promised: { ...promised, sentAt: 4_001 } })).stop).toBe(true);
  const silent = { now: 4_000, promised, daemonAliveAt: 4_000 - profile.daemonAllowanceMs };
  expect(decideGuard(view(silent)).stop).toBe(true);
});

test('C-08 S4 promises for another lease hold nothing, and none are taken for one that is ending', () => {
  expect(decideGuard(view({ now: 4_000, promised: { ...promised, lease: '8' } })).stop).toBe(true);
  const ending = decideGuard(view({ now: 3_200 })).lease;
  expect(judgePromised(ending, promised, 3_200)).toMatchObject({ reason: { code: 'lease-changed' } });
  expect(decideGuard(view({ now: 3_300, lease: ending, promised })).lease.state).toBe('ending');
  expect(judgePromised(held, promised, 3_000)).toEqual({ allowed: true });
  expect(judgePromised(held, promised, 1_999)).toMatchObject({ reason: { code: 'promised-in-future' } });
});

test('C-08 S3 the watchdog is fed only while its time ends before the promises do', () => {
  const watchdog = { timeoutMs: profile.watchdogMs, lastFedAt: undefined };
  const last = promisesEnd - profile.watchdogMs;
  expect(decideGuard(view({ now: 2_300, watchdog })).feed).toBe(false);
  expect(decideGuard(view({ now: last, promised, watchdog })).feed).toBe(true);
  expect(decideGuard(view({ now: last + 1, promised, watchdog })).feed).toBe(false);
});
