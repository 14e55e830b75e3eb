import fc from 'fast-check';
import type { Desired, Owner, Switchback } from './model.ts';
import type { HierarchyMemory, InstanceActivity, Observation, StoreView } from './observation.ts';
import {
  aHierarchy,
  aMark,
  anObservation,
  anOperation,
  aServer,
  aSession,
  aView,
  failed,
  goodLease,
  inService,
  movingTo,
  outOfService,
  outOfServiceBy,
  ownedBy,
} from './testing.ts';

/** Everything that server `a` might see of the hierarchy `db`, sensible or not. */
export const anyActivity: fc.Arbitrary<InstanceActivity> = fc.oneof(
  fc.constant<InstanceActivity>({ state: 'unknown' }),
  fc.constant<InstanceActivity>({ state: 'stopped' }),
  fc.constantFrom(0, 2, 3).map((term): InstanceActivity => ({ state: 'running', term })),
  fc
    .tuple(fc.constantFrom('restore', 'running', 'remove', 'kill'), fc.constantFrom('server', 'data'))
    .map(([during, scope]) => failed(during, scope)),
  fc
    .constantFrom('check', 'restore', 'recover', 'remove', 'kill')
    .map((action): InstanceActivity => ({ state: 'busy', action })),
);

const desired: fc.Arbitrary<Desired> = fc.constantFrom(
  inService,
  inService,
  outOfService,
  outOfServiceBy('op'),
  movingTo('a', 'b'),
  movingTo('b', 'a'),
  movingTo('c'),
  { ...inService, confirmed: 3 },
  { ...inService, chosen: 'a' },
  { ...inService, kept: 3 },
);

const owner: fc.Arbitrary<Owner | undefined> = fc.constantFrom(
  undefined,
  ownedBy('a'),
  ownedBy('a'),
  ownedBy('a', 3, 'a0'),
  ownedBy('b'),
);

export const anyView: fc.Arbitrary<StoreView> = fc
  .record({
    desired,
    owner,
    priorities: fc.constantFrom({ a: 1, b: 10 }, { b: 1, a: 10, c: 20 }, { b: 1 }),
    there: fc.subarray(['a', 'b', 'c', 'w']),
    refusing: fc.subarray(['b']),
    marked: fc.subarray(['a', 'b']),
    isRunning: fc.boolean(),
    confirmed: fc.subarray(['a', 'b', 'c']),
    blocked: fc.subarray(['a', 'b', 'c']),
    keeping: fc.subarray(['a', 'b', 'c']),
    maintenance: fc.constantFrom('none', 'none', 'none', 'cluster', 'hierarchy'),
    switchback: fc.constantFrom<Switchback>(
      { kind: 'intelligent' },
      { kind: 'automatic', healthyForMs: 0 },
      { kind: 'automatic', healthyForMs: 5_000 },
    ),
    lastOwner: fc.constantFrom(undefined, 'a', 'b', 'c'),
    failovers: fc.constantFrom(1, 2, 6),
  })
  .map(({ desired: wish, owner: has, priorities, there, refusing, marked, isRunning, ...policy }) =>
    aView({
      settings: { profile: 'safe', maintenance: policy.maintenance === 'cluster', tunables: {} },
      servers: {
        ...Object.fromEntries(
          ['a', 'b', 'c'].map((name) => [
            name,
            aServer(name, 'member', {
              confirmFailover: policy.confirmed.includes(name),
              blockFailover: policy.blocked.includes(name),
              shutdownStrategy: policy.keeping.includes(name) ? 'stop' : 'switchover',
            }),
          ]),
        ),
        w: aServer('w', 'witness'),
      },
      hierarchies: {
        db: aHierarchy({
          priorities,
          maintenance: policy.maintenance === 'hierarchy',
          switchback: policy.switchback,
          recovery: { ...aHierarchy().recovery, failovers: policy.failovers, failoverWindowMs: 5_000 },
        }),
      },
      lastOwners: policy.lastOwner === undefined ? {} : { db: has?.server ?? policy.lastOwner },
      desired: { db: wish },
      owners: has ? { db: has } : {},
      sessions: Object.fromEntries(
        there.map((name) => [name, aSession(name, { accepting: !refusing.includes(name) })]),
      ),
      failures: marked.map((name) => aMark(name)),
      operations: isRunning ? { op: anOperation() } : {},
    }),
  );

const memory: fc.Arbitrary<Partial<HierarchyMemory>> = fc.record({
  ownerAbsentSince: fc.constantFrom(undefined, 1_000, 9_999),
  recoveries: fc.constantFrom([], [9_000], [8_000, 9_000]),
  givenUp: fc.constantFrom(undefined, undefined, 2, 3).chain((term) =>
    term === undefined
      ? fc.constant(undefined)
      : fc.constantFrom('server' as const, 'data' as const).map((scope) => ({
          term,
          scope,
          reason: { code: 'does-not-start', facts: {} },
          at: 9_000,
        })),
  ),
  markedSince: fc.constantFrom(undefined, 0, -60_000),
  committing: fc.boolean(),
  killAgainAt: fc.constantFrom(undefined, 9_000, 11_000),
  moves: fc.constantFrom([], [9_000], [6_000, 9_000], [1_000, 2_000]),
  healthy: fc.constantFrom(
    {},
    { b: { incarnation: 'b1', since: 1_000 } },
    { b: { incarnation: 'b0', since: 1_000 }, c: { incarnation: 'c1', since: 9_000 } },
  ),
});

export const anyObservation: fc.Arbitrary<Observation> = fc
  .record({
    view: fc.option(anyView, { nil: undefined, freq: 8 }),
    instances: fc.record({ db: anyActivity, volume: anyActivity, address: anyActivity }),
    memory,
    lease: fc.constantFrom(goodLease, goodLease, goodLease, { ...goodLease, goodUntil: 10_000 }, undefined),
    accepting: fc.boolean(),
    sessionEnds: fc.constantFrom({}, { b: [7_000, 8_000, 9_000] }, { a: [7_000, 8_000, 9_000] }),
  })
  .map(({ accepting, ...given }) =>
    anObservation({ ...given, self: { server: 'a', role: 'member', version: '1', accepting } }),
  );
