import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createKeys } from '@holdfast/contract';
import { queryDatabase, waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { putKey, readKeys } from './etcd-calls.ts';
import {
  anotherGuard,
  createTestCluster,
  daemonOf,
  etcdOf,
  eventAfter,
  gone,
  guardOf,
  instantMs,
  kill,
  otherThan,
  ownerOf,
  postgresOf,
  postmasterOf,
  recoveryMs,
  restoreOrder,
  signalAll,
  termOf,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
  const { postgresql } = cluster.tags;
  await cluster.server('server1').holdfast(['set', postgresql, '--deep-check', '1s', '--attempts', '50']);
}, 120_000);
afterEach(() => restoreOrder(cluster), 120_000);
afterAll(() => cluster.dispose(), 60_000);

test("C-10 kill -9 of a standby's daemon: the next one leaves what was adopted elsewhere alone", async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  const postmaster = postmasterOf(cluster, owner);
  const daemon = daemonOf(other);
  await whileWriting(cluster, async ({ client }) => {
    kill(daemon);
    await gone(daemon);
    await other.waitForDaemon(recoveryMs);
    await waitFor(async () => (await other.api.status()).store.state === 'available', {
      what: 'a daemon that knows the cluster',
      timeoutMs: recoveryMs,
    });
    await client.waitForCommits(200, recoveryMs);
    expect(await client.outages(1_000)).toEqual([]);
  });
  expect(postmasterOf(cluster, owner).pid).toBe(postmaster.pid);
}, 120_000);

test("R-02 kill -9 of one backend is PostgreSQL's own business: it recovers in place and nothing moves", async () => {
  const owner = await ownerOf(cluster);
  const postmaster = postmasterOf(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    const [row] = await queryDatabase(
      cluster.boxes,
      owner.box,
      cluster.database,
      `select count(*)::int as backends from pg_stat_activity where usename = 'application'`,
    );
    expect(row?.['backends']).toBeGreaterThan(0);
    const backends = postgresOf(cluster, owner).filter(({ parent }) => parent === postmaster.pid);
    kill(...backends.slice(-1));
    await flows();
  });
  expect((await ownerOf(cluster)).name).toBe(owner.name);
  expect(postmasterOf(cluster, owner).pid).toBe(postmaster.pid);
});

test('K-16 kill -9 of the postmaster alone, a busy backend left over: it is ended, and local recovery starts anew', async () => {
  const owner = await ownerOf(cluster);
  await whileWriting(cluster, async ({ flows }) => {
    const busy = new pg.Client({
      host: owner.box.seenFromOutside(cluster.boxes.socketDirectory),
      port: cluster.database.port,
      user: cluster.database.administrator,
      database: 'postgres',
    });
    busy.on('error', () => undefined);
    await busy.connect();
    const never = busy.query('select count(*) from generate_series(1, 1000000000000)').catch(() => undefined);
    const postmaster = postmasterOf(cluster, owner);
    const before = postgresOf(cluster, owner);
    kill(postmaster);
    await flows();
    await never;
    for (const process of before) await gone(process);
    await busy.end().catch(() => undefined);
  });
  expect((await ownerOf(cluster)).name).toBe(owner.name);
}, 120_000);

test('R-02 kill -9 of everything of PostgreSQL is repaired on the same server', async () => {
  const owner = await ownerOf(cluster);
  await whileWriting(cluster, async ({ flows }) => {
    kill(...postgresOf(cluster, owner));
    await flows();
  });
  expect((await ownerOf(cluster)).name).toBe(owner.name);
}, 120_000);

test('C-10 kill -9 of the daemon leaves PostgreSQL running, and the next daemon takes it over', async () => {
  const owner = await ownerOf(cluster);
  const postmaster = postmasterOf(cluster, owner);
  const daemon = daemonOf(owner);
  await whileWriting(cluster, async ({ client }) => {
    const since = instantMs();
    kill(daemon);
    await gone(daemon);
    await eventAfter(cluster, since, 'restored', { term: await termOf(cluster) });
    expect(await client.outages(1_000)).toEqual([]);
  });
  expect(postmasterOf(cluster, owner).pid).toBe(postmaster.pid);
}, 120_000);

/** What later versions added to the records; read without them they mean what was done before. */
const addedLater = new Set([
  ...['etcd', 'certificates', 'confirmFailover', 'blockFailover', 'shutdownStrategy'],
  ...['checks', 'tunables', 'failovers', 'failoverWindowMs', 'switchback', 'maintenance', 'failsafe'],
]);

function asEarlier(text: string, added: ReadonlySet<string>): string {
  const isKnown = (name: string, value: unknown): unknown => (added.has(name) ? undefined : value);
  return JSON.stringify(JSON.parse(text, isKnown));
}

