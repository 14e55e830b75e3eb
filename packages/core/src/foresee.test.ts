import { expect, test } from 'vitest';
import { foreseeFailure, foreseeLoss } from './foresee.ts';
import type { Hierarchy } from './model.ts';
import type { StoreView } from './observation.ts';
import { profiles } from './profile.ts';
import { aHierarchy, aMark, anObservation, aServer, aSession, aView } from './testing.ts';

const threeServers = aHierarchy({ priorities: { a: 1, b: 10, c: 20 } });

function aViewOf(hierarchy: Hierarchy, changes: Partial<StoreView> = {}): StoreView {
  return aView({
    servers: { a: aServer('a'), b: aServer('b'), c: aServer('c') },
    sessions: { a: aSession('a'), b: aSession('b'), c: aSession('c') },
    hierarchies: { db: hierarchy },
    ...changes,
  });
}

function loss(view: StoreView): readonly (readonly [string, number | undefined, string])[] {
  const hierarchy = view.hierarchies['db'] ?? threeServers;
  const foreseen = foreseeLoss(anObservation({ view }), view, hierarchy);
  return foreseen.map(({ server, afterMs, reason }) => [server, afterMs, reason.code]);
}

test('B-02 when the owner dies the servers act in the order of their priorities, each a candidate delay later', () => {
  const delayMs = profiles.safe.candidateDelayMs;
  expect(loss(aViewOf(threeServers))).toEqual([
    ['b', 0, 'take-over'],
    ['c', delayMs, 'preferred-server-first'],
  ]);
});

test('B-02 a server that cannot take it says why, and the next one acts at once', () => {
  expect(loss(aViewOf(threeServers, { failures: [aMark('b')] }))).toEqual([
    ['c', 0, 'take-over'],
    ['b', undefined, 'failed-there'],
  ]);
  const gone = { sessions: { a: aSession('a'), c: aSession('c') } };
  expect(loss(aViewOf(threeServers, gone))[0]).toEqual(['c', 0, 'take-over']);
});

test('B-02 maintenance and confirmation keep everybody from taking it', () => {
  const maintained = loss(aViewOf({ ...threeServers, maintenance: true }));
  expect(maintained.map(([, afterMs, code]) => [afterMs, code])).toEqual([
    [undefined, 'in-maintenance'],
    [undefined, 'in-maintenance'],
  ]);
  const confirmed = { a: { ...aServer('a'), confirmFailover: true }, b: aServer('b'), c: aServer('c') };
  expect(loss(aViewOf(threeServers, { servers: confirmed }))[0]).toEqual([
    'b',
    undefined,
    'waiting-for-confirmation',
  ]);
});

test('B-02 a failed resource is repaired on the same server while the policy allows it, then it moves', () => {
  const view = aViewOf(threeServers);
  const foresee = (recoveries: number, of = view) =>
    foreseeFailure(anObservation({ view: of }), of, of.hierarchies['db'] ?? threeServers, {
      tag: 'db',
      recoveries,
    });
  expect(foresee(0)).toMatchObject({ kind: 'local-recovery' });
  expect(foresee(2)).toMatchObject({ kind: 'failover', to: 'b' });
  const disabled = aViewOf({
    ...threeServers,
    recovery: { ...threeServers.recovery, localRecovery: false },
  });
  expect(foresee(0, disabled)).toMatchObject({ kind: 'failover', to: 'b' });
});

test('B-02 a failure that may not move, or has nowhere to go, is foreseen to rest; in maintenance it is watched', () => {
  const foresee = (view: StoreView) =>
    foreseeFailure(anObservation({ view }), view, view.hierarchies['db'] ?? threeServers, {
      tag: 'db',
      recoveries: 2,
    });
  const blocked = { a: { ...aServer('a'), blockFailover: true }, b: aServer('b'), c: aServer('c') };
  expect(foresee(aViewOf(threeServers, { servers: blocked }))).toMatchObject({
    kind: 'rest',
    reason: { code: 'failover-blocked-here' },
  });
  expect(foresee(aViewOf(threeServers, { failures: [aMark('b'), aMark('c')] }))).toMatchObject({
    kind: 'rest',
    reason: { code: 'move-away' },
  });
  expect(foresee(aViewOf({ ...threeServers, maintenance: true }))).toMatchObject({ kind: 'watch' });
});

test('B-02 what nobody owns cannot be lost', () => {
  const view = aViewOf(threeServers, { owners: {} });
  expect(foreseeLoss(anObservation({ view }), view, threeServers)).toEqual([]);
  expect(foreseeFailure(anObservation({ view }), view, threeServers, { tag: 'db', recoveries: 0 })).toBe(
    undefined,
  );
});
