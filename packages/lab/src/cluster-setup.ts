import { userInfo } from 'node:os';
import type { StatusAnswer } from '@holdfast/contract';
import type { LabCluster, LabClusterOptions } from './cluster.ts';
import { createDatabase, mountVolume, startDatabase, type LabDatabase } from './database.ts';
import { waitFor } from './deadline.ts';
import type { LabServer } from './lab-server.ts';
import { findFreePort, findPort } from './ports.ts';
import type { ServerBoxes } from './server-box.ts';

export interface Surroundings {
  readonly boxes: ServerBoxes;
  readonly servers: readonly LabServer[];
  readonly options: LabClusterOptions;
  readonly tell: (line: string) => void;
}

/**
 * Makes a cluster of servers that have nothing yet, as an administrator would: with the command line. The
 * database cluster is there before Holdfast, and runs on the first server when the hierarchy is created.
 */
export async function setUpCluster(
  surroundings: Surroundings,
): Promise<Pick<LabCluster, 'database' | 'tags'>> {
  const { boxes, servers, tell } = surroundings;
  const [first, ...others] = servers;
  if (!first) throw new Error('a cluster needs a server');
  const [database] = await Promise.all([
    prepareDatabase(boxes, first, tell),
    joinServers(surroundings, first, others),
  ]);
  tell('creating the hierarchy');
  const tags = { postgresql: 'pgsql', volume: 'volume', address: 'address' };
  await first.holdfast(['create', 'postgresql', ...describeHierarchy(boxes, first, database, tags)]);
  for (const [index, server] of others.entries()) {
    if (server.role !== 'member') continue;
    tell(`extending it to ${server.name}`);
    const priority = String((index + 1) * 10);
    const { volumeDevice } = server.box;
    const own = [
      `${tags.postgresql}.executables=${database.binDirectory}`,
      `${tags.postgresql}.account=${database.account?.name ?? userInfo().username}`,
      ...(volumeDevice === undefined ? [] : [`${tags.volume}.device=${volumeDevice}`]),
    ].flatMap((parameter) => ['--parameter', parameter]);
    await first.holdfast(['extend', tags.postgresql, '--to', server.name, '--priority', priority, ...own]);
  }
  return { database, tags };
}

async function prepareDatabase(
  boxes: ServerBoxes,
  server: LabServer,
  tell: (line: string) => void,
): Promise<LabDatabase> {
  tell('making a PostgreSQL database cluster on the volume');
  const database = await createDatabase(boxes, { on: server.box, port: await findPort(boxes) });
  await mountVolume(boxes, server.box);
  await startDatabase(server.box, database);
  return database;
}

/** Makes a cluster of the first server, and has the others join it, one after the other. */
export async function joinServers(
  { boxes, options, tell }: Surroundings,
  first: LabServer,
  others: readonly LabServer[],
): Promise<void> {
  const ports = boxes.network ? [] : await choosePorts();
  const describe = (server: LabServer): readonly string[] => [
    ...['--name', server.name, '--service-manager', 'direct'],
    ...server.box.addresses.flatMap((address) => ['--address', address]),
    ...(boxes.network
      ? ['--address-kind', 'kernel', '--process-scope', 'host']
      : ['--address-kind', 'loopback', '--process-scope', 'own']),
    ...(options.watchdog === false ? [] : ['--watchdog', server.box.watchdogFile]),
    ...['--defaults-file', server.defaultsFile],
    ...ports,
  ];
  tell('starting the daemons');
  await first.holdfast(['init', '--cluster', 'lab', '--profile', options.profile, ...describe(first)]);
  await first.start();
  await first.waitForDaemon(20_000);
  for (const server of others) {
    tell(`joining ${server.name}`);
    const token = await first.holdfast(['token']);
    const witness = server.role === 'witness' ? ['--witness'] : [];
    await server.holdfast(['join', '-', ...describe(server), ...witness], { input: token });
    await server.start();
    // It is a full part of the cluster when its session is there and it has its vote in etcd.
    await waitFor(async () => isThere(await first.api.status(), server.name), {
      what: `${server.name} to be a part of the cluster`,
      timeoutMs: 30_000,
      everyMs: 20,
      describe: async () => JSON.stringify((await first.api.status()).servers),
    });
  }
}

/** As many as vote in etcd at most; further servers are clients. */
const mostVoters = 5;

function isThere({ servers }: StatusAnswer, name: string): boolean {
  const voters = servers.filter(({ etcd }) => etcd === 'voter');
  const isFull = voters.length >= mostVoters;
  return servers.some(
    (server) => server.name === name && server.lease === 'good' && (server.etcd === 'voter' || isFull),
  );
}

/** In loopback mode the usual ports may be taken on all addresses by somebody else. */
async function choosePorts(): Promise<readonly string[]> {
  const [port, client, peer] = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  return [
    ...['--port', String(port), '--etcd-client-port', String(client), '--etcd-peer-port', String(peer)],
  ];
}

function describeHierarchy(
  boxes: ServerBoxes,
  server: LabServer,
  database: LabDatabase,
  tags: LabCluster['tags'],
): readonly string[] {
  const { volume } = boxes;
  const disk =
    volume.kind === 'device'
      ? `device=${server.box.volumeDevice ?? ''},mountPoint=${volume.mountPoint}`
      : `type=directory,path=${volume.mountPoint}`;
  return [
    ...['--tag', tags.postgresql, '--priority', '1', '--port', String(database.port)],
    ...['--data-directory', database.dataDirectory, '--executables', database.binDirectory],
    ...['--volume', `tag=${tags.volume},${disk}`],
    ...['--ip', `tag=${tags.address},address=${boxes.floatingAddress}`],
  ];
}
