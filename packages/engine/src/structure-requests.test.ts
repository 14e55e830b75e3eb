import type { Hierarchy } from '@holdfast/core';
import { expect, test } from 'vitest';
import { createInServiceRequest, type Requested } from './requests.ts';
import {
  addDependencyRequest,
  deleteRequest,
  joinHierarchyRequest,
  removeDependencyRequest,
} from './structure-requests.ts';
import {
  aHierarchy,
  aResource,
  aRunningCluster,
  aStoppedCluster,
  inService,
  keys,
  outOfService,
  setDesired,
  setOperation,
  setOwner,
  setServer,
  setSession,
  setStatus,
  type TestingStore,
} from './testing.ts';

const web = aHierarchy({
  id: 'web',
  resources: [aResource('web', ['web-volume']), aResource('web-volume')],
  priorities: { a: 20, b: 5 },
});
const joined = aHierarchy({
  resources: [aResource('db', ['volume', 'web']), aResource('volume'), ...web.resources],
});

function refusal(requested: Requested): string | undefined {
  return requested.allowed ? undefined : requested.reason.code;
}

function perform(store: TestingStore, requested: Requested): boolean {
  if (!requested.allowed) throw new Error(`refused: ${requested.reason.code}`);
  return store.commit(requested.transaction);
}

/** `db` in term 3 and `web` in term 7, both on server a. */
function twoRunning(changes: Partial<Hierarchy> = {}): TestingStore {
  const store = aRunningCluster();
  const second = { ...web, ...changes };
  store.set(keys.hierarchy('web'), second);
  setDesired(store, 'web', inService);
  setOwner(store, 'web', { server: 'a', incarnation: 'a1', term: 7 });
  setStatus(store, 'a', second, 'in-service');
  setStatus(store, 'b', second, 'standby');
  return store;
}

/** `db` and `web` as one, in term 3 on server a. */
function oneRunning(hierarchy: Hierarchy = joined): TestingStore {
  const store = aRunningCluster();
  store.set(keys.hierarchy('db'), hierarchy);
  setStatus(store, 'a', hierarchy, 'in-service');
  setStatus(store, 'b', hierarchy, 'standby');
  return store;
}

function add(store: TestingStore, parent = 'db', child = 'web'): Requested {
  return addDependencyRequest(store.request(), { parent, child });
}

function remove(store: TestingStore, parent = 'db', child = 'web'): Requested {
  return removeDependencyRequest(store.request(), { parent, child });
}

test('H-02 a dependency between two hierarchies makes them one, with the name and the priorities of the parent’s', () => {
  const store = twoRunning();
  expect(perform(store, add(store))).toBe(true);
  const { hierarchies } = store.snapshot().view;
  expect(Object.keys(hierarchies)).toEqual(['db']);
  expect(hierarchies['db']).toEqual(joined);
  expect(store.keys().filter((key) => key.includes('web'))).toEqual([keys.term('web')]);
  expect(store.get(keys.revision)).toMatchObject({ revision: 6 });
});

test('S4 a joined hierarchy begins with a term above both, under the same lease', () => {
  const store = twoRunning();
  expect(perform(store, add(store))).toBe(true);
  expect(store.get(keys.owner('db'))).toMatchObject({ server: 'a', incarnation: 'a1', term: 8 });
  expect(store.get(keys.term('db'))).toMatchObject({ term: 8 });
  expect(store.get(keys.term('web'))).toMatchObject({ term: 7 });
  expect(store.leaseOf(keys.owner('db'))).toBe('7');
});

test('H-02 what joined two hierarchies is taken back: each is one again, in a term above all before', () => {
  const store = oneRunning();
  store.set(keys.term('web'), { term: 9 });
  expect(perform(store, remove(store))).toBe(true);
  const { hierarchies, desired } = store.snapshot().view;
  expect(hierarchies['db']).toEqual(aHierarchy());
  expect(hierarchies['web']).toEqual({ ...web, priorities: { a: 1, b: 10 } });
  expect(desired['web']).toEqual(inService);
  for (const id of ['db', 'web']) {
    expect(store.get(keys.owner(id))).toMatchObject({ server: 'a', term: 10 });
    expect(store.get(keys.term(id))).toMatchObject({ term: 10 });
    expect(store.leaseOf(keys.owner(id))).toBe('7');
  }
});

