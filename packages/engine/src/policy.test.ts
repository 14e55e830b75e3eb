import { decide, profiles, type Decision } from '@holdfast/core';
import { expect, test } from 'vitest';
import { createAnnouncer } from './announce.ts';
import { setHierarchyRequest } from './configuration-requests.ts';
import { createInServiceRequest, createOutOfServiceRequest, type Requested } from './requests.ts';
import { setServerRequest, setSettingsRequest } from './settings-requests.ts';
import { acceptSnapshot, createEngineState, hierarchyState } from './state.ts';
import {
  aHierarchy,
  aRunningCluster,
  aStoppedCluster,
  inService,
  keys,
  setDesired,
  setOperation,
  setOwner,
  setSession,
  type TestingStore,
} from './testing.ts';
import { createTransaction, type StoreAction } from './transactions.ts';

const initial = { profile: 'test', maintenance: false, tunables: {} } as const;

function perform(store: TestingStore, requested: Requested): boolean {
  if (!requested.allowed) throw new Error(`refused: ${requested.reason.code}`);
  return store.commit(requested.transaction);
}

function refusal(requested: Requested): string | undefined {
  return requested.allowed ? undefined : requested.reason.code;
}

function maintain(store: TestingStore, maintenance: boolean): void {
  const hierarchy = { ...aHierarchy(), maintenance };
  expect(perform(store, setHierarchyRequest(store.request(), { hierarchy }))).toBe(true);
}

function transactionOf(store: TestingStore, action: StoreAction) {
  const lease = { lease: '7', incarnation: 'a1' };
  const context = { keys, snapshot: store.snapshot(), server: 'a', lease, wallTime: '' };
  return createTransaction(context, 'db', action);
}

test('R-07 in maintenance what operators ask for is refused, and the reason says what is in maintenance', () => {
  const store = aRunningCluster();
  maintain(store, true);
  const move = () => createInServiceRequest(store.request(), { tag: 'db', target: 'b', operation: 'op' });
  const stop = () => createOutOfServiceRequest(store.request(), { tag: 'db', operation: 'op' });
  expect([refusal(move()), refusal(stop())]).toEqual(['in-maintenance', 'in-maintenance']);
  perform(store, setSettingsRequest(store.request(), { settings: { maintenance: true }, initial }));
  maintain(store, false);
  expect([refusal(move()), refusal(stop())]).toEqual(['cluster-in-maintenance', 'cluster-in-maintenance']);
  perform(store, setSettingsRequest(store.request(), { settings: { maintenance: false }, initial }));
  expect(refusal(move())).toBe(undefined);
});

test('H-01 maintenance that begins between the look and the commit overtakes what was asked for', () => {
  const store = aRunningCluster();
  const move = createInServiceRequest(store.request(), { tag: 'db', target: 'b', operation: 'op' });
  perform(store, setSettingsRequest(store.request(), { settings: { maintenance: true }, initial }));
  expect(perform(store, move)).toBe(false);
});

test('R-07 a takeover or hand-over is not committed in another policy than it was decided in', () => {
  for (const change of ['settings', 'server', 'hierarchy'] as const) {
    const store = aStoppedCluster();
    setDesired(store, 'db', inService);
    const taking = transactionOf(store, { kind: 'acquire', term: 4 });
    if (change === 'settings')
      perform(store, setSettingsRequest(store.request(), { settings: { maintenance: true }, initial }));
    if (change === 'server')
      perform(store, setServerRequest(store.request(), { server: 'a', changes: { blockFailover: true } }));
    if (change === 'hierarchy') maintain(store, true);
    expect(store.commit(taking)).toBe(false);
  }
});

test('R-07 bringing in service what a dead server left confirms its death, and no later one', () => {
  const store = aStoppedCluster();
  perform(store, createInServiceRequest(store.request(), { tag: 'db', operation: 'op' }));
  expect(store.get(keys.desired('db'))).toMatchObject({ confirmed: 3 });
  expect(store.commit(transactionOf(store, { kind: 'acquire', term: 4 }))).toBe(true);
  expect(store.get(keys.term('db'))).toMatchObject({ term: 4, server: 'a' });
  const { view } = store.snapshot();
  expect(view.lastOwners).toEqual({ db: 'a' });
  const desired = view.desired['db'];
  expect(desired?.kind === 'in-service' && desired.confirmed).toBe(3);
  expect(view.terms['db']).toBe(4);
});

test('C-07 a hierarchy is let go together with the mark of who keeps it, and an operator’s wish takes that away', () => {
  const store = aRunningCluster();
  perform(store, setServerRequest(store.request(), { server: 'a', changes: { shutdownStrategy: 'stop' } }));
  expect(store.commit(transactionOf(store, { kind: 'release', kept: 3, end: undefined }))).toBe(true);
  expect(store.get(keys.owner('db'))).toBe(undefined);
  expect(store.get(keys.desired('db'))).toMatchObject({ kind: 'in-service', kept: 3 });
  perform(store, createInServiceRequest(store.request(), { tag: 'db', target: 'b', operation: 'op' }));
  expect(store.get(keys.desired('db'))).not.toHaveProperty('kept');
});

