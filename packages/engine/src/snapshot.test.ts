import { defaultChecks, defaultRecovery } from '@holdfast/core';
import { expect, test } from 'vitest';
import { aHierarchy, createTestingStore, keys } from './testing.ts';

/** As JSON without these names, on every level. */
function without(record: object, ...names: readonly string[]): object {
  const isKept = (name: string, value: unknown): unknown => (names.includes(name) ? undefined : value);
  return JSON.parse(JSON.stringify(record), isKept) as object;
}

test('C-10 a hierarchy of an earlier version is one with the policies that nobody has set', () => {
  const store = createTestingStore();
  const hierarchy = aHierarchy();
  const later = ['checks', 'tunables', 'failovers', 'failoverWindowMs', 'switchback', 'maintenance'];
  store.set(keys.hierarchy(hierarchy.id), without(hierarchy, ...later));
  expect(store.snapshot().view.hierarchies[hierarchy.id]).toEqual({
    ...hierarchy,
    resources: hierarchy.resources.map((one) => ({ ...one, checks: defaultChecks, tunables: {} })),
    recovery: {
      ...hierarchy.recovery,
      failovers: defaultRecovery.failovers,
      failoverWindowMs: defaultRecovery.failoverWindowMs,
    },
    switchback: { kind: 'intelligent' },
    maintenance: false,
  });
});

test('C-10 a server of an earlier version is a voter that may do everything, and a term may name no owner', () => {
  const store = createTestingStore();
  const earlier = { name: 'a', role: 'member', addresses: ['192.0.2.1'], port: 7600 };
  store.set(keys.server('a'), { ...earlier, etcdClientPort: 2379, etcdPeerPort: 2380 });
  store.set(keys.settings, { profile: 'safe' });
  store.set(keys.term('db'), { term: 3 });
  const { view, settings } = store.snapshot();
  expect(view.servers['a']).toMatchObject({
    etcd: 'voter',
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover',
    certificates: [],
  });
  expect(settings).toEqual({ profile: 'safe', maintenance: false, failsafe: true, tunables: {} });
  expect([view.terms['db'], view.lastOwners['db']]).toEqual([3, undefined]);
});
