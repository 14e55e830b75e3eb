import { expect, test } from 'vitest';
import fc from 'fast-check';
import {
  decideGuard,
  failsafeUntil,
  goodUntil,
  renewedLease,
  type GuardLease,
  type GuardView,
} from './guard.ts';
import { profiles } from './profile.ts';
import { because } from './verdict.ts';

const instant = fc.integer({ min: -500, max: 40_000 });

const facts = fc.record({
  lease: fc.constant('7'),
  incarnation: fc.constant('a'),
  sentAt: fc.integer({ min: 0, max: 20_000 }),
  ttlMs: fc.constantFrom(1_000, 2_000, 3_000, 5_000, 10_000, 12_000),
});

const lease: fc.Arbitrary<GuardLease> = fc.oneof(
  fc.constant<GuardLease>({ state: 'none' }),
  facts.map((f): GuardLease => ({ ...f, state: 'held' })),
  fc
    .record({ f: facts, gone: fc.boolean(), revokeFailures: fc.nat(4) })
    .map(({ f, gone, revokeFailures }): GuardLease => ({
      ...f,
      state: 'ending',
      why: because('x'),
      gone,
      revokeFailures,
    })),
);

const view: fc.Arbitrary<GuardView> = fc.record({
  now: instant,
  profile: fc.constantFrom(...Object.values(profiles)),
  profileChanged: fc.boolean(),
  lease,
  suspendedMs: fc.oneof(fc.constant(0), fc.nat(15_000)),
  promised: fc.option(
    fc.record({
      lease: fc.constantFrom('7', '7', '8'),
      sentAt: instant,
      forMs: fc.integer({ min: 1, max: 20_000 }),
      suspendedMs: fc.oneof(fc.constant(0), fc.nat(15_000)),
    }),
    { nil: undefined },
  ),
  daemonAliveAt: instant,
  releasing: fc.boolean(),
  activity: fc.constantFrom('none' as const, 'active' as const, 'stuck' as const),
  calls: fc.record({
    lastSentAt: fc.option(instant, { nil: undefined }),
    lastFailed: fc.boolean(),
    inFlight: fc.nat(4),
  }),
  watchdog: fc.option(
    fc.record({
      timeoutMs: fc.integer({ min: 300, max: 8_000 }),
      lastFedAt: fc.option(instant, { nil: undefined }),
    }),
    { nil: undefined },
  ),
});

/** By the lease or by promises (S3). */
function heldUntil(v: GuardView): number {
  const byLease = v.lease.state === 'none' ? -Infinity : goodUntil(v.lease, v.profile, v.suspendedMs);
  return Math.max(byLease, failsafeUntil(v) ?? -Infinity);
}

const withHeldLease = view.filter((v) => v.lease.state === 'held');

test('S2 a lease is held exactly as long as it is good, and what is active is stopped from then on', () => {
  fc.assert(
    fc.property(withHeldLease, (v) => {
      if (v.lease.state !== 'held') return;
      const isGood = v.now >= v.lease.sentAt && v.now < heldUntil(v);
      const decision = decideGuard(v);
      if (!isGood) expect(decision.lease.state).not.toBe('held');
      if (!isGood && v.activity !== 'none') expect(decision.stop).toBe(true);
      if (decision.lease.state === 'held') {
        expect(decision.stop).toBe(false);
        expect(decision.wakeAt).toBeLessThanOrEqual(heldUntil(v));
      }
    }),
  );
});

test('S3 the watchdog is fed only while nothing can be active or its own time ends before the lease does', () => {
  fc.assert(
    fc.property(view, (v) => {
      const decision = decideGuard(v);
      if (!decision.feed || (v.activity === 'none' && decision.lease.state !== 'held')) return;
      expect(v.lease.state).not.toBe('none');
      if (v.lease.state === 'none' || v.watchdog === undefined)
        throw new Error('fed without lease or watchdog');
      const byPromises = (failsafeUntil(v) ?? -Infinity) + v.profile.stopAllowanceMs;
      const ends = Math.max(v.lease.sentAt + v.lease.ttlMs - v.suspendedMs, byPromises);
      expect(v.now + v.watchdog.timeoutMs).toBeLessThanOrEqual(ends);
      if (decision.lease.state === 'ending') {
        expect(decision.lease.gone).toBe(false);
        expect(v.activity).toBe('active');
      }
    }),
  );
});