/** The server with its daemon, which is the next one's when this settles; its file is an earlier version's. */
async function upgrade(server: LabServer): Promise<void> {
  const file = path.join(server.box.directories.state, 'server.json');
  writeFileSync(file, asEarlier(readFileSync(file, 'utf8'), new Set(['contacts'])));
  const daemon = daemonOf(server);
  kill(daemon);
  await gone(daemon);
  await server.waitForDaemon(recoveryMs);
}

test('C-10 the next version finds the records of the one before: nothing is moved, stopped or taken out, and they are completed', async () => {
  const owner = await ownerOf(cluster);
  const keys = createKeys((await owner.api.status()).cluster);
  const going = (): readonly number[] =>
    [postmasterOf(cluster, owner), ...cluster.servers.flatMap((one) => [guardOf(one), etcdOf(one)])].map(
      ({ pid }) => pid,
    );
  const before = going();
  const term = await termOf(cluster);
  let servers: readonly Readonly<Record<string, unknown>>[] = [];
  await whileWriting(cluster, async ({ client }) => {
    for (const [key, text] of await readKeys(owner, keys.config))
      await putKey(owner, key, asEarlier(text, addedLater));
    for (const [key, text] of await readKeys(owner, keys.term('')))
      await putKey(owner, key, asEarlier(text, new Set(['server'])));
    const since = instantMs();
    for (const server of cluster.servers) await upgrade(server);
    await eventAfter(cluster, since, 'restored', { term });
    const areWhole = async (): Promise<boolean> => {
      const texts = [...(await readKeys(owner, keys.server(''))).values()];
      servers = texts.map((text) => JSON.parse(text) as Readonly<Record<string, unknown>>);
      return servers.every(({ certificates }) => Array.isArray(certificates) && certificates.length === 2);
    };
    const describe = (): string => JSON.stringify(servers);
    await waitFor(areWhole, { what: 'whole records', timeoutMs: recoveryMs, describe });
    expect(await client.outages(1_500)).toEqual([]);
  });
  expect([going(), await termOf(cluster)]).toEqual([before, term]);
  const policy = {
    etcd: 'voter',
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'switchover',
  };
  expect(servers).toEqual(cluster.servers.map(() => expect.objectContaining(policy)));
  await owner.holdfast(['set', cluster.tags.postgresql, '--deep-check', '1s', '--attempts', '50']);
  const [hierarchy = ''] = (await readKeys(owner, keys.hierarchy(''))).values();
  expect(JSON.parse(hierarchy)).toMatchObject({
    resources: expect.arrayContaining([
      expect.objectContaining({ checks: expect.objectContaining({ deepEveryMs: 1_000 }), tunables: {} }),
    ]),
    recovery: { attempts: 50, failovers: 6 },
    switchback: { kind: 'intelligent' },
    maintenance: false,
  });
}, 180_000);

test('S3 kill -9 of the guard alone: another one goes on with the lease, and nothing stops', async () => {
  const owner = await ownerOf(cluster);
  const guard = guardOf(owner);
  const term = await termOf(cluster);
  await whileWriting(cluster, async ({ client }) => {
    kill(guard);
    await gone(guard);
    await anotherGuard(owner, guard);
    await client.waitForCommits(200, recoveryMs);
    expect(await client.outages(1_000)).toEqual([]);
  });
  expect(await termOf(cluster)).toBe(term);
}, 120_000);

test('K-20 a frozen PostgreSQL is found by the deep check and started anew', async () => {
  const owner = await ownerOf(cluster);
  const postmaster = postmasterOf(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    signalAll(postgresOf(cluster, owner), 'SIGSTOP');
    await gone(postmaster);
    await flows();
  });
}, 120_000);

test('C-06 a daemon that is frozen for good: its guard stops PostgreSQL before the lease ends, and another server takes over', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  const daemon = daemonOf(owner);
  await whileWriting(cluster, async ({ flows }) => {
    signalAll([daemon], 'SIGSTOP');
    try {
      await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
      await flows();
      expect(postgresOf(cluster, owner)).toEqual([]);
    } finally {
      signalAll([daemon], 'SIGCONT');
    }
    await cluster.waitForServer(owner.name, recoveryMs);
    expect((await ownerOf(cluster)).name).toBe(other.name);
  });
}, 120_000);

test('C-06 a daemon that is dead for good ends the same way', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await whileWriting(cluster, async ({ flows }) => {
    owner.daemon.hold();
    kill(daemonOf(owner));
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    expect(postgresOf(cluster, owner)).toEqual([]);
    await flows();
  });
}, 120_000);