test('C-07 an operation that the shutdown ends is ended in the same change', () => {
  const store = aRunningCluster();
  const reason = { code: 'server-shut-down', facts: { server: 'a' } };
  setOperation(store, { id: 'op' });
  setDesired(store, 'db', { ...inService, operation: 'op' });
  const end = { operation: 'op', state: 'failed', reason } as const;
  expect(store.commit(transactionOf(store, { kind: 'release', kept: 3, end }))).toBe(true);
  expect(store.get(keys.operation('op'))).toMatchObject({ state: 'failed' });
  expect(store.get(keys.desired('db'))).toMatchObject({ kept: 3 });
});

test('C-07 a strategy that is changed between the decision and its commit overtakes it', () => {
  const store = aRunningCluster();
  const letGo = transactionOf(store, { kind: 'release', kept: 3, end: undefined });
  perform(
    store,
    setServerRequest(store.request(), { server: 'a', changes: { shutdownStrategy: 'switchover' } }),
  );
  expect(store.commit(letGo)).toBe(false);
});

test('R-07 properties of a server are set one by one; a witness has none', () => {
  const store = aRunningCluster();
  perform(store, setServerRequest(store.request(), { server: 'a', changes: { confirmFailover: true } }));
  perform(store, setServerRequest(store.request(), { server: 'a', changes: { blockFailover: true } }));
  expect(store.snapshot().view.servers['a']).toMatchObject({ confirmFailover: true, blockFailover: true });
  const unknown = setServerRequest(store.request(), { server: 'x', changes: { blockFailover: true } });
  const witness = setServerRequest(store.request(), { server: 'w', changes: { blockFailover: true } });
  expect([refusal(unknown), refusal(witness)]).toEqual(['unknown-server', 'not-a-member']);
});

test('H-05 a switchback is an operation like any other, and begins only in the world that was looked at', () => {
  const begin: StoreAction = { kind: 'begin-switchback', to: 'b', operation: 'switchback-db-7' };
  const store = aRunningCluster();
  const late = transactionOf(store, begin);
  expect(store.commit(transactionOf(store, begin))).toBe(true);
  expect(store.commit(late)).toBe(false);
  expect(store.get(keys.desired('db'))).toMatchObject({
    operation: 'switchback-db-7',
    target: 'b',
    from: 'a',
  });
  expect(store.get(keys.operation('switchback-db-7'))).toMatchObject({
    state: 'running',
    by: 'switchback',
    target: 'b',
  });
  const gone = aRunningCluster();
  const early = transactionOf(gone, begin);
  setSession(gone, 'b', { incarnation: 'b2' });
  expect(gone.commit(early)).toBe(false);
});

test('H-05 where an operator puts it is noted only while switchback is automatic, and forgotten when it fails', () => {
  const store = aRunningCluster();
  perform(store, createInServiceRequest(store.request(), { tag: 'db', target: 'b', operation: 'op1' }));
  expect(store.get(keys.desired('db'))).not.toHaveProperty('chosen');
  const end = { operation: 'op1', state: 'failed', reason: undefined } as const;
  store.commit(transactionOf(store, { kind: 'end-operation', end }));
  const hierarchy = aHierarchy({ switchback: { kind: 'automatic', healthyForMs: 0 } });
  perform(store, setHierarchyRequest(store.request(), { hierarchy }));
  perform(store, createInServiceRequest(store.request(), { tag: 'db', target: 'b', operation: 'op2' }));
  expect(store.get(keys.desired('db'))).toMatchObject({ chosen: 'b' });
  store.commit(transactionOf(store, { kind: 'end-operation', end: { ...end, operation: 'op2' } }));
  expect(store.get(keys.desired('db'))).not.toHaveProperty('chosen');
});

/** The state of server a that takes every look at the store in as it comes, a second after the one before. */
function watching(store: TestingStore) {
  const state = createEngineState(0);
  let now = 0;
  const look = (): void => {
    now += 1_000;
    acceptSnapshot(state, store.snapshot(), { sentAt: now, server: 'a', now });
  };
  look();
  const memory = () => hierarchyState(state, 'db').memory;
  return { state, look, memory };
}

test('R-09 S9 a server counts the changes of owner that it has seen itself, by its own clock', () => {
  const store = aRunningCluster();
  const { look, memory } = watching(store);
  setOwner(store, 'db', { server: 'a', incarnation: 'a2', term: 4 });
  look();
  expect(memory().moves).toEqual([]);
  setOwner(store, 'db', { server: 'b', incarnation: 'b1', term: 5 });
  look();
  setOwner(store, 'db', { server: 'a', incarnation: 'a2', term: 6 });
  look();
  look();
  expect(memory().moves).toEqual([3_000, 4_000]);
});

