import type { SettingsAnswer } from '@holdfast/contract';
import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  createTestCluster,
  daemonOf,
  eventAfter,
  instantMs,
  kill,
  otherThan,
  ownerOf,
  postgresOf,
  postmasterOf,
  recoveryMs,
  restoreOrder,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;
let killing: NodeJS.Timeout | undefined;

beforeAll(async () => {
  // Times that a busy machine keeps, too.
  cluster = await createTestCluster({ profile: 'safe' });
}, 120_000);
afterEach(async () => {
  bringBack();
  await restoreOrder(cluster);
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** Kills etcd on these servers again and again, because the daemons start it again: the others are no majority. */
function loseMajority(servers: readonly LabServer[]): void {
  const strike = (): void => {
    for (const server of servers) kill(...server.box.processes().filter(({ name }) => name === 'etcd'));
  };
  strike();
  killing = setInterval(strike, 150);
}

function bringBack(): void {
  clearInterval(killing);
}

/** Several leases. */
const longMs = 25_000;

async function pass(ms: number): Promise<void> {
  const until = instantMs() + ms;
  await waitFor(() => instantMs() >= until, { what: `${ms} ms to pass`, timeoutMs: ms + 5_000 });
}

test('C-08 etcd without a majority for several leases: the database goes on as if nothing were, and so it does afterwards', async () => {
  const owner = await ownerOf(cluster);
  const others = cluster.servers.filter(({ name }) => name !== owner.name);
  const [before] = (await cluster.status()).hierarchies;
  const postmaster = postmasterOf(cluster, owner);
  const begunAt = instantMs();
  await whileWriting(cluster, async ({ client }) => {
    const since = instantMs();
    loseMajority(others);
    await pass(longMs);
    await client.waitForCommits(200, recoveryMs);
    const { store, servers } = await owner.api.status();
    expect(store).toMatchObject({ state: 'unavailable', reason: { code: 'failsafe' } });
    expect(servers.find(({ name }) => name === owner.name)).toMatchObject({
      lease: 'held',
      state: 'warning',
    });
    expect(postgresOf(cluster, owner).map(({ pid }) => pid)).toContain(postmaster.pid);
    bringBack();
    await eventAfter(cluster, since, 'failsafe-ended');
    await client.waitForCommits(200, recoveryMs);
    expect(await client.outages(5_000)).toEqual([]);
  });
  expect(postgresOf(cluster, owner).map(({ pid }) => pid)).toContain(postmaster.pid);
  const [after] = (await cluster.status()).hierarchies;
  const told = (await cluster.events()).filter(({ instant = 0 }) => (instant ?? 0) >= begunAt);
  expect(told.filter(({ code }) => code === 'remove-started' || code === 'restore-started')).toEqual([]);
  expect(after?.owner?.term).toBe(before?.owner?.term);
}, 180_000);

test('C-08 S3 one server does not answer: the owner stops before its lease ends, and nobody else takes anything', async () => {
  const owner = await ownerOf(cluster);
  const others = cluster.servers.filter(({ name }) => name !== owner.name);
  const silent = cluster.server('witness');
  await whileWriting(cluster, async ({ flows }) => {
    silent.daemon.hold();
    kill(daemonOf(silent));
    loseMajority(others);
    await waitFor(() => postgresOf(cluster, owner).length === 0, {
      what: 'the end of the database',
      timeoutMs: 40_000,
    });
    await pass(6_000);
    for (const server of cluster.servers) expect(postgresOf(cluster, server)).toEqual([]);
    bringBack();
    await silent.start();
    await cluster.waitForService({ timeoutMs: recoveryMs });
    await flows();
  });
}, 180_000);

test('C-08 S3 the daemon of the owner dies while promises hold: everything is stopped in time', async () => {
  const owner = await ownerOf(cluster);
  const others = cluster.servers.filter(({ name }) => name !== owner.name);
  await whileWriting(cluster, async ({ client, flows }) => {
    loseMajority(others);
    await pass(14_000);
    await client.waitForCommits(20, recoveryMs);
    const killedAt = instantMs();
    owner.daemon.hold();
    kill(daemonOf(owner));
    await waitFor(() => postgresOf(cluster, owner).length === 0, {
      what: 'the end of the database',
      timeoutMs: 40_000,
    });
    // Not later than the last promise, which is as long as a lease in this profile.
    expect(instantMs() - killedAt).toBeLessThan(12_000);
    bringBack();
    await owner.start();
    await cluster.waitForService({ timeoutMs: recoveryMs });
    await flows();
  });
}, 180_000);

test('C-08 turned off, the database is stopped before its lease ends, as it was without failsafe', async () => {
  const owner = await ownerOf(cluster);
  const others = cluster.servers.filter(({ name }) => name !== owner.name);
  const settings = JSON.parse(
    await owner.holdfast(['set', '--failsafe', 'off', '-o', 'json']),
  ) as SettingsAnswer;
  expect(settings.settings.find(({ name }) => name === 'failsafe')).toMatchObject({
    value: false,
    source: 'cluster',
  });
  await whileWriting(cluster, async ({ flows }) => {
    loseMajority(others);
    await waitFor(() => postgresOf(cluster, owner).length === 0, {
      what: 'the end of the database',
      timeoutMs: 40_000,
    });
    bringBack();
    await cluster.waitForService({ timeoutMs: recoveryMs });
    await flows();
  });
  await owner.holdfast(['set', '--failsafe', 'on']);
}, 180_000);

test('C-08 the owner alone has lost etcd: its promises run out, and another server takes over', async (context) => {
  if (!cluster.boxes.network)
    return context.skip('links can be cut in network namespaces only, which needs root');
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.cut();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
  });
}, 180_000);
