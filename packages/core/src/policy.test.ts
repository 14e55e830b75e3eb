import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import type { Action } from './decision.ts';
import type { Desired, Hierarchy, Server } from './model.ts';
import type { HierarchyMemory, Observation, StoreView } from './observation.ts';
import { restsUntil } from './policy.ts';
import { candidates } from './takeover.ts';
import {
  aHierarchy,
  aMark,
  anObservation,
  anOperation,
  aServer,
  aSession,
  aView,
  allRunning,
  failed,
  goodLease,
  inService,
  movingTo,
  outOfService,
  outOfServiceBy,
  ownedBy,
} from './testing.ts';

function decisionOf(observation: Observation): {
  readonly code: string;
  readonly actions: readonly Action[];
} {
  const [decided] = decide(observation).hierarchies;
  return { code: decided?.reason.code ?? '', actions: decided?.actions ?? [] };
}

function kindsOf(observation: Observation): readonly Action['kind'][] {
  return decisionOf(observation).actions.map(({ kind }) => kind);
}

/** What `b` sees after the owner key of `a` has gone with its lease. */
function leftTo(
  given: {
    readonly servers?: Readonly<Record<string, Partial<Server>>>;
    readonly view?: Partial<StoreView>;
    readonly memory?: Partial<HierarchyMemory>;
    readonly now?: number;
  } = {},
): Observation {
  const set = (name: string): Server => aServer(name, 'member', given.servers?.[name]);
  const view = aView({
    servers: { a: set('a'), b: set('b') },
    owners: {},
    sessions: { b: aSession('b') },
    ...given.view,
  });
  const now = given.now ?? 10_000;
  return anObservation({
    view,
    now,
    self: { server: 'b', role: 'member', version: '1', accepting: true },
    lease: { ...goodLease, incarnation: 'b1', goodUntil: now + 2_000 },
    memory: { ownerAbsentSince: 1_000, ...given.memory },
  });
}

const confirmA = { a: { confirmFailover: true } };

function settingsWith(tunables: Readonly<Record<string, number>>): Partial<StoreView> {
  return { settings: { profile: 'safe', maintenance: false, tunables } };
}

test('R-07 in maintenance what failed is neither repaired nor moved, and the guard keeps its plan', () => {
  const view = aView({ hierarchies: { db: aHierarchy({ maintenance: true }) } });
  const instances = { ...allRunning(), db: failed('running') };
  expect(decisionOf(anObservation({ view, instances }))).toEqual({
    code: 'in-maintenance',
    actions: [{ kind: 'protect', term: 3 }],
  });
});

test('R-07 maintenance of the cluster is maintenance of every hierarchy', () => {
  const view = aView({ settings: { profile: 'safe', maintenance: true, tunables: {} } });
  expect(decisionOf(anObservation({ view }))).toEqual({
    code: 'cluster-in-maintenance',
    actions: [{ kind: 'protect', term: 3 }],
  });
});

test('R-07 in maintenance nobody takes what nobody owns', () => {
  const maintained = { db: aHierarchy({ maintenance: true }) };
  expect(kindsOf(leftTo())).toEqual(['acquire']);
  expect(decisionOf(leftTo({ view: { hierarchies: maintained } }))).toEqual({
    code: 'in-maintenance',
    actions: [],
  });
});

test('R-07 S3 a lease that is lost stops what runs, also in maintenance', () => {
  const view = aView({ hierarchies: { db: aHierarchy({ maintenance: true }) } });
  const lease = { ...goodLease, goodUntil: 10_000 };
  expect(kindsOf(anObservation({ view, lease, instances: allRunning() }))).toEqual(['remove']);
});

test('R-07 S1 what runs without its ownership is stopped, also in maintenance', () => {
  const hierarchies = { db: aHierarchy({ maintenance: true }) };
  for (const owners of [{}, { db: ownedBy('b') }])
    expect(kindsOf(anObservation({ view: aView({ hierarchies, owners }), instances: allRunning() }))).toEqual(
      ['remove'],
    );
});

test('R-07 L3 maintenance ends what was under way as failed, also where nobody owns it', () => {
  const hierarchies = { db: aHierarchy({ maintenance: true }) };
  const operations = { op: anOperation({ target: 'b' }) };
  const desired = { db: movingTo('b', 'a') };
  const end = { kind: 'end-operation', end: { state: 'failed', reason: { code: 'in-maintenance' } } };
  const owned = anObservation({ view: aView({ hierarchies, operations, desired }), instances: allRunning() });
  expect(decisionOf(owned).actions).toMatchObject([end, { kind: 'protect' }]);
  const nobodys = leftTo({ view: { hierarchies, operations, desired } });
  expect(decisionOf(nobodys).actions).toMatchObject([end]);
});

