import { defaultChecks } from '@holdfast/core';
import type { Hierarchy } from '@holdfast/core';
import { expect, test } from 'vitest';
import {
  createHierarchyRequest,
  deleteHierarchyRequest,
  extendRequest,
  reserveRequest,
  returnRequest,
  setHierarchyRequest,
  unextendRequest,
} from './configuration-requests.ts';
import type { Requested } from './requests.ts';
import {
  aHierarchy,
  aResource,
  aRunningCluster,
  aStoppedCluster,
  keys,
  inService,
  setDesired,
  setOperation,
  setOwner,
  setServer,
  setSession,
  setStatus,
  type TestingStore,
} from './testing.ts';

function refusal(requested: Requested): string | undefined {
  return requested.allowed ? undefined : requested.reason.code;
}

function perform(store: TestingStore, requested: Requested): boolean {
  if (!requested.allowed) throw new Error(`refused: ${requested.reason.code}`);
  return store.commit(requested.transaction);
}

const other = aHierarchy({
  id: 'web',
  resources: [aResource('web', ['web-volume']), aResource('web-volume')],
});

function create(store: TestingStore, changes: Partial<Hierarchy> = {}, server = 'a'): Requested {
  const claims = ({
    parameters,
  }: {
    readonly parameters: Readonly<Record<string, unknown>>;
  }): readonly string[] => (typeof parameters['port'] === 'number' ? [`port ${parameters['port']}`] : []);
  return createHierarchyRequest(store.request(), { hierarchy: { ...other, ...changes }, server, claims });
}

test('H-01 a created hierarchy is in service under the lease of its server, and bumps the configuration', () => {
  const store = aRunningCluster();
  expect(perform(store, create(store))).toBe(true);
  expect(store.get(keys.owner('web'))).toMatchObject({ server: 'a', incarnation: 'a1', term: 4 });
  expect(store.leaseOf(keys.owner('web'))).toBe('7');
  expect(store.get(keys.desired('web'))).toMatchObject({ kind: 'in-service' });
  expect(store.get(keys.revision)).toEqual({ formatVersion: 1, revision: 6 });
});

test('H-01 changes of the configuration are serial: of two at once one takes place', () => {
  const store = aRunningCluster();
  const [first, second] = [
    create(store),
    extendRequest(store.request(), { tag: 'db', server: 'c', instances: {} }),
  ];
  expect(refusal(second)).toBe('unknown-server');
  setServer(store, 'c');
  setSession(store, 'c');
  const third = extendRequest(store.request(), { tag: 'db', server: 'c', instances: {} });
  expect([perform(store, first), perform(store, third)]).toEqual([true, false]);
});

test('S4 a hierarchy that is created again goes on with the terms of the one before', () => {
  const store = aStoppedCluster();
  expect(perform(store, deleteHierarchyRequest(store.request(), { tag: 'db', force: false }))).toBe(true);
  expect(store.keys().filter((key) => key.includes('db'))).toEqual([keys.term('db')]);
  expect(
    perform(store, createHierarchyRequest(store.request(), { hierarchy: aHierarchy(), server: 'b' })),
  ).toBe(true);
  expect(store.get(keys.owner('db'))).toMatchObject({ server: 'b', term: 4 });
  expect(store.get(keys.term('db'))).toMatchObject({ term: 4 });
});

