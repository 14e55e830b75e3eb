import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { ProgramError } from '@holdfast/lab/program';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listKeys } from './etcd-calls.ts';
import { createTestCluster, daemonOf, gone, kill, postmasterOf, recoveryMs } from './testing.ts';

let cluster: LabCluster;

/** A database cluster that runs on server1, and that Holdfast has let go: every attempt to protect it begins alike. */
beforeAll(async () => {
  cluster = await createTestCluster();
  await cluster.server('server1').holdfast(['delete', cluster.tags.postgresql]);
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

function creation(changes: object = {}): object {
  const { database, boxes, tags } = cluster;
  const { volumeDevice } = cluster.server('server1').box;
  const volume =
    boxes.volume.kind === 'device'
      ? { device: volumeDevice, mountPoint: boxes.volume.mountPoint }
      : { type: 'directory', path: boxes.volume.mountPoint };
  const { port, dataDirectory, binDirectory: executables } = database;
  return {
    resources: [
      {
        kit: 'postgresql',
        tag: tags.postgresql,
        parameters: { port, dataDirectory, executables, ...changes },
      },
      { kit: 'volume', tag: tags.volume, parameters: volume },
      { kit: 'ip', tag: tags.address, parameters: { address: boxes.floatingAddress } },
    ],
  };
}

/** Every file below some directories of a server, with its contents; what is not there is nothing. */
function filesBelow(directories: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const directory of directories.filter((one) => existsSync(one)))
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) found[path] = createHash('sha256').update(readFileSync(path)).digest('hex');
    }
  return found;
}

/** What a creation could change of the servers and of the store. Counters stay there: terms never go back (S4). */
async function takePicture() {
  const servers = cluster.servers.map(({ box: { directories } }) =>
    filesBelow([
      join(directories.state, 'services'),
      ...['services', 'volumes', 'addresses'].map((name) => join(directories.run, name)),
    ]),
  );
  const first = cluster.server('server1');
  const { pid, startTicks } = postmasterOf(cluster, first);
  const keys = await listKeys(first, '/holdfast/');
  const addresses = await first.box.exec('/usr/sbin/ip', ['-o', 'address'], { timeoutMs: 5_000 });
  return {
    servers,
    keys: keys.filter((key) => /hierarchies|desired|owners?\/|operations|failures/.test(key)),
    postmaster: { pid, startTicks },
    addresses: addresses.stdout.match(/inet6? \S+/g)?.toSorted(),
  };
}

async function settledPicture() {
  const picture = await takePicture();
  return { ...picture, data: dataOf() };
}

/** Owner and mode of the data, where this process sees the volume as the servers do. */
function dataOf(): object | undefined {
  const { dataDirectory } = cluster.database;
  if (!existsSync(dataDirectory)) return undefined;
  const { uid, gid, mode } = statSync(dataDirectory);
  const options = readFileSync(join(dataDirectory, 'postmaster.opts'), 'utf8');
  return { uid, gid, mode, options, isOwned: existsSync(join(dataDirectory, '..', '.holdfast-owner')) };
}

/** Asks server1's daemon for a creation, and goes away after some time. Answers the status where one came first. */
function askAndLeave(body: object, afterMs: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const socketPath = join(cluster.server('server1').box.directories.run, 'holdfast.sock');
  const sent = request(
    {
      socketPath,
      path: '/api/v1/hierarchies',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    },
    (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    },
  );
  sent.on('error', () => resolve(undefined));
  sent.on('socket', () => setTimeout(() => sent.destroy(), afterMs));
  sent.end(JSON.stringify(body));
  return promise;
}

async function expectRefused(server: string, argv: readonly string[], code: string | RegExp): Promise<void> {
  const refused = await cluster
    .server(server)
    .holdfast(argv)
    .then(
      () => 'created',
      (error: unknown) => (error instanceof ProgramError ? error.result.stderr : String(error)),
    );
  expect(refused).toMatch(code);
}

function argv(changes: readonly string[]): readonly string[] {
  const { database } = cluster;
  return [
    ...['create', 'postgresql', '--tag', cluster.tags.postgresql],
    ...['--data-directory', database.dataDirectory, '--executables', database.binDirectory],
    ...changes,
  ];
}

test('K-09 a creation whose checks fail leaves both servers and the store as they were', async () => {
  const before = await settledPicture();
  const port = String(cluster.database.port);
  await expectRefused('server1', argv(['--port', '1']), 'HF-HIER-003');
  await expectRefused(
    'server1',
    argv(['--port', port, '--volume', 'type=directory,path=/usr']),
    'HF-HIER-003',
  );
  await expectRefused(
    'server2',
    argv(['--port', port, '--on', 'server1', '--user', 'nobody-known']),
    'HF-HIER-003',
  );
  await expectRefused('server1', argv(['--port', port, '--on', 'server2']), 'HF-HIER-003');
  expect(await settledPicture()).toEqual(before);
}, 60_000);

test('K-09 a creation on a server whose daemon is away leaves nothing', async () => {
  const before = await settledPicture();
  const other = cluster.server('server2');
  other.daemon.hold();
  const daemon = daemonOf(other);
  kill(daemon);
  await gone(daemon);
  try {
    await expectRefused('server1', argv(['--on', 'server2']), /HF-HIER-006|HF-CLUSTER-01\d/);
  } finally {
    await other.start();
  }
  await cluster.waitForServer('server2', recoveryMs);
  expect(await settledPicture()).toEqual(before);
}, 60_000);

test('K-09 a creation whose client goes away in the middle leaves nothing, or is complete', async () => {
  const before = await settledPicture();
  for (const afterMs of [30, 120, 300, 600]) {
    await askAndLeave(creation(), afterMs);
    // The daemon settles it by itself: the owner's key is the first to come and the last to go.
    const picture = await waitFor(
      async () => {
        const one = await settledPicture();
        const isRecorded = one.keys.some((key) => key.includes('/hierarchies/'));
        return isRecorded || JSON.stringify(one) === JSON.stringify(before) ? { one, isRecorded } : undefined;
      },
      { what: `the end of a creation left after ${afterMs} ms`, timeoutMs: recoveryMs, everyMs: 100 },
    );
    if (!picture.isRecorded) continue;
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
    await cluster.server('server1').holdfast(['delete', cluster.tags.postgresql]);
    expect(await settledPicture()).toEqual(before);
  }
  expect(postmasterOf(cluster, cluster.server('server1')).pid).toBe(before.postmaster.pid);
}, 60_000);
