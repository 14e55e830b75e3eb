import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import { judgePromise, promisedUntil, type PromiserKnowledge } from './failsafe.ts';
import { anObservation, aView, goodLease } from './testing.ts';

const known: PromiserKnowledge = { isOn: true, configuration: 7, sessions: { b: { incarnation: 'b1' } } };
const asked = { incarnation: 'b1', configuration: 7, forMs: 4_000 };

function refusal(...[knowledge, from, request]: Parameters<typeof judgePromise>): string | undefined {
  const verdict = judgePromise(knowledge, from, request);
  return verdict.allowed ? undefined : verdict.reason.code;
}

test('C-08 S1 a server promises only to whose session it has seen, in this life of it, and with no newer configuration known', () => {
  expect(refusal(known, 'b', asked)).toBe(undefined);
  expect(refusal({ ...known, configuration: 6 }, 'b', asked)).toBe(undefined);
  expect(refusal(undefined, 'b', asked)).toBe('store-not-seen');
  expect(refusal({ ...known, isOn: false }, 'b', asked)).toBe('failsafe-off');
  expect(refusal({ ...known, configuration: 8 }, 'b', asked)).toBe('configuration-newer');
  expect(refusal({ ...known, sessions: {} }, 'b', asked)).toBe('session-not-there');
  expect(refusal(known, 'b', { ...asked, incarnation: 'b2' })).toBe('session-not-there');
});

test('C-08 S5 whose owner is not known might be promised to anybody', () => {
  const promises = { toAll: 50, to: { a: 200, b: 300 } };
  expect(promisedUntil(promises, 'a', 100)).toBe(200);
  expect(promisedUntil(promises, 'c', 100)).toBe(undefined);
  expect(promisedUntil(promises, 'c', 20)).toBe(50);
  expect(promisedUntil(promises, undefined, 250)).toBe(300);
  expect(promisedUntil(promises, 'a', 200)).toBe(undefined);
});

const lost = anObservation({ view: aView({ owners: {}, terms: { db: 4 }, lastOwners: { db: 'b' } }) });

function row(observation: typeof lost): string | undefined {
  return decide(observation).hierarchies[0]?.reason.code;
}

test('C-08 S1 while it has promised so, a server takes nothing that the other owned last, and takes it as soon as the promise ends', () => {
  const until = lost.now + 700;
  const bound = decide({ ...lost, promises: { toAll: 0, to: { b: until } } });
  expect(bound.hierarchies[0]).toMatchObject({ reason: { code: 'promised-to-take-nothing' }, actions: [] });
  expect(bound.wakeAt).toBe(until);
  expect(row({ ...lost, promises: { toAll: until, to: {} } })).toBe('promised-to-take-nothing');
  expect(row({ ...lost, promises: { toAll: 0, to: { c: until } } })).toBe('take-over');
  expect(row({ ...lost, now: until, promises: { toAll: 0, to: { b: until } } })).toBe('take-over');
});

test('C-08 what ran here before is taken back whatever was promised', () => {
  const own = anObservation({ view: aView({ owners: {}, terms: { db: 4 }, lastOwners: { db: 'a' } }) });
  expect(row({ ...own, promises: { toAll: 99_000, to: { b: 99_000 } } })).toBe('take-over');
});

test('C-08 S2 while only promises hold the lease, nothing is stopped, and nothing is started or taken', () => {
  const lease = { ...goodLease, goodUntil: lost.now - 1, failsafeUntil: lost.now + 1_000 };
  for (const observation of [lost, anObservation()]) {
    const decision = decide({ ...observation, lease });
    expect(decision.hierarchies).toMatchObject([{ row: 4, reason: { code: 'failsafe' }, actions: [] }]);
    expect(decision.openSession).toBe(false);
    expect(decision.wakeAt).toBe(lease.failsafeUntil);
  }
});

test('C-08 S3 when promises have ended, everything is stopped', () => {
  const lease = { ...goodLease, goodUntil: 1, failsafeUntil: lost.now };
  expect(decide({ ...anObservation(), lease }).hierarchies[0]?.row).toBeLessThan(4);
});
