import { because } from '@holdfast/core';
import { expect, test } from 'vitest';
import { forget, judgeReplaceable, removeServerRequest } from './membership-requests.ts';
import type { Requested } from './requests.ts';
import {
  aHierarchy,
  aRunningCluster,
  aStoppedCluster,
  keys,
  setDesired,
  setServer,
  setSession,
  wallTime,
  inService,
  type TestingStore,
} from './testing.ts';
import { createSessionTransaction, put } from './transactions.ts';

interface Asked {
  readonly server: string;
  readonly leaving?: boolean;
  readonly force?: boolean;
}

function remove(store: TestingStore, asked: Asked): Requested {
  return removeServerRequest(store.request(), { leaving: false, force: false, ...asked });
}

function refusal(requested: Requested): string | undefined {
  return requested.allowed ? undefined : requested.reason.code;
}

function die(store: TestingStore, server: string): void {
  store.commit({ compare: [], write: [{ delete: keys.session(server) }] });
}

/** Server b is dead; it has a certificate, a path, a mark and its last word in the store. */
function aClusterWithout(server: string): TestingStore {
  const store = aRunningCluster();
  const record = store.get(keys.server(server)) ?? {};
  const certificate = { serial: 'AB12', use: 'server', authority: '0'.repeat(64), notAfter: wallTime };
  store.set(keys.server(server), { ...record, certificates: [certificate] });
  const ends = [
    { server: 'a', address: '10.0.0.1' },
    { server, address: '10.0.0.2' },
  ];
  store.set(keys.path('p'), { id: 'p', ends, priority: 1, intervalMs: 1_000, misses: 5 });
  store.set(keys.failure('db', server), {
    ...{ hierarchy: 'db', server, incarnation: 'x', reason: because('why'), at: wallTime },
  });
  die(store, server);
  return store;
}

test('C-01 a dead server is taken out with all that is of it, in one transaction', () => {
  const store = aClusterWithout('b');
  const requested = remove(store, { server: 'b' });
  if (!requested.allowed) throw new Error(requested.reason.code);
  expect(store.commit(requested.transaction)).toBe(true);
  expect(store.keys().filter((key) => /\/b$|\/b\/|\/p$/.test(key))).toEqual([]);
  expect(store.get(keys.hierarchy('db'))).toMatchObject({ priorities: { a: 1 } });
  expect(store.get(keys.revision)).toMatchObject({ revision: 6 });
  expect(store.get(keys.owner('db'))).toMatchObject({ server: 'a', term: 3 });
});

test('S-01 whoever is taken out has its certificates revoked in the same transaction', () => {
  const store = aClusterWithout('b');
  const requested = remove(store, { server: 'b' });
  if (requested.allowed) store.commit(requested.transaction);
  expect(store.get(keys.revoked('AB12'))).toMatchObject({ server: 'b', notAfter: wallTime });
});

test('S1 S3 nothing is taken from a server that is alive, or owns something', () => {
  const store = aRunningCluster();
  expect(refusal(remove(store, { server: 'b' }))).toBe('server-alive');
  expect(refusal(remove(store, { server: 'a', force: true }))).toBe('server-owns');
  die(store, 'a');
  expect(refusal(remove(store, { server: 'a' }))).toBe('server-owns');
  expect(judgeReplaceable(store.snapshot().view, 'a')).toMatchObject({ allowed: false });
  expect(refusal(remove(store, { server: 'b', force: true }))).toBeUndefined();
});

test.each(['session', 'owner', 'desired'] as const)(
  'S1 a server whose %s changes meanwhile is not taken out',
  (kind) => {
    const store = aStoppedCluster();
    setServer(store, 'c');
    die(store, 'b');
    const requested = remove(store, { server: 'b' });
    if (!requested.allowed) throw new Error(requested.reason.code);
    if (kind === 'session') setSession(store, 'b');
    else if (kind === 'desired') setDesired(store, 'db', { ...inService, target: 'b', from: 'a' });
    else store.set(keys.owner('db'), { server: 'b', incarnation: 'b1', term: 4 }, '9');
    expect(store.commit(requested.transaction)).toBe(false);
  },
);

test('C-01 whoever leaves has nothing extended to it, and something can still run elsewhere', () => {
  const store = aStoppedCluster();
  expect(refusal(remove(store, { server: 'b', leaving: true }))).toBe('still-extended');
  expect(refusal(remove(store, { server: 'w', leaving: true }))).toBeUndefined();
  store.set(keys.hierarchy('db'), aHierarchy({ priorities: { b: 1 } }));
  die(store, 'b');
  expect(refusal(remove(store, { server: 'b' }))).toBe('extended-only-there');
  expect(refusal(remove(store, { server: 'nobody' }))).toBe('unknown-server');
  store.commit({ compare: [], write: [{ delete: keys.hierarchy('db') }, { delete: keys.server('a') }] });
  expect(refusal(remove(store, { server: 'b' }))).toBe('last-server');
});

test('C-01 a move that is under way keeps both its servers', () => {
  const store = aStoppedCluster();
  setDesired(store, 'db', { ...inService, operation: 'op1', target: 'b', from: 'a' });
  for (const server of ['a', 'b']) {
    die(store, server);
    expect(refusal(remove(store, { server }))).toBe('operation-running');
  }
});

test('S2 a server that is not of the configuration gets no session', () => {
  const store = aStoppedCluster();
  store.commit({ compare: [], write: [{ delete: keys.server('b') }, ...forget(store.request(), 'b')] });
  const lease = { lease: '9', incarnation: 'b2' };
  const context = { keys, snapshot: store.snapshot(), server: 'b', lease, wallTime };
  const transaction = createSessionTransaction(context, { version: '1', accepting: true });
  expect(store.commit(transaction)).toBe(false);
  store.commit({ compare: [], write: [put(keys.server('b'), {})] });
  expect(store.commit(transaction)).toBe(true);
});