test('S6 what was being taken out of service when maintenance began goes on when it ends', () => {
  const operations = { op: anOperation({ kind: 'out-of-service', state: 'failed' }) };
  const desired = { db: outOfServiceBy('op') };
  expect(kindsOf(anObservation({ view: aView({ operations, desired }), instances: allRunning() }))).toEqual([
    'remove',
  ]);
});

test('R-07 what a dead server left is taken over only once an operator has confirmed it', () => {
  expect(decisionOf(leftTo({ servers: confirmA }))).toEqual({
    code: 'waiting-for-confirmation',
    actions: [],
  });
  const confirmed: Desired = { ...inService, confirmed: 3 };
  expect(kindsOf(leftTo({ servers: confirmA, view: { desired: { db: confirmed } } }))).toEqual(['acquire']);
  const moved: Desired = movingTo('b');
  expect(kindsOf(leftTo({ servers: confirmA, view: { desired: { db: moved } } }))).toEqual(['acquire']);
});

test('R-07 a confirmation is good for the one death that it was given for', () => {
  const earlier: Desired = { ...inService, confirmed: 2 };
  expect(kindsOf(leftTo({ servers: confirmA, view: { desired: { db: earlier } } }))).toEqual([]);
});

test('R-07 a server whose failover must be confirmed starts again itself what ran there', () => {
  const servers = { a: aServer('a', 'member', { confirmFailover: true }), b: aServer('b') };
  expect(kindsOf(anObservation({ view: aView({ servers, owners: {} }) }))).toEqual(['acquire']);
});

test('R-07 a resource that fails on a living server moves without a confirmation', () => {
  const servers = { a: aServer('a', 'member', { confirmFailover: true }), b: aServer('b') };
  const givenUp = {
    term: 3,
    scope: 'server',
    reason: { code: 'does-not-start', facts: {} },
    at: 9_000,
  } as const;
  expect(kindsOf(anObservation({ view: aView({ servers }), memory: { givenUp } }))).toEqual(['hand-over']);
  const letGo = { sessions: { a: aSession('a'), b: aSession('b') }, failures: [aMark('a')] };
  expect(kindsOf(leftTo({ servers: confirmA, view: letGo }))).toEqual(['acquire']);
});

test('S5 an unknown last owner might have been one whose failover must be confirmed', () => {
  expect(kindsOf(leftTo({ servers: confirmA, view: { lastOwners: {} } }))).toEqual([]);
  expect(kindsOf(leftTo({ view: { lastOwners: {} } }))).toEqual(['acquire']);
});

test('R-07 the first start of all needs no confirmation', () => {
  expect(kindsOf(leftTo({ servers: confirmA, view: { terms: {}, lastOwners: {} } }))).toEqual(['acquire']);
});

test('R-07 L3 an operation that cannot go on without a confirmation ends, so that the operator can confirm', () => {
  const operations = { op: anOperation() };
  const desired: Desired = { ...inService, operation: 'op' };
  const waiting = leftTo({ servers: confirmA, view: { operations, desired: { db: desired } } });
  expect(decisionOf(waiting).actions).toMatchObject([
    { kind: 'end-operation', end: { state: 'failed', reason: { code: 'waiting-for-confirmation' } } },
  ]);
});

test('R-07 with CONFIRMSODEF=0 a failover goes on after CONFIRMSOTO seconds of this server’s clock', () => {
  const set = { servers: confirmA, view: settingsWith({ CONFIRMSODEF: 0, CONFIRMSOTO: 60 }) };
  expect(kindsOf(leftTo({ ...set, now: 60_999 }))).toEqual([]);
  expect(decide(leftTo({ ...set, now: 60_999 })).wakeAt).toBe(61_000);
  expect(kindsOf(leftTo({ ...set, now: 61_000 }))).toEqual(['acquire']);
  const standard = { servers: confirmA, view: settingsWith({ CONFIRMSODEF: 0 }) };
  expect(kindsOf(leftTo({ ...standard, now: 600_999 }))).toEqual([]);
  expect(kindsOf(leftTo({ ...standard, now: 601_000 }))).toEqual(['acquire']);
});

test('R-07 nothing comes to a blocked server by itself', () => {
  const blocked = { b: { blockFailover: true } };
  expect(decisionOf(leftTo({ servers: blocked })).code).toBe('failover-blocked');
  const servers = { a: aServer('a'), b: aServer('b', 'member', { blockFailover: true }) };
  expect(candidates(aView({ servers }), aHierarchy())).toEqual(['a']);
});