test('H-02 out of service both stay so, joined and apart, and nobody owns anything (S6)', () => {
  const store = aStoppedCluster();
  store.set(keys.hierarchy('web'), web);
  setDesired(store, 'web', outOfService);
  store.set(keys.term('web'), { term: 7 });
  expect(perform(store, add(store))).toBe(true);
  expect(store.get(keys.term('db'))).toMatchObject({ term: 8 });
  expect(perform(store, remove(store))).toBe(true);
  expect(store.snapshot().view.desired).toMatchObject({
    db: { kind: 'out-of-service' },
    web: { kind: 'out-of-service' },
  });
  expect(store.snapshot().view.owners).toEqual({});
});

test('H-02 a resource may have many parents and children; within one hierarchy only the order changes', () => {
  const store = oneRunning();
  expect(perform(store, add(store, 'web', 'volume'))).toBe(true);
  expect(store.get(keys.owner('db'))).toMatchObject({ term: 3 });
  // The volume below both keeps them together.
  expect(perform(store, remove(store))).toBe(true);
  expect(Object.keys(store.snapshot().view.hierarchies)).toEqual(['db']);
  expect(refusal(remove(store))).toBe('dependency-missing');
  expect(refusal(add(store, 'web', 'volume'))).toBe('dependency-exists');
});

test('H-02 cycles are refused', () => {
  const store = oneRunning();
  expect(refusal(add(store, 'web-volume', 'db'))).toBe('dependency-cycle');
  expect(refusal(add(store, 'db', 'db'))).toBe('dependency-cycle');
});

test('H-01 each reason against a dependency between two hierarchies has its own code', () => {
  const store = twoRunning();
  expect(refusal(add(store, 'db', 'nothing'))).toBe('unknown-tag');
  expect(refusal(add(store, 'nothing', 'web'))).toBe('unknown-tag');
  setStatus(store, 'a', web, 'starting');
  expect(refusal(add(store))).toBe('hierarchy-not-settled');
  setStatus(store, 'a', web, 'degraded');
  expect(refusal(add(store))).toBe(undefined);
  setOperation(store, { id: 'op', hierarchy: 'web' });
  expect(refusal(add(store))).toBe('operation-running');
  expect(refusal(add(twoRunning({ maintenance: true })))).toBe('in-maintenance');
  expect(refusal(add(twoRunning({ priorities: { a: 1 } })))).toBe('not-on-the-same-servers');
});

test('S1 what runs on two servers does not become one hierarchy, nor what runs and what does not', () => {
  const store = twoRunning();
  setOwner(store, 'web', { server: 'b', incarnation: 'b1', term: 8 });
  setStatus(store, 'b', web, 'in-service');
  expect(add(store)).toMatchObject({
    reason: { code: 'not-in-service-there', facts: { hierarchy: 'web', server: 'a' } },
  });
  setDesired(store, 'web', outOfService);
  store.commit({ compare: [], write: [{ delete: keys.owner('web') }] });
  expect(refusal(add(store))).toBe('not-in-service-there');
});

test('S2 nothing becomes one hierarchy under a lease that is over, or in a world that has changed', () => {
  const store = twoRunning();
  const asked = add(store);
  setOwner(store, 'web', { server: 'b', incarnation: 'b1', term: 8 });
  expect(perform(store, asked)).toBe(false);
  const next = twoRunning();
  setSession(next, 'a', { incarnation: 'a2' });
  expect(refusal(add(next))).toBe('hierarchy-not-settled');
});

test('S8 what its owner has begun to stop or to repair since the look keeps its shape', () => {
  const store = oneRunning();
  const asked = remove(store);
  setStatus(store, 'a', joined, 'stopping');
  expect(perform(store, asked)).toBe(false);
  const next = aRunningCluster();
  const joining = joinHierarchyRequest(next.request(), {
    hierarchy: 'db',
    resources: [aResource('web', ['volume'])],
    server: 'a',
  });
  setStatus(next, 'a', aHierarchy(), 'stopping');
  expect(perform(next, joining)).toBe(false);
});

test('H-01 of two administrators at once one joins and the other is told what is now', () => {
  const store = twoRunning();
  const [first, second] = [
    add(store),
    createInServiceRequest(store.request(), { tag: 'web', target: 'b', operation: 'x' }),
  ];
  expect([perform(store, first), perform(store, second)]).toEqual([true, false]);
});

test('R-02 a server that could not run one of both is kept from the whole', () => {
  const store = twoRunning();
  const reason = { code: 'x', facts: {} };
  store.set(keys.failure('web', 'b'), {
    hierarchy: 'web',
    server: 'b',
    incarnation: 'b1',
    reason,
    at: '2026-01-01T00:00:00.000Z',
  });
  expect(perform(store, add(store))).toBe(true);
  expect(store.snapshot().view.failures).toMatchObject([{ hierarchy: 'db', server: 'b' }]);
});

