import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { findFreePort } from '@holdfast/lab/ports';
import { userInfo } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, otherThan, ownerOf, recoveryMs, whileWriting } from './testing.ts';

const second = 'pgsql-second';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

/** A further database cluster that runs on `server`, in a folder of storage that every server has. */
async function createSecond(server: LabServer, other: LabServer): Promise<void> {
  const { boxes, database } = cluster;
  const directory = path.join(boxes.directory, 'second');
  const data = path.join(directory, 'data');
  const port = await findFreePort();
  const ids = database.account ? { uid: database.account.uid, gid: database.account.gid } : {};
  const program = (name: string) => path.join(database.binDirectory, name);
  const owner = database.account?.name ?? userInfo().username;
  const steps: readonly (readonly [string, readonly string[], object])[] = [
    ['/usr/bin/install', ['-d', '-o', owner, directory], {}],
    ['/usr/bin/install', ['-d', '-m', '700', '-o', owner, data], {}],
    [program('initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '--locale=C'], ids],
    [
      program('pg_ctl'),
      [
        ...['start', '-w', '-D', data, '-l', path.join(data, 'log')],
        ...[
          '-o',
          `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${boxes.socketDirectory}`,
        ],
      ],
      ids,
    ],
  ];
  for (const [executable, args, who] of steps) {
    const { code, stderr } = await server.box.exec(executable, args, { timeoutMs: 60_000, ...who });
    if (code !== 0) throw new Error(`${executable}: ${stderr}`);
  }
  await server.holdfast([
    ...['create', 'postgresql', '--tag', second, '--port', String(port), '--data-directory', data],
    ...[
      '--executables',
      database.binDirectory,
      '--volume',
      `tag=volume-second,type=directory,path=${directory}`,
    ],
  ]);
  const own = [
    `${second}.executables=${database.binDirectory}`,
    `${second}.account=${database.account?.name ?? userInfo().username}`,
  ].flatMap((parameter) => ['--parameter', parameter]);
  await server.holdfast(['extend', second, '--to', other.name, ...own]);
}

async function ownerOfSecond(): Promise<string | undefined> {
  const { api } = cluster.server('witness');
  const { hierarchies } = await api.status();
  const found = hierarchies.find(({ id }) => id === second);
  const server = found?.owner?.server;
  const state = found?.resources[0]?.instances[server ?? '']?.state;
  return state === 'in-service' ? server : undefined;
}

test('K-23 two database clusters, each preferring another server: a failure moves one, and both serve', async () => {
  const owner = await ownerOf(cluster);
  const other = otherThan(cluster, owner);
  await createSecond(other, owner);
  expect(await ownerOfSecond()).toBe(other.name);
  await whileWriting(cluster, async ({ flows }) => {
    await owner.box.powerOff();
    await cluster.waitForService({ on: other.name, timeoutMs: recoveryMs });
    await flows();
    // The other one has not noticed.
    expect(await ownerOfSecond()).toBe(other.name);
    await owner.start();
    await cluster.waitForServer(owner.name, recoveryMs);
    await owner.holdfast(['in-service', second, '--on', owner.name]);
    expect(await ownerOfSecond()).toBe(owner.name);
    await owner.box.powerOff();
    await waitFor(async () => (await ownerOfSecond()) === other.name, {
      what: 'the second database cluster on the server that is left',
      timeoutMs: recoveryMs,
    });
    expect((await ownerOf(cluster)).name).toBe(other.name);
    await flows();
  });
}, 180_000);

test('K-23 a port and a data directory belong to one resource of the cluster', async () => {
  const owner = await ownerOf(cluster);
  const { database } = cluster;
  const again = owner.holdfast([
    ...['create', 'postgresql', '--tag', 'again', '--port', String(database.port)],
    ...['--data-directory', database.dataDirectory, '--executables', database.binDirectory],
  ]);
  await expect(again).rejects.toThrow(/HF-/);
});