test('R-09 what an operator asks for does not count, and what moved before is forgiven; a switchback counts', () => {
  const store = aRunningCluster();
  const { look, memory } = watching(store);
  setOwner(store, 'db', { server: 'b', incarnation: 'b1', term: 4 });
  look();
  expect(memory().moves).toHaveLength(1);
  setOperation(store, { id: 'switchback-db-9', target: 'a', by: 'switchback' });
  setDesired(store, 'db', { ...inService, operation: 'switchback-db-9', target: 'a', from: 'b' });
  setOwner(store, 'db', { server: 'a', incarnation: 'a1', term: 5 });
  look();
  expect(memory().moves).toHaveLength(2);
  setOperation(store, { id: 'op', target: 'b' });
  setDesired(store, 'db', { ...inService, operation: 'op', target: 'b', from: 'a' });
  setOwner(store, 'db', { server: 'b', incarnation: 'b1', term: 6 });
  look();
  expect(memory().moves).toEqual([]);
});

test('H-05 S9 a server is healthy since it was first seen in this life, without a mark', () => {
  const store = aRunningCluster();
  const { look, memory } = watching(store);
  look();
  expect(memory().healthy).toEqual({
    a: { incarnation: 'a1', since: 1_000 },
    b: { incarnation: 'b1', since: 1_000 },
  });
  setSession(store, 'b', { incarnation: 'b2' });
  look();
  expect(memory().healthy['b']).toEqual({ incarnation: 'b2', since: 3_000 });
  const reason = { code: 'does-not-start', facts: {} };
  const mark = { hierarchy: 'db', server: 'b', incarnation: 'b2', reason, at: '2026-01-01T00:00:00.000Z' };
  store.set(keys.failure('db', 'b'), mark);
  look();
  expect(memory().healthy).not.toHaveProperty('b');
});

test('R-09 each end of a session that was seen is remembered, the latest ones', () => {
  const store = aRunningCluster();
  const { state, look } = watching(store);
  for (let life = 2; life <= 12; life += 1) {
    setSession(store, 'b', { incarnation: `b${life}` });
    look();
  }
  expect(state.sessionEnds.get('a')).toBe(undefined);
  expect(state.sessionEnds.get('b')).toHaveLength(8);
  expect(state.sessionEnds.get('b')?.at(-1)).toBe(12_000);
});

function deciding(code: string): Decision {
  const reason = { code, facts: {} };
  return {
    openSession: false,
    wakeAt: undefined,
    hierarchies: [{ hierarchy: 'db', row: 1, reason, actions: [] }],
  };
}

test('R-07 it is told once when a hierarchy begins to wait for a person, and when maintenance begins and ends', () => {
  const told: string[] = [];
  const announce = createAnnouncer(({ code, severity }) => told.push(`${severity} ${code}`));
  for (const code of [
    'in-service',
    'in-maintenance',
    'store-unknown',
    'in-maintenance',
    'in-service',
    'waiting-for-confirmation',
    'waiting-for-confirmation',
    'take-over',
  ])
    announce(deciding(code));
  expect(told).toEqual(['info in-maintenance', 'info maintenance-over', 'alarm waiting-for-confirmation']);
});

test('R-07 the whole way: what was confirmed is taken, and the next death waits again', () => {
  const store = aRunningCluster();
  perform(store, setServerRequest(store.request(), { server: 'b', changes: { confirmFailover: true } }));
  setOwner(store, 'db', { server: 'b', incarnation: 'b1', term: 4 });
  const bDies = (): void => {
    store.commit({ compare: [], write: [{ delete: keys.owner('db') }, { delete: keys.session('b') }] });
  };
  const seenByA = (): string | undefined => {
    const { view } = store.snapshot();
    const stopped = { state: 'stopped' } as const;
    const state = watching(store);
    return decide({
      now: 10_000,
      self: { server: 'a', role: 'member', version: '1', accepting: true },
      profile: profiles.test,
      lease: { lease: '7', incarnation: 'a1', goodUntil: 12_000 },
      store: { state: 'known', value: view, at: 9_900 },
      lastHierarchies: view.hierarchies,
      hierarchies: { db: { instances: { db: stopped, volume: stopped }, memory: state.memory() } },
      repairedInPlace: [],
      sessionCommitting: false,
      sessionEnds: {},
    }).hierarchies[0]?.reason.code;
  };
  bDies();
  expect(seenByA()).toBe('waiting-for-confirmation');
  perform(store, createInServiceRequest(store.request(), { tag: 'db', operation: 'op' }));
  expect(seenByA()).toBe('take-over');
  setSession(store, 'b', { incarnation: 'b2' });
  setOwner(store, 'db', { server: 'b', incarnation: 'b2', term: 5 });
  setOperation(store, { id: 'op', state: 'done' });
  bDies();
  expect(seenByA()).toBe('waiting-for-confirmation');
});
