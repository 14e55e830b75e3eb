import type { HierarchyBody } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { listChildren, listPossibleChildren } from './dependencies.ts';
import { listOpenServers } from './extension.ts';

function hierarchy(children: Readonly<Record<string, readonly string[]>>): HierarchyBody {
  const resources = Object.entries(children).map(([tag, beneath]) => ({
    tag,
    kit: 'volume',
    children: [...beneath],
    instances: {},
  }));
  return {
    id: resources[0]?.tag ?? '',
    summary: 'normal',
    desired: 'in-service',
    target: null,
    owner: null,
    operation: null,
    priorities: {},
    resources,
    protection: [],
    warnings: [],
  };
}

const cluster = {
  hierarchies: [hierarchy({ app: ['db'], db: ['volume'], volume: [] }), hierarchy({ other: [] })],
};

test('H-02 a resource may need what it does not need yet and what does not need it', () => {
  expect(listPossibleChildren(cluster, 'db')).toEqual(['other']);
  expect(listPossibleChildren(cluster, 'app')).toEqual(['volume', 'other']);
  expect(listPossibleChildren(cluster, 'volume')).toEqual(['other']);
});

test('H-02 what a resource needs directly can be taken from it', () => {
  expect(listChildren(cluster, 'app')).toEqual(['db']);
  expect(listChildren(cluster, 'nothing')).toEqual([]);
});

test('K-10 a hierarchy may be extended to members that it is not on, first to those that answer', () => {
  const server = (name: string, state: 'alive' | 'dead', role: 'member' | 'witness' = 'member') => ({
    name,
    role,
    state,
    reason: null,
    version: null,
    addresses: [],
    port: 1,
    lease: 'good' as const,
    leaseGoodForMs: null,
    etcd: 'voter' as const,
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover' as const,
    paths: [],
  });
  const servers = [
    server('a', 'alive'),
    server('b', 'dead'),
    server('c', 'alive'),
    server('w', 'alive', 'witness'),
  ];
  expect(listOpenServers({ servers }, { priorities: { a: 1 } })).toEqual(['c', 'b']);
});
