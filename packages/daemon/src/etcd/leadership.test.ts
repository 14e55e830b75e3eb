import { defaultRecovery, noMemory, profiles, type Hierarchy, type StoreView } from '@holdfast/core';
import type { EngineState } from '@holdfast/engine/state';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from './gateway.ts';
import { chooseHeirs, moveLeaderAway } from './leadership.ts';
import { startTestCluster, waitFor, type TestCluster } from './testing.ts';

let etcd: TestCluster;
let gateway: Gateway;

beforeAll(async () => {
  etcd = await startTestCluster(3);
  gateway = etcd.gateway({ callTimeoutMs: 2_000 });
});
afterAll(async () => etcd.close());

test('P-01 a server that runs a hierarchy gives the lead of etcd to one that runs nothing', async () => {
  const leader = await etcd.leader();
  const [heir] = etcd.members.filter(({ name }) => name !== leader.name);
  if (!heir) throw new Error('the cluster has one member only');
  const lease = await gateway.leaseGrant(profiles.test.leaseTtlMs);
  expect(await moveLeaderAway({ gateway, endpoint: leader.clientUrl, heirs: () => [heir.name] })).toBe(
    heir.name,
  );
  expect((await etcd.leader()).name).toBe(heir.name);
  expect(await gateway.leaseKeepAlive(lease.lease)).toMatchObject({ state: 'renewed' });
});

test('a member that does not lead, or may lead, moves nothing', async () => {
  const leader = await etcd.leader();
  const [other] = etcd.members.filter(({ name }) => name !== leader.name);
  if (!other) throw new Error('the cluster has one member only');
  const { name } = leader;
  expect(await moveLeaderAway({ gateway, endpoint: other.clientUrl, heirs: () => [name] })).toBeUndefined();
  expect(await moveLeaderAway({ gateway, endpoint: leader.clientUrl, heirs: () => [] })).toBeUndefined();
  expect((await etcd.leader()).name).toBe(leader.name);
});

test('a member that is dead or unknown does not become the leader', async () => {
  const leader = await etcd.leader();
  const [dead, living] = etcd.members.filter(({ name }) => name !== leader.name);
  if (!dead || !living) throw new Error('the cluster has no three members');
  await dead.kill();
  const heirs = (): readonly string[] => ['unknown', dead.name, living.name];
  expect(await moveLeaderAway({ gateway, endpoint: leader.clientUrl, heirs })).toBe(living.name);
  dead.start();
  await waitFor(() => gateway.health(dead.clientUrl), { timeoutMs: 15_000, what: 'the third member' });
});

const hierarchy: Hierarchy = {
  id: 'pgsql',
  resources: [],
  priorities: { server1: 1, server2: 10 },
  recovery: defaultRecovery,
  switchback: { kind: 'intelligent' },
  maintenance: false,
};

function seen(change: {
  readonly owner?: string;
  readonly target?: string;
  readonly activity?: 'running' | 'stopped';
}): Pick<EngineState, 'snapshot' | 'hierarchies'> {
  const names = ['server1', 'server2', 'witness'];
  const view: StoreView = {
    settings: undefined,
    lastOwners: {},
    revision: 1,
    servers: Object.fromEntries(
      names.map((name) => [
        name,
        {
          name,
          role: name === 'witness' ? 'witness' : 'member',
          addresses: [],
          port: 1,
          etcdClientPort: 2,
          etcdPeerPort: 3,
          etcd: 'voter',
          confirmFailover: false,
          blockFailover: false,
          shutdownStrategy: 'switchover',
          certificates: [],
        },
      ]),
    ),
    paths: [],
    hierarchies: { pgsql: hierarchy },
    desired: {
      pgsql: { kind: 'in-service', operation: undefined, target: change.target, from: undefined },
    },
    terms: {},
    owners: change.owner === undefined ? {} : { pgsql: { server: change.owner, incarnation: 'i', term: 1 } },
    sessions: Object.fromEntries(
      names.map((server) => [
        server,
        { server, incarnation: 'i', version: '1', lease: '1', accepting: true },
      ]),
    ),
    failures: [],
    operations: {},
  };
  const activity =
    change.activity === 'stopped'
      ? ({ state: 'stopped' } as const)
      : ({ state: 'running', term: 1 } as const);
  const held = new Map([['pgsql', activity]]);
  const snapshot = {
    view,
    settings: undefined,
    statuses: [],
    revoked: {},
    configRevision: 1,
    modRevisions: new Map(),
  };
  return {
    snapshot,
    hierarchies: new Map([
      ['pgsql', { instances: held, memory: noMemory, warnings: new Map(), operation: undefined }],
    ]),
  };
}

test('the witness comes first, and who owns a hierarchy inherits nothing', () => {
  expect(chooseHeirs(seen({ owner: 'server1' }), 'server1')).toEqual(['witness', 'server2']);
  expect(chooseHeirs(seen({ owner: 'server2' }), 'server1')).toEqual([]);
});

test('nothing is moved while a hierarchy is under way', () => {
  expect(chooseHeirs(seen({ owner: 'server1', target: 'server2' }), 'server1')).toEqual([]);
  expect(chooseHeirs(seen({ owner: 'server1', activity: 'stopped' }), 'server1')).toEqual([]);
  expect(chooseHeirs(seen({}), 'server1')).toEqual([]);
});