test('R-07 an operator moves to and from a blocked server all the same', () => {
  const blocked = { b: { blockFailover: true } };
  const asked: Desired = { ...inService, confirmed: 3 };
  expect(kindsOf(leftTo({ servers: blocked, view: { desired: { db: asked } } }))).toEqual(['acquire']);
  const servers = { a: aServer('a', 'member', { blockFailover: true }), b: aServer('b') };
  const operations = { op: anOperation({ target: 'b' }) };
  const view = aView({ servers, operations, desired: { db: movingTo('b', 'a') } });
  expect(kindsOf(anObservation({ view }))).toEqual(['hand-over']);
});

test('R-07 what fails on a blocked server stays there, and is tried again after a rest', () => {
  const servers = { a: aServer('a', 'member', { blockFailover: true }), b: aServer('b') };
  const reason = { code: 'does-not-start', facts: {} };
  const givenUp = { term: 3, scope: 'server', reason, at: 9_000 } as const;
  const view = aView({ servers });
  expect(decisionOf(anObservation({ view, memory: { givenUp } }))).toEqual({
    code: 'failover-blocked-here',
    actions: [],
  });
  const rested = { givenUp: { ...givenUp, at: 10_000 - aHierarchy().recovery.restMs } };
  const instances = { ...allRunning(), db: failed('running') };
  expect(kindsOf(anObservation({ view, instances, memory: rested }))).toEqual(['remove']);
  expect(kindsOf(anObservation({ view, memory: rested }))).toEqual(['forget-giving-up']);
});

test('R-07 what ran on a blocked server that died is taken over, and starts again there when it comes back', () => {
  expect(kindsOf(leftTo({ servers: { a: { blockFailover: true } } }))).toEqual(['acquire']);
  const servers = { a: aServer('a', 'member', { blockFailover: true }), b: aServer('b') };
  expect(kindsOf(anObservation({ view: aView({ servers, owners: {} }) }))).toEqual(['acquire']);
});

test('H-04 a move that fails on a blocked server goes back to where it came from', () => {
  const servers = { a: aServer('a', 'member', { blockFailover: true }), b: aServer('b') };
  const operations = { op: anOperation({ target: 'a' }) };
  const view = aView({ servers, operations, desired: { db: movingTo('a', 'b') } });
  const reason = { code: 'does-not-start', facts: {} };
  const memory = { givenUp: { term: 3, scope: 'server', reason, at: 9_000 } as const };
  expect(decisionOf(anObservation({ view, memory })).actions).toMatchObject([{ kind: 'hand-over', to: 'b' }]);
});

const often = { failovers: 2, failoverWindowMs: 5_000 };
function restless(changes: Partial<Hierarchy> = {}): Hierarchy {
  const plain = aHierarchy(changes);
  return { ...plain, recovery: { ...plain.recovery, ...often } };
}

test('R-09 a hierarchy that has moved too often rests without an owner until the window has passed', () => {
  const hierarchies = { db: restless() };
  const moves = [6_000, 9_000];
  const resting = leftTo({ view: { hierarchies }, memory: { moves } });
  expect(decisionOf(resting)).toEqual({ code: 'failovers-used-up', actions: [] });
  expect(decide(resting).wakeAt).toBe(11_000);
  expect(kindsOf(leftTo({ view: { hierarchies }, memory: { moves }, now: 11_000 }))).toEqual(['acquire']);
  expect(kindsOf(leftTo({ view: { hierarchies }, memory: { moves: [9_000] } }))).toEqual(['acquire']);
});

test('R-09 to start again where it ran is no move', () => {
  const hierarchies = { db: restless() };
  const view = { hierarchies, lastOwners: { db: 'b' } };
  expect(kindsOf(leftTo({ view, memory: { moves: [6_000, 9_000] } }))).toEqual(['acquire']);
});

test('R-09 a hierarchy that has moved too often and fails rests where it is', () => {
  const view = aView({ hierarchies: { db: restless() } });
  const reason = { code: 'does-not-start', facts: {} };
  const givenUp = { term: 3, scope: 'server', reason, at: 9_500 } as const;
  const observation = anObservation({
    view,
    memory: { givenUp, moves: [6_000, 9_000] },
    lease: { ...goodLease, goodUntil: 20_000 },
  });
  expect(decisionOf(observation)).toEqual({ code: 'failovers-used-up-here', actions: [] });
  expect(decide(observation).wakeAt).toBe(11_000);
  expect(kindsOf(anObservation({ view, memory: { givenUp, moves: [1_000, 9_000] } }))).toEqual(['hand-over']);
});

test('R-09 the window ends with the oldest move that counts', () => {
  const moves = [1_000, 2_000, 3_000];
  expect(restsUntil(restless(), { moves }, 4_000)).toBe(7_000);
  expect(restsUntil(restless(), { moves }, 7_000)).toBe(undefined);
});

