import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { ProgramError } from '@holdfast/lab/program';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { etcdLeader } from './etcd-calls.ts';
import {
  createTestCluster,
  daemonOf,
  etcdOf,
  guardOf,
  kill,
  otherThan,
  ownerOf,
  recoveryMs,
  restoreOrder,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
afterEach(() => restoreOrder(cluster), 120_000);
afterAll(() => cluster.dispose(), 60_000);

test('R-05 power loss of the owner: the next server takes over, and the lost one comes back as a standby', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.powerOff();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    await owner.start();
    await cluster.waitForServer(owner.name, recoveryMs);
    expect((await ownerOf(cluster)).name).toBe(other.name);
  });
}, 120_000);

test('S3 a server that is frozen beyond its lease is reset by its watchdog before another one takes over', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.freeze();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    expect(owner.box.state()).toBe('off');
    await flows();
  });
}, 120_000);

test('S3 kill -9 of guard and daemon for good: the watchdog resets the server, and another one takes over', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    owner.daemon.hold();
    kill(daemonOf(owner), guardOf(owner));
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    expect(owner.box.state()).toBe('off');
    await flows();
  });
}, 120_000);

test("S3 kill -9 of etcd's leader alone interrupts nothing: a member is started again", async () => {
  const owner = await ownerOf(cluster);
  const leader = cluster.server(await etcdLeader(cluster));
  const [before] = (await cluster.status()).hierarchies;
  await whileWriting(cluster, async ({ client }) => {
    kill(etcdOf(leader));
    await client.waitForCommits(400, recoveryMs);
    expect(await client.outages(1_500)).toEqual([]);
  });
  const [after] = (await cluster.status()).hierarchies;
  expect((await ownerOf(cluster)).name).toBe(owner.name);
  expect(after?.owner?.term).toBe(before?.owner?.term);
}, 120_000);

test("R-05 etcd's leader dies together with the owner: the next server takes over all the same", async () => {
  // The hierarchy is brought to wherever etcd's leader is, or its leader's server is lost with the owner.
  const leader = await etcdLeader(cluster);
  const owner = await ownerOf(cluster);
  const target = cluster.server(leader).role === 'member' ? leader : owner.name;
  if (owner.name !== target) {
    await owner.holdfast(['in-service', cluster.tags.postgresql, '--on', target]);
    await cluster.waitForService({ on: target, timeoutMs: recoveryMs });
  }
  const lost = cluster.server(target);
  const other = otherThan(cluster, lost);
  await whileWriting(cluster, async ({ flows }) => {
    if (leader !== target) kill(etcdOf(cluster.server(leader)));
    await lost.box.powerOff();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 120_000);

test('S2 (needs root) the owner is cut off from the network: it stops before its lease ends, and another one takes over', async (context) => {
  if (!cluster.boxes.network)
    return context.skip('links can be cut in network namespaces only, which needs root');
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.cut();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    await owner.box.heal();
    await cluster.waitForServer(owner.name, recoveryMs);
    expect((await ownerOf(cluster)).name).toBe(other.name);
  });
}, 120_000);

test.each([
  ['the owner first', ['server1', 'server2']],
  ['the other one first', ['server2', 'server1']],
])(
  'R-05 all servers off and on again, %s: the hierarchy is in service on one of them',
  async (_name, order) => {
    await whileWriting(cluster, async ({ flows }) => {
      await Promise.all(cluster.servers.map(({ box }) => box.powerOff()));
      await cluster.server('witness').start();
      for (const name of order) await cluster.server(name).start();
      await cluster.waitForService({ timeoutMs: recoveryMs });
      await flows();
    });
  },
  180_000,
);

test('H-03 two switchovers at once: one is carried out, the other is refused', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    const command = ['in-service', cluster.tags.postgresql, '--on', other.name];
    const results = await Promise.allSettled([owner.holdfast(command), other.holdfast(command)]);
    const refused = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as unknown);
    expect(refused.length).toBeLessThanOrEqual(1);
    for (const error of refused) {
      expect(error).toBeInstanceOf(ProgramError);
      expect(String(error)).toMatch(/HF-HIER-\d+/);
    }
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    await waitFor(
      async () => (await cluster.status()).hierarchies.every(({ operation }) => operation === null),
      {
        what: 'the end of every operation',
        timeoutMs: recoveryMs,
      },
    );
  });
}, 120_000);
