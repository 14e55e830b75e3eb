import type { PathsAnswer } from '@holdfast/contract';
import { profiles } from '@holdfast/core';
import { createLabServer, createServerBoxes, waitFor, type LabServer, type ServerBoxes } from '@holdfast/lab';
import { findFreePort } from '@holdfast/lab/ports';
import { ProgramError } from '@holdfast/lab/program';
import { afterAll, beforeAll, expect, test } from 'vitest';

let boxes: ServerBoxes;
let first: LabServer;
let other: LabServer;

beforeAll(async () => {
  boxes = await createServerBoxes('loopback', {
    servers: ['server1', 'server2'],
    withVolume: 0,
    networks: 2,
  });
  [first, other] = await Promise.all([makeServer('server1'), makeServer('server2')]);
  const ports = await Promise.all([findFreePort(), findFreePort(), findFreePort()]);
  await first.holdfast(['init', '--profile', 'test', ...options(first, ports)]);
  await start(first);
  const token = await first.holdfast(['token']);
  await other.holdfast(['join', '-', ...options(other, ports)], { input: token });
  await start(other);
}, 120_000);

afterAll(async () => {
  first?.dispose();
  other?.dispose();
  await boxes?.dispose();
}, 60_000);

function makeServer(name: string): Promise<LabServer> {
  const box = boxes.server(name);
  return Promise.resolve(
    createLabServer(box, { role: 'member', profile: profiles.safe, onReset: () => undefined }),
  );
}

function secondAddress(server: LabServer): string {
  return server.box.addresses[1] ?? '';
}

function options(server: LabServer, [port, client, peer]: readonly number[]): readonly string[] {
  return [
    ...['--name', server.name, ...server.box.addresses.flatMap((address) => ['--address', address])],
    ...['--process-scope', 'own', '--service-manager', 'direct', '--address-kind', 'loopback'],
    ...['--port', String(port), '--etcd-client-port', String(client), '--etcd-peer-port', String(peer)],
  ];
}

async function start(server: LabServer): Promise<void> {
  await server.start();
  await server.waitForDaemon(30_000);
  await waitFor(
    async () =>
      (await server.api.status()).servers.find(({ name }) => name === server.name)?.lease === 'good',
    { what: `a lease of ${server.name}`, timeoutMs: 30_000 },
  );
}

async function path(...words: readonly string[]): Promise<PathsAnswer['paths']> {
  const answer = JSON.parse(await first.holdfast(['path', ...words, '-o', 'json'])) as PathsAnswer;
  return answer.paths;
}

async function refusalOf(...words: readonly string[]): Promise<string> {
  const error: unknown = await first.holdfast(['path', ...words]).catch((reason: unknown) => reason);
  if (!(error instanceof ProgramError)) throw new Error(`not refused: ${words.join(' ')}`);
  return /HF-[A-Z]+-\d+/.exec(error.result.stderr)?.[0] ?? error.result.stderr;
}

async function waitForPath(id: string, wanted: 'alive' | 'gone'): Promise<void> {
  await waitFor(
    async () => {
      const found = (await path('list')).find((one) => one.id === id);
      if (wanted === 'gone') return found === undefined;
      return found !== undefined && Object.values(found.views).every((view) => view?.state === 'alive');
    },
    {
      what: `path ${id} to be ${wanted}`,
      timeoutMs: 20_000,
      everyMs: 100,
      describe: async () => JSON.stringify(await path('list')),
    },
  );
}

test('C-02 servers with two networks have a path on each from the join on, and no server is a warning', async () => {
  for (const number of [1, 2]) await waitForPath(`server1.server2.${number}`, 'alive');
  expect(
    (await path('list')).map(({ ends, priority }) => [...ends.map((end) => end.address), priority]),
  ).toEqual([
    [first.box.address, other.box.address, 1],
    [secondAddress(first), secondAddress(other), 2],
  ]);
  const { servers } = await first.api.status();
  expect(servers.map(({ state, reason }) => ({ state, reason }))).toEqual([
    { state: 'alive', reason: null },
    { state: 'alive', reason: null },
  ]);
}, 90_000);

test('C-02 a path is made, changed and deleted while the servers run, and both ends show it', async () => {
  await path('delete', 'server1.server2.2');
  await waitForPath('server1.server2.2', 'gone');
  expect((await first.api.status()).servers.map(({ reason }) => reason?.code)).toEqual([
    'path-not-redundant',
    'path-not-redundant',
  ]);
  const ends = [`server2=${secondAddress(other)}`, `server1=${secondAddress(first)}`];
  expect(await path('create', ...ends, '--dry-run')).toHaveLength(1);
  await path('create', ...ends, '--priority', '2', '--interval', '200ms', '--misses', '3');
  await waitForPath('server1.server2.2', 'alive');
  const [, made] = await path('set', 'server1.server2.2', '--interval', '300ms');
  expect(made).toMatchObject({ id: 'server1.server2.2', priority: 2, intervalMs: 300, misses: 3 });
  expect((await other.holdfast(['path', 'list'])).includes('server1.server2.2')).toBe(true);
  await path('delete', 'server1.server2.2');
  await waitForPath('server1.server2.2', 'gone');
}, 90_000);

test('C-02 what makes no sense is refused with a code, and nothing changes', async () => {
  const before = await path('list');
  const [one, two] = [first.box.address, other.box.address];
  expect(await refusalOf('delete', 'server1.server2.1')).toBe('HF-CLUSTER-031');
  expect(await refusalOf('delete', 'nothing')).toBe('HF-CLUSTER-030');
  expect(await refusalOf('create', `server1=${one}`, `server2=${two}`)).toBe('HF-CLUSTER-033');
  expect(await refusalOf('create', `server1=${one}`, 'server2=127.0.0.9')).toBe('HF-CLUSTER-032');
  expect(await refusalOf('create', `server1=${one}`, `server1=${secondAddress(first)}`)).toBe(
    'HF-CLUSTER-035',
  );
  expect(await refusalOf('create', `server1=${one}`, `server9=${two}`)).toBe('HF-HIER-005');
  expect(await refusalOf('create', 'server1', `server2=${two}`)).toBe('HF-CLI-004');
  expect((await path('list')).map(({ id, ends }) => ({ id, ends }))).toEqual(
    before.map(({ id, ends }) => ({ id, ends })),
  );
}, 90_000);