test('H-01 each rule that a creation would break has its own code', () => {
  const store = aRunningCluster();
  const one = (tag: string, children: readonly string[] = []) => aResource(tag, children);
  expect(refusal(create(store, { id: 'db' }))).toBe('tag-in-use');
  expect(refusal(create(store, { resources: [one('web', ['volume']), one('volume')] }))).toBe('tag-in-use');
  expect(refusal(create(store, { resources: [one('web'), one('web')] }))).toBe('tag-in-use');
  expect(refusal(create(store, { resources: [one('web', ['gone'])] }))).toBe('child-missing');
  expect(refusal(create(store, { resources: [one('web', ['x']), one('x', ['web'])] }))).toBe(
    'dependency-cycle',
  );
  expect(refusal(create(store, { priorities: { a: 1, c: 2 } }))).toBe('unknown-server');
  expect(refusal(create(store, { priorities: { a: 1, w: 2 } }))).toBe('not-a-member');
  expect(refusal(create(store, { priorities: { a: 1, b: 1 } }))).toBe('priority-in-use');
  expect(refusal(create(store, { priorities: {} }))).toBe('on-no-server');
  expect(refusal(create(store, { priorities: { b: 1 } }))).toBe('not-extended');
  expect(refusal(create(store, { priorities: { a: 1_000 } }))).toBe('configuration-not-valid');
  setSession(store, 'a', { accepting: false });
  expect(refusal(create(store))).toBe('server-not-accepting');
});

test('K-05 what only one resource may have is not given twice', () => {
  const store = aRunningCluster();
  const onPort = (tag: string) => ({ ...aResource(tag), parameters: { port: 5432 } });
  expect(perform(store, create(store, { resources: [onPort('web')] }))).toBe(true);
  const again = create(store, { id: 'shop', resources: [onPort('shop')] });
  expect(again).toMatchObject({
    allowed: false,
    reason: { code: 'claimed-already', facts: { claim: 'port 5432', tag: 'web' } },
  });
});

test('K-13 a deletion takes everything of the hierarchy away but its term', () => {
  const store = aRunningCluster();
  setOperation(store, { id: 'old', state: 'done' });
  store.set(keys.failure('db', 'b'), {
    hierarchy: 'db',
    server: 'b',
    incarnation: 'b1',
    reason: { code: 'x', facts: {} },
    at: '2026-01-01T00:00:00.000Z',
  });
  expect(perform(store, deleteHierarchyRequest(store.request(), { tag: 'volume', force: false }))).toBe(true);
  expect(store.keys().filter((key) => key.includes('db') || key.includes('operations'))).toEqual([
    keys.term('db'),
  ]);
});

test('K-13 a deletion needs every server, and a hierarchy at rest; unless it is forced', () => {
  const store = aRunningCluster();
  const remove = (force = false): Requested => deleteHierarchyRequest(store.request(), { tag: 'db', force });
  expect(refusal(deleteHierarchyRequest(store.request(), { tag: 'nothing', force: true }))).toBe(
    'unknown-tag',
  );
  setStatus(store, 'a', aHierarchy(), 'starting');
  expect(refusal(remove())).toBe('hierarchy-not-settled');
  setOperation(store, { id: 'op' });
  expect(refusal(remove())).toBe('operation-running');
  setOperation(store, { id: 'op', state: 'done' });
  store.commit({ compare: [], write: [{ delete: keys.session('b') }] });
  expect(remove()).toMatchObject({
    allowed: false,
    reason: { code: 'servers-not-there', facts: { servers: 'b' } },
  });
  expect(refusal(remove(true))).toBe(undefined);
});

function extend(store: TestingStore, priority?: number): Requested {
  return extendRequest(store.request(), {
    tag: 'db',
    server: 'c',
    priority,
    instances: { db: { directory: '/opt' } },
  });
}

function withThird(): TestingStore {
  const store = aRunningCluster();
  setServer(store, 'c');
  setSession(store, 'c');
  return store;
}

test('K-11 an extended server gets the next free ten and its own parameters', () => {
  const store = withThird();
  expect(perform(store, extend(store))).toBe(true);
  expect(store.snapshot().view.hierarchies['db']).toMatchObject({
    priorities: { a: 1, b: 10, c: 20 },
    resources: [
      { tag: 'db', instances: { c: { directory: '/opt' } } },
      { tag: 'volume', instances: {} },
    ],
  });
});

