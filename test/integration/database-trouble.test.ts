import { defaultChecks } from '@holdfast/core';
import { queryDatabase, waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import path from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  createTestCluster,
  daemonOf,
  eventAfter,
  gone,
  instantMs,
  kill,
  ownerOf,
  postgresOf,
  postmasterOf,
  recoveryMs,
  restoreOrder,
  termOf,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
  // Many failures follow each other here, and each is to be repaired where it was.
  const policy = ['--rest', '3s', '--attempts', '100', '--deep-check', '1s'];
  await cluster.server('server1').holdfast(['set', cluster.tags.postgresql, ...policy]);
}, 120_000);
afterEach(() => restoreOrder(cluster), 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** Runs a program on a server as the owner of the data; answers what it wrote. */
async function asOwner(
  server: LabServer,
  executable: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { account } = cluster.database;
  const ids = account ? { uid: account.uid, gid: account.gid } : {};
  const result = await server.box.exec(executable, args, {
    timeoutMs: 60_000,
    ...ids,
    ...(input === undefined ? {} : { input }),
  });
  if (result.code !== 0) throw new Error(`${executable} ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

const query = (server: LabServer, text: string) =>
  queryDatabase(cluster.boxes, server.box, cluster.database, text);

function dataFile(name: string): string {
  return path.join(cluster.database.dataDirectory, name);
}

async function databaseOn(server: LabServer) {
  const [hierarchy] = (await cluster.status()).hierarchies;
  const resource = hierarchy?.resources.find(({ tag }) => tag === cluster.tags.postgresql);
  const instance = resource?.instances[server.name];
  return {
    summary: hierarchy?.summary,
    owner: hierarchy?.owner?.server,
    state: instance?.state,
    code: instance?.reason?.code,
  };
}

async function becomes(
  server: LabServer,
  wanted: Partial<Awaited<ReturnType<typeof databaseOn>>>,
): Promise<void> {
  await waitFor(
    async () => {
      const seen = await databaseOn(server).catch(() => undefined);
      return (
        seen && Object.entries(wanted).every(([name, value]) => seen[name as keyof typeof seen] === value)
      );
    },
    {
      what: JSON.stringify(wanted),
      timeoutMs: recoveryMs,
      everyMs: 50,
      describe: async () =>
        JSON.stringify([
          await databaseOn(server),
          (await cluster.events()).slice(-15).map(({ code, facts }) => [code, facts['cause']]),
        ]),
    },
  );
}

test('R-09 (needs root) a full disk: failed with that cause, nothing moves, and it comes back when there is room', async (context) => {
  if (cluster.boxes.volume.kind !== 'device')
    return context.skip('without a disk of its own the volume cannot be filled');
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const ballast = path.join(cluster.boxes.volume.mountPoint, 'ballast');
  const makeRoom = () => server.box.exec('/usr/bin/rm', ['-f', ballast], { timeoutMs: 10_000 });
  try {
    await whileWriting(cluster, async ({ flows }) => {
      const free = await server.box.exec('/usr/bin/df', ['--output=avail', '-B1', path.dirname(ballast)], {
        timeoutMs: 10_000,
      });
      const bytes = Number(free.stdout.trim().split('\n').at(-1));
      const filled = await server.box.exec(
        '/usr/bin/fallocate',
        ['-l', String(bytes - 4 * 1024 * 1024), ballast],
        {
          timeoutMs: 30_000,
        },
      );
      expect(filled.code, filled.stderr).toBe(0);
      await fillWriteAheadLog(server);
      await becomes(server, { owner: server.name, state: 'failed', code: 'disk-full', summary: 'failed' });
      await makeRoom();
      await flows();
    });
  } finally {
    await makeRoom();
  }
  expect(await databaseOn(server)).toMatchObject({ owner: server.name });
  expect(await termOf(cluster)).toBe(term);
}, 180_000);

/** Uses segment after segment, until there is no room for another one. */
async function fillWriteAheadLog(server: LabServer): Promise<void> {
  const end = instantMs() + recoveryMs;
  const more =
    'create table if not exists filler (n int, t text); insert into filler select g, repeat(md5(g::text), 50) from generate_series(1, 20000) g';
  while (instantMs() < end) {
    try {
      await query(server, more);
    } catch {
      if (postgresOf(cluster, server).length === 0) return;
    }
  }
}

test('R-09 a broken configuration is named in plain words, moves nothing, and an operator brings it back', async () => {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const file = dataFile('postgresql.conf');
  const before = await asOwner(server, '/usr/bin/cat', [file]);
  await whileWriting(cluster, async ({ flows }) => {
    await asOwner(server, '/usr/bin/tee', [file], `${before}\nshared_buffers = 'a lot'\n`);
    kill(...postgresOf(cluster, server));
    await becomes(server, { owner: server.name, state: 'failed', code: 'configuration-invalid' });
    const explained = await server.holdfast(['status']);
    expect(explained).toMatch(/configuration of PostgreSQL has an error/);
    await asOwner(server, '/usr/bin/tee', [file], before);
    await server.holdfast(['in-service', cluster.tags.postgresql]);
    await flows();
  });
  expect((await ownerOf(cluster)).name).toBe(server.name);
  expect(await termOf(cluster)).toBe(term);
}, 180_000);

test('R-09 a damaged control file: failed as damaged data, and nothing moves', async () => {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const file = dataFile('global/pg_control');
  await whileWriting(cluster, async ({ flows }) => {
    await server.holdfast(['set', cluster.tags.postgresql, '--maintenance', 'on']);
    kill(...postgresOf(cluster, server));
    await asOwner(server, '/usr/bin/cp', [file, `${file}.kept`]);
    await asOwner(server, '/usr/bin/truncate', ['-s', '100', file]);
    await server.holdfast(['set', cluster.tags.postgresql, '--maintenance', 'off']);
    await becomes(server, { owner: server.name, state: 'failed', code: 'data-damaged' });
    await asOwner(server, '/usr/bin/mv', [`${file}.kept`, file]);
    await flows();
  });
  expect((await ownerOf(cluster)).name).toBe(server.name);
  expect(await termOf(cluster)).toBe(term);
}, 180_000);

test('K-20 a removed "trust" line: degraded with that cause, and neither a restart nor a failover', async () => {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const file = dataFile('pg_hba.conf');
  const before = await asOwner(server, '/usr/bin/cat', [file]);
  const { pid } = postmasterOf(cluster, server);
  await whileWriting(cluster, async ({ flows }) => {
    const application = before.split('\n').filter((line) => line.includes('application'));
    await asOwner(server, '/usr/bin/tee', [file], `${application.join('\n')}\n`);
    await query(
      server,
      "select pg_reload_conf(), pg_sleep(0.5), pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast'",
    ).catch(() => undefined);
    await becomes(server, { owner: server.name, state: 'degraded', code: 'login-refused' });
    await flows();
    await asOwner(server, '/usr/bin/tee', [file], before);
    process.kill(pid, 'SIGHUP');
    await becomes(server, { owner: server.name, state: 'in-service' });
  });
  expect(postmasterOf(cluster, server).pid).toBe(pid);
  expect(await termOf(cluster)).toBe(term);
}, 120_000);

test('K-20 all connection slots taken: degraded with superuser_reserved_connections named, and no failover', async () => {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const { pid } = postmasterOf(cluster, server);
  await whileWriting(cluster, async ({ flows }) => {
    const clients = await takeAllSlots(server);
    // A daemon that starts anew has no session from before; its old one leaves a slot, which goes at once.
    const daemon = daemonOf(server);
    kill(daemon);
    await gone(daemon);
    await waitFor(
      async () => {
        const more = await takeAllSlots(server);
        clients.push(...more);
        return more.length > 0;
      },
      { what: 'the slot of the daemon', timeoutMs: recoveryMs },
    );
    await becomes(server, { owner: server.name, state: 'degraded', code: 'too-many-clients' });
    expect(await server.holdfast(['status'])).toMatch(/no free connection/);
    for (const client of clients) await client.end();
    await becomes(server, { owner: server.name, state: 'in-service' });
    await flows();
  });
  expect(postmasterOf(cluster, server).pid).toBe(pid);
  expect(await termOf(cluster)).toBe(term);
}, 120_000);

/** Sessions of superusers, until there is no slot left. */
async function takeAllSlots(server: LabServer): Promise<pg.Client[]> {
  const { database, boxes } = cluster;
  const clients: pg.Client[] = [];
  for (let count = 0; count < 100; count += 1) {
    const client = new pg.Client({
      host: server.box.seenFromOutside(boxes.socketDirectory),
      port: database.port,
      user: database.administrator,
      database: 'postgres',
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch {
      return clients;
    }
    clients.push(client);
  }
  throw new Error('there is always one more slot');
}

test('K-21 "pg_ctl stop" by hand is put right on the same server', async () => {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    const { binDirectory, dataDirectory } = cluster.database;
    await asOwner(server, path.join(binDirectory, 'pg_ctl'), [
      'stop',
      '-w',
      '-s',
      '-m',
      'fast',
      '-D',
      dataDirectory,
    ]);
    await eventAfter(cluster, since, 'resource-failed', { cause: 'stopped-by-hand' });
    await flows();
  });
  expect((await ownerOf(cluster)).name).toBe(server.name);
  expect(await termOf(cluster)).toBe(term);
}, 120_000);

test('K-14 K-21 a postmaster that somebody starts with pg_ctl during maintenance is adopted, not restarted', async () => {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const { binDirectory, dataDirectory, port } = cluster.database;
  const options = ['-D', dataDirectory, '-l', '/dev/null', '-o', `-p ${String(port)}`];
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    await server.holdfast(['set', cluster.tags.postgresql, '--maintenance', 'on']);
    await asOwner(server, path.join(binDirectory, 'pg_ctl'), [
      'restart',
      '-w',
      '-s',
      '-m',
      'fast',
      ...options,
    ]);
    const { pid } = postmasterOf(cluster, server);
    await flows();
    await eventAfter(cluster, since, 'found-running');
    await server.holdfast(['set', cluster.tags.postgresql, '--maintenance', 'off']);
    await becomes(server, { owner: server.name, summary: 'normal', state: 'in-service' });
    expect(postmasterOf(cluster, server).pid).toBe(pid);
  });
  expect(await termOf(cluster)).toBe(term);
}, 120_000);

test('R-04 (needs root) an address that is taken away is put back beneath the running database', async (context) => {
  if (!cluster.boxes.network) return context.skip('addresses of the loopback cannot be taken away');
  const server = await ownerOf(cluster);
  const { pid } = postmasterOf(cluster, server);
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    const shown = await server.box.exec('/usr/sbin/ip', ['-o', 'addr'], { timeoutMs: 5_000 });
    const line = shown.stdout.split('\n').find((one) => one.includes(`${cluster.boxes.floatingAddress}/`));
    const [, device = '', address = ''] = /^\d+:\s+(\S+)\s+inet\s+(\S+)/.exec(line ?? '') ?? [];
    await server.box.exec('/usr/sbin/ip', ['addr', 'del', address, 'dev', device], { timeoutMs: 5_000 });
    await eventAfter(cluster, since, 'recovered');
    await flows();
  });
  expect(postmasterOf(cluster, server).pid).toBe(pid);
}, 120_000);

test('R-04 (needs root) a volume that fails takes the database with it: both are repaired on the same server', async (context) => {
  const { boxes, tags } = cluster;
  if (boxes.volume.kind !== 'device') return context.skip('a directory has no file system of its own');
  await loseVolume(boxes.volume.mountPoint, (server) =>
    waitFor(async () => (await stateOf(server, tags.volume)) === 'failed', {
      what: 'the failed volume to be noticed',
      timeoutMs: recoveryMs,
    }),
  );
}, 180_000);

test('R-02 R-04 (needs root) a volume that has failed since it was last checked is found by the start that fails on it, and repaired', async (context) => {
  const { boxes, tags } = cluster;
  if (boxes.volume.kind !== 'device') return context.skip('a directory has no file system of its own');
  const { quickEveryMs, deepEveryMs } = defaultChecks;
  const set = (...changes: readonly string[]) =>
    cluster.server('server1').holdfast(['set', tags.volume, ...changes]);
  await set('--quick-check', '0', '--deep-check', '0');
  await loseVolume(boxes.volume.mountPoint, () => Promise.resolve());
  await set('--quick-check', `${quickEveryMs}ms`, '--deep-check', `${deepEveryMs}ms`);
}, 180_000);

/** The volume becomes read-only while the database is down; both are back on the same server in the same term. */
async function loseVolume(
  mountPoint: string,
  untilSeen: (server: LabServer) => Promise<unknown>,
): Promise<void> {
  const server = await ownerOf(cluster);
  const term = await termOf(cluster);
  const { pid } = postmasterOf(cluster, server);
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    // A file system with open files cannot be made read-only: the database goes first.
    await server.holdfast(['set', cluster.tags.postgresql, '--maintenance', 'on']);
    kill(...postgresOf(cluster, server));
    await waitFor(() => postgresOf(cluster, server).length === 0, {
      what: 'the end of PostgreSQL',
      timeoutMs: recoveryMs,
    });
    const remount = ['-o', 'remount,ro', mountPoint];
    const remounted = await server.box.exec('/usr/bin/mount', remount, { timeoutMs: 10_000 });
    expect(remounted.code, remounted.stderr).toBe(0);
    await untilSeen(server);
    await server.holdfast(['set', cluster.tags.postgresql, '--maintenance', 'off']);
    await eventAfter(cluster, since, 'restored');
    await flows();
  });
  expect(postmasterOf(cluster, server).pid).not.toBe(pid);
  expect(await termOf(cluster)).toBe(term);
}

/** The state of one resource's instance on its server. */
async function stateOf(server: LabServer, tag: string): Promise<string | undefined> {
  const [hierarchy] = (await server.api.status()).hierarchies;
  return hierarchy?.resources.find((resource) => resource.tag === tag)?.instances[server.name]?.state;
}