const shared = aHierarchy({
  resources: [
    aResource('db', ['volume', 'address']),
    aResource('volume'),
    aResource('address'),
    aResource('web', ['volume']),
  ],
});

test('K-25 a further resource joins what runs: same term, same owner, nothing else touched', () => {
  const store = aRunningCluster();
  const asked = joinHierarchyRequest(store.request(), {
    hierarchy: 'db',
    resources: [aResource('web', ['volume'])],
    server: 'a',
  });
  expect(perform(store, asked)).toBe(true);
  expect(store.snapshot().view.hierarchies['db']?.resources.map(({ tag }) => tag)).toEqual([
    'db',
    'volume',
    'web',
  ]);
  expect(store.get(keys.owner('db'))).toMatchObject({ server: 'a', term: 3 });
});

test('K-25 a further resource joins only what is wholly in service where it runs itself', () => {
  const store = aRunningCluster();
  const join = (server: string): Requested =>
    joinHierarchyRequest(store.request(), {
      hierarchy: 'db',
      resources: [aResource('web', ['volume'])],
      server,
    });
  expect(refusal(join('b'))).toBe('not-in-service-there');
  setStatus(store, 'a', aHierarchy(), 'starting');
  expect(refusal(join('a'))).toBe('hierarchy-not-settled');
  expect(
    refusal(
      joinHierarchyRequest(aRunningCluster().request(), {
        hierarchy: 'db',
        resources: Array.from({ length: 63 }, (_, index) => aResource(`x${index}`, ['volume'])),
        server: 'a',
      }),
    ),
  ).toBe('too-many-resources');
});

test('K-13 deleting one of several roots takes it and what only it needs; the rest goes on in a new term', () => {
  const store = oneRunning(shared);
  expect(perform(store, deleteRequest(store.request(), { tag: 'db', force: false }))).toBe(true);
  const { hierarchies } = store.snapshot().view;
  expect(Object.keys(hierarchies)).toEqual(['db']);
  expect(hierarchies['db']?.resources.map(({ tag }) => tag)).toEqual(['volume', 'web']);
  expect(store.get(keys.owner('db'))).toMatchObject({ server: 'a', term: 4 });
});

test('K-13 what a deleted root has held together falls apart into hierarchies of their own', () => {
  const store = oneRunning(
    aHierarchy({
      resources: [
        aResource('db', ['volume', 'web']),
        aResource('volume'),
        aResource('web', []),
        aResource('shop', ['web']),
        aResource('mail', ['volume']),
      ],
    }),
  );
  expect(perform(store, deleteRequest(store.request(), { tag: 'db', force: false }))).toBe(true);
  const parts = Object.values(store.snapshot().view.hierarchies);
  expect(parts.map(({ id, resources }) => [id, resources.map(({ tag }) => tag)])).toEqual([
    ['db', ['web', 'shop']],
    ['mail', ['volume', 'mail']],
  ]);
  expect(store.get(keys.owner('mail'))).toMatchObject({ server: 'a', term: 4 });
});

test('K-13 deleting the only root, or what others need, takes the whole hierarchy', () => {
  for (const tag of ['volume', 'db']) {
    const store = tag === 'db' ? aRunningCluster() : oneRunning(shared);
    expect(perform(store, deleteRequest(store.request(), { tag, force: false }))).toBe(true);
    expect(store.snapshot().view.hierarchies).toEqual({});
  }
});

test('K-13 a root is deleted only when every server can hear of it, unless it is forced', () => {
  const store = oneRunning(shared);
  store.commit({ compare: [], write: [{ delete: keys.session('b') }] });
  expect(refusal(deleteRequest(store.request(), { tag: 'db', force: false }))).toBe('servers-not-there');
  expect(refusal(deleteRequest(store.request(), { tag: 'db', force: true }))).toBe(undefined);
});

test('H-02 a part whose name another hierarchy still has is named after another of its resources', () => {
  const store = oneRunning();
  setServer(store, 'c');
  store.set(keys.hierarchy('web'), aHierarchy({ id: 'web', resources: [aResource('other')] }));
  expect(perform(store, remove(store))).toBe(true);
  expect(Object.keys(store.snapshot().view.hierarchies)).toEqual(['db', 'web', 'web-volume']);
});