test('S5 less time left never makes it bolder', () => {
  fc.assert(
    fc.property(withHeldLease, fc.nat(10_000), fc.nat(10_000), (v, sleptMs, staleMs) => {
      if (v.lease.state !== 'held' || v.now < v.lease.sentAt) return;
      const ample = decideGuard(v);
      const scarce = decideGuard({
        ...v,
        suspendedMs: v.suspendedMs + sleptMs,
        lease: { ...v.lease, sentAt: v.lease.sentAt - staleMs },
      });
      if (ample.stop) expect(scarce.stop).toBe(true);
      if (ample.lease.state !== 'held') expect(scarce.lease.state).not.toBe('held');
      // Where nothing is active and no lease is held any more, nothing can outlive one.
      const nothingLeft = v.activity === 'none' && scarce.lease.state !== 'held';
      if (scarce.feed && !nothingLeft) expect(ample.feed).toBe(true);
      if (scarce.lease.state === 'held') expect(ample.lease.state).toBe('held');
    }),
  );
});

test('S1 a new lease is granted, and the old one revoked, only when nothing is active', () => {
  fc.assert(
    fc.property(view, (v) => {
      const decision = decideGuard(v);
      if (decision.call === 'grant') {
        expect(v.activity).toBe('none');
        expect(decision.lease.state).toBe('none');
        expect(v.releasing).toBe(false);
        expect(v.now - v.daemonAliveAt).toBeLessThan(v.profile.daemonAllowanceMs);
      }
      if (decision.call === 'revoke') expect(v.activity).toBe('none');
      if (decision.finished) expect(v.activity).toBe('none');
      if (decision.stop) expect(v.activity).not.toBe('none');
    }),
  );
});

test('S4 a lease that is ending never becomes good again, whatever etcd answers', () => {
  const answers = fc.array(
    fc.record({
      lease: fc.constantFrom('7', '8'),
      sentAt: instant,
      ttlMs: fc.constantFrom(0, 3_000, 10_000),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(view, answers, (v, given) => {
      const decided = decideGuard(v).lease;
      if (decided.state !== 'ending') return;
      const after = given.reduce<GuardLease>((kept, answer) => renewedLease(kept, answer), decided);
      expect(decideGuard({ ...v, lease: after }).lease.state).not.toBe('held');
    }),
  );
});

test('C-06 it always wakes again within a second, and later than now', () => {
  fc.assert(
    fc.property(view, (v) => {
      const { wakeAt } = decideGuard(v);
      expect(wakeAt).toBeGreaterThan(v.now);
      expect(wakeAt).toBeLessThanOrEqual(v.now + 1_000);
    }),
  );
});

test('C-08 S3 S9 promises end here before they can end where they were made, whatever was said and wherever the clocks stand', () => {
  const drift = fc.double({ min: -0.005, max: 0.005, noNaN: true });
  fc.assert(
    fc.property(withHeldLease, drift, drift, fc.nat(5_000), (v, ownDrift, otherDrift, onTheWayMs) => {
      if (
        v.lease.state === 'none' ||
        !v.promised ||
        v.promised.lease !== v.lease.lease ||
        v.now < v.promised.sentAt
      )
        return;
      const until = failsafeUntil({ ...v, promised: { ...v.promised, suspendedMs: 0 } });
      if (until === undefined) return;
      // True time since the sending; the other server counts from when the question arrives there.
      const stoppedAfterMs = (until + v.profile.stopAllowanceMs - v.promised.sentAt) / (1 + ownDrift);
      const boundForMs = onTheWayMs + v.promised.forMs / (1 + otherDrift);
      expect(stoppedAfterMs).toBeLessThanOrEqual(boundForMs);
      expect(until - v.promised.sentAt).toBeLessThan(v.profile.failsafeMs);
    }),
  );
});