test('R-09 a server whose session comes and goes is kept behind every steady candidate', () => {
  const comesAndGoes = { a: [8_000, 9_000, 9_500] };
  const sessions = { a: aSession('a'), b: aSession('b') };
  const view = aView({ hierarchies: { db: restless() }, owners: {}, sessions });
  const self = { server: 'b', role: 'member', version: '1', accepting: true } as const;
  const lease = { ...goodLease, incarnation: 'b1' };
  const mine = { view, memory: { ownerAbsentSince: 10_000 } };
  expect(kindsOf(anObservation({ ...mine, self, lease, sessionEnds: comesAndGoes }))).toEqual(['acquire']);
  expect(kindsOf(anObservation({ ...mine, self, lease }))).toEqual([]);
  expect(decisionOf(anObservation({ ...mine, sessionEnds: comesAndGoes }))).toEqual({
    code: 'steadier-servers-first',
    actions: [],
  });
  expect(kindsOf(anObservation({ ...mine, sessionEnds: { a: [1_000, 9_000, 9_500] } }))).toEqual(['acquire']);
});

const returning = aHierarchy({
  priorities: { a: 10, b: 1 },
  switchback: { kind: 'automatic', healthyForMs: 4_000 },
});

/** `a` runs it, and `b` is preferred. */
function away(given: Parameters<typeof anObservation>[0] & { readonly seen?: Partial<StoreView> } = {}) {
  const { seen, ...rest } = given;
  return anObservation({
    view: aView({ hierarchies: { db: returning }, ...seen }),
    instances: allRunning(),
    memory: { healthy: { b: { incarnation: 'b1', since: 6_000 } } },
    ...rest,
  });
}

test('H-05 the owner returns it to a more preferred server that has been healthy for long enough', () => {
  expect(decisionOf(away())).toEqual({
    code: 'switchback-due',
    actions: [{ kind: 'begin-switchback', to: 'b', operation: 'switchback-db-100' }],
  });
  const younger = { memory: { healthy: { b: { incarnation: 'b1', since: 6_001 } } } };
  expect(kindsOf(away(younger))).toEqual([]);
  expect(decide(away(younger)).wakeAt).toBe(10_001);
});

test('H-05 intelligent switchback stays', () => {
  const hierarchies = { db: { ...returning, switchback: { kind: 'intelligent' } as const } };
  expect(kindsOf(away({ seen: { hierarchies } }))).toEqual([]);
});

test('H-05 another life of the session begins another healthy time', () => {
  const sessions = { a: aSession('a'), b: aSession('b', { incarnation: 'b2' }) };
  expect(kindsOf(away({ seen: { sessions } }))).toEqual([]);
});

test('L2 a server that is marked as failed is not returned to', () => {
  expect(kindsOf(away({ seen: { failures: [aMark('b')] } }))).toEqual([]);
});

test('H-05 what an operator put here stays here', () => {
  const desired: Desired = { ...inService, chosen: 'a' };
  expect(kindsOf(away({ seen: { desired: { db: desired } } }))).toEqual([]);
  const elsewhere: Desired = { ...inService, chosen: 'c' };
  expect(kindsOf(away({ seen: { desired: { db: elsewhere } } }))).toEqual(['begin-switchback']);
});

test('H-05 nothing returns while it is repaired, or while an operation or maintenance goes on', () => {
  expect(kindsOf(away({ instances: { ...allRunning(), db: failed('running') } }))).toEqual(['remove']);
  const operations = { op: anOperation() };
  const desired: Desired = { ...inService, operation: 'op' };
  expect(kindsOf(away({ seen: { operations, desired: { db: desired } } }))).toEqual(['end-operation']);
  const maintained = { db: { ...returning, maintenance: true } };
  expect(kindsOf(away({ seen: { hierarchies: maintained } }))).toEqual(['protect']);
  expect(kindsOf(away({ seen: { desired: { db: outOfService } } }))).toEqual(['remove']);
});

test('R-07 nothing returns to a blocked server, or leaves one', () => {
  for (const name of ['a', 'b']) {
    const servers = { ...aView().servers, [name]: aServer(name, 'member', { blockFailover: true }) };
    expect(kindsOf(away({ seen: { servers } }))).toEqual([]);
  }
});

test('R-09 a return counts as a move, and is not made to a server that comes and goes', () => {
  const memory = { healthy: { b: { incarnation: 'b1', since: 6_000 } } };
  const hierarchies = { db: { ...returning, recovery: { ...returning.recovery, ...often } } };
  expect(kindsOf(away({ seen: { hierarchies }, memory: { ...memory, moves: [6_000, 9_000] } }))).toEqual([]);
  expect(kindsOf(away({ seen: { hierarchies }, sessionEnds: { b: [7_000, 8_000, 9_000] } }))).toEqual([]);
});