test('K-11 when no ten is left, the least preferred free number is taken', () => {
  const store = withThird();
  store.set(keys.hierarchy('db'), aHierarchy({ priorities: { a: 999, b: 10 } }));
  expect(perform(store, extend(store))).toBe(true);
  expect(store.snapshot().view.hierarchies['db']?.priorities).toEqual({ a: 999, b: 10, c: 998 });
});

test('K-11 each reason against an extension has its own code', () => {
  const store = withThird();
  expect(refusal(extend(store, 10))).toBe('priority-in-use');
  expect(refusal(extendRequest(store.request(), { tag: 'db', server: 'b', instances: {} }))).toBe(
    'already-extended',
  );
  expect(refusal(extendRequest(store.request(), { tag: 'x', server: 'c', instances: {} }))).toBe(
    'unknown-tag',
  );
  store.commit({ compare: [], write: [{ delete: keys.session('c') }] });
  expect(refusal(extend(store))).toBe('server-not-there');
});

function change(store: TestingStore, changes: Partial<Hierarchy>, force = false): Requested {
  return setHierarchyRequest(store.request(), { hierarchy: aHierarchy(changes), force });
}

test('K-12 a hierarchy is taken from a server where it is stopped, by that server’s own word', () => {
  const store = aRunningCluster();
  expect(refusal(change(store, { priorities: { b: 10 } }))).toBe('in-service-there');
  expect(perform(store, change(store, { priorities: { a: 1 } }))).toBe(true);
  expect(store.get(keys.status('b', 'db'))).toBe(undefined);
});

function unextend(store: TestingStore, server: string, force = false): Requested {
  return unextendRequest(store.request(), { tag: 'volume', server, force });
}

test('K-12 unextending takes priority and parameters of that server only, and its words', () => {
  const store = aRunningCluster();
  const resources = [
    { ...aResource('db', ['volume']), instances: { a: { directory: '/a' }, b: { directory: '/b' } } },
    aResource('volume'),
  ];
  store.set(keys.hierarchy('db'), aHierarchy({ resources }));
  expect(perform(store, unextend(store, 'b'))).toBe(true);
  expect(store.snapshot().view.hierarchies['db']).toMatchObject({
    priorities: { a: 1 },
    resources: [{ tag: 'db', instances: { a: { directory: '/a' } } }, { tag: 'volume' }],
  });
  expect(Object.keys(store.snapshot().view.hierarchies['db']?.priorities ?? {})).toEqual(['a']);
  expect(store.get(keys.owner('db'))).toMatchObject({ server: 'a', term: 3 });
  expect(store.get(keys.status('b', 'db'))).toBe(undefined);
});

test('K-12 it is never taken from the server where it is in service, force or not, nor from the last one', () => {
  const store = aRunningCluster();
  expect(refusal(unextend(store, 'a', true))).toBe('in-service-there');
  const stopped = aStoppedCluster();
  expect(perform(stopped, unextend(stopped, 'b'))).toBe(true);
  expect(refusal(unextend(stopped, 'a', true))).toBe('on-no-server');
});

test('K-12 a server that is dead loses it only by force, and each other reason has its own code', () => {
  const store = aRunningCluster();
  expect(refusal(unextend(store, 'c'))).toBe('unknown-server');
  expect(refusal(unextend(store, 'w'))).toBe('not-extended');
  store.commit({ compare: [], write: [{ delete: keys.session('b') }, { delete: keys.status('b', 'db') }] });
  expect(refusal(unextend(store, 'b'))).toBe('not-known-to-be-stopped');
  expect(perform(store, unextend(store, 'b', true))).toBe(true);
});

test('S1 a takeover that comes between is not undone: the unextension takes place no more', () => {
  const store = aStoppedCluster();
  setDesired(store, 'db', inService);
  const asked = unextend(store, 'b');
  setOwner(store, 'db', { server: 'b', incarnation: 'b1', term: 4 });
  expect(perform(store, asked)).toBe(false);
  expect(refusal(unextend(store, 'b', true))).toBe('in-service-there');
});

