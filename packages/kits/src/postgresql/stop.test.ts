import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { readControlFile } from './control-file.ts';
import { createTestBench, eventually, type TestBench, type TestCluster } from './testing.ts';

let bench: TestBench;
const clusters: TestCluster[] = [];

beforeAll(async () => {
  bench = await createTestBench();
});
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.dispose();
});
afterAll(() => bench.dispose());

async function startCluster(options: Parameters<TestBench['createCluster']>[0] = {}): Promise<TestCluster> {
  const cluster = await bench.createCluster(options);
  clusters.push(cluster);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  return cluster;
}

async function stateOf(cluster: TestCluster): Promise<string | undefined> {
  return (await readControlFile(cluster.host.files, cluster.parameters.dataDirectory))?.state;
}

async function expectStopped(cluster: TestCluster): Promise<void> {
  expect(await cluster.processes()).toEqual([]);
  expect(await cluster.quickCheck()).toMatchObject({ state: 'not-running' });
  expect((await cluster.host.services.get(cluster.parameters.service))?.state).toBe('stopped');
}

test('K-17 stops cleanly with clients inside, and stopping again is a success', async () => {
  const cluster = await startCluster();
  const client = await cluster.connect();
  await client.query('BEGIN; CREATE TABLE unfinished (n int)');
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  await expectStopped(cluster);
  expect(await stateOf(cluster)).toBe('shut-down');
  expect(await cluster.remove()).toEqual({ state: 'ok' });
});

test('K-17 stopping what never ran is a success', async () => {
  const cluster = await bench.createCluster();
  clusters.push(cluster);
  expect(await cluster.remove()).toEqual({ state: 'ok' });
});

test('K-17 a hanging archive command does not keep a stop, and the data is shut down', async () => {
  const cluster = await startCluster({
    settings: ['archive_mode = on', "archive_command = 'exec sleep 600'"],
    limits: { lingerMs: 200, immediateStopMs: 1_000 },
  });
  await cluster.query('CREATE TABLE t (n int)');
  await cluster.query('SELECT pg_switch_wal()');
  await eventually(async () => (await cluster.processes()).some((view) => view.title.includes('sleep 600')), {
    state: () => cluster.processes(),
  });
  const startedAt = performance.now();
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(await stateOf(cluster)).toBe('shut-down');
  await expectStopped(cluster);
});

test('K-17 a postmaster held by SIGSTOP is killed with its family, without waiting for the limits', async () => {
  const cluster = await startCluster();
  const postmaster = await cluster.postmaster();
  await cluster.host.processes.signal(postmaster.pid, 'SIGSTOP', postmaster.startTicks);
  await eventually(async () => (await cluster.host.processes.activity(postmaster))?.stopped === true);
  const startedAt = performance.now();
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  await expectStopped(cluster);
});

test('K-17 a backend that hangs is got past by the immediate shutdown and the kill, each with its limit', async () => {
  const cluster = await startCluster({ limits: { fastStopMs: 300, immediateStopMs: 300 } });
  const client = await cluster.connect();
  const [row] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  const backend = await cluster.host.processes.get(row?.pid ?? 0);
  if (!backend) throw new Error('no backend');
  await cluster.host.processes.signal(backend.pid, 'SIGSTOP', backend.startTicks);
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  await expectStopped(cluster);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
});

test('K-17 an abort turns a stop that waits into one that ends at once', async () => {
  const cluster = await startCluster();
  const client = await cluster.connect();
  const [row] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  const backend = await cluster.host.processes.get(row?.pid ?? 0);
  if (!backend) throw new Error('no backend');
  await cluster.host.processes.signal(backend.pid, 'SIGSTOP', backend.startTicks);
  const abort = new AbortController();
  const removing = cluster.remove(abort.signal);
  await eventually(() => cluster.told.some((reason) => reason.code === 'fast-shutdown'));
  const startedAt = performance.now();
  abort.abort();
  expect(await removing).toEqual({ state: 'ok' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await expectStopped(cluster);
});

test('K-17 stopping what has crashed is a success, also when a busy backend is left', async () => {
  const cluster = await startCluster();
  const client = await cluster.connect();
  client.query('SELECT sum(n) FROM generate_series(1, 1e13) AS n').catch(() => undefined);
  await eventually(async () => (await cluster.processes()).some((view) => view.title.endsWith(' SELECT')));
  const postmaster = await cluster.postmaster();
  await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
  await eventually(async () => (await cluster.processes()).length === 1, {
    state: () => cluster.processes(),
  });
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  await expectStopped(cluster);
});

test('K-17 a kit that has seen nothing yet stops what another life of the daemon started', async () => {
  const cluster = await startCluster();
  const kit = cluster.forgetfulKit();
  const { signal } = new AbortController();
  const result = await kit.remove({ ...cluster.checkContext(), ...names, signal, progress: () => undefined });
  expect(result).toEqual({ state: 'ok' });
  expect(await cluster.processes()).toEqual([]);
});

const names = { term: 1, cluster: 'test', hierarchy: 'pgsql' };