test('S5 a server that does not say that it is stopped keeps the hierarchy, unless an operator forces it', () => {
  const store = aRunningCluster();
  setStatus(store, 'b', aHierarchy(), 'unknown');
  expect(refusal(change(store, { priorities: { a: 1 } }))).toBe('not-known-to-be-stopped');
  setStatus(store, 'b', aHierarchy(), 'standby');
  setSession(store, 'b', { incarnation: 'b2' });
  expect(refusal(change(store, { priorities: { a: 1 } }))).toBe('not-known-to-be-stopped');
  expect(refusal(change(store, { priorities: { a: 1 } }, true))).toBe(undefined);
});

test('H-01 parameters of what runs change only while it is out of service, unless they are live', () => {
  const resources = [{ ...aResource('db', ['volume']), parameters: { retries: 3 } }, aResource('volume')];
  const running = aRunningCluster();
  expect(change(running, { resources })).toMatchObject({
    allowed: false,
    reason: { code: 'only-while-out-of-service', facts: { tag: 'db', field: 'retries' } },
  });
  const live = setHierarchyRequest(running.request(), {
    hierarchy: aHierarchy({ resources }),
    isLive: (_, field) => field === 'retries',
  });
  expect(refusal(live)).toBe(undefined);
  expect(refusal(change(aStoppedCluster(), { resources }))).toBe(undefined);
});

test('R-01 how often it is checked may change while it runs', () => {
  const resources = [
    { ...aResource('db', ['volume']), checks: { ...defaultChecks, quickEveryMs: 500 } },
    aResource('volume'),
  ];
  const store = aRunningCluster();
  expect(perform(store, change(store, { resources }))).toBe(true);
  expect(store.get(keys.revision)).toMatchObject({ revision: 6 });
});

test('H-01 what is not there cannot be changed', () => {
  const store = aRunningCluster();
  expect(refusal(change(store, { id: 'gone' }))).toBe('unknown-tag');
});

test('K-09 S1 a creation takes ownership in a new term first, records in that very term, or gives it back', () => {
  const store = aStoppedCluster();
  const hierarchy = aHierarchy({ id: 'new', resources: [aResource('new')], priorities: { a: 1 } });
  const reserve = (server: string): Requested => reserveRequest(store.request(), { hierarchy, server });
  expect(perform(store, reserve('a'))).toBe(true);
  expect(store.snapshot().view.owners['new']).toEqual({ server: 'a', incarnation: 'a1', term: 4 });
  expect(reserve('b')).toMatchObject({ reason: { code: 'being-created', facts: { server: 'a' } } });
  const record = (term: number): Requested =>
    createHierarchyRequest(store.request(), { hierarchy, server: 'a', reserved: term });
  expect(record(5)).toMatchObject({ reason: { code: 'term-over' } });
  const back = returnRequest(store.request(), { hierarchy: 'new', server: 'a' });
  expect(perform(store, record(4))).toBe(true);
  expect(perform(store, back)).toBe(false);
  expect(store.snapshot().view.owners['new']?.term).toBe(4);
});

test('K-09 S4 a reservation that is given back leaves its term, and the next one goes on from there', () => {
  const store = aStoppedCluster();
  const hierarchy = aHierarchy({ id: 'new', resources: [aResource('new')], priorities: { a: 1 } });
  const reserve = (): Requested => reserveRequest(store.request(), { hierarchy, server: 'a' });
  for (const term of [4, 5]) {
    expect(perform(store, reserve())).toBe(true);
    expect(store.snapshot().view.owners['new']?.term).toBe(term);
    expect(perform(store, returnRequest(store.request(), { hierarchy: 'new', server: 'a' }))).toBe(true);
    expect(store.snapshot().view.owners['new']).toBeUndefined();
  }
});
