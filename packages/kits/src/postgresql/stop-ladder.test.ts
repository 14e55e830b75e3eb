import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ProcessView } from '../host.ts';
import { readControlFile } from './control-file.ts';
import { createPostgresqlKit, limitsOf, type Limits } from './index.ts';
import { createTestBench, eventually, type TestBench, type TestCluster } from './testing.ts';

let bench: TestBench;
const clusters: TestCluster[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  bench = await createTestBench();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
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

async function childOf(cluster: TestCluster, title: RegExp): Promise<ProcessView> {
  let found: ProcessView | undefined;
  await eventually(
    async () => {
      found = (await cluster.processes()).find((view) => title.test(view.title));
      return found !== undefined;
    },
    { state: () => cluster.processes() },
  );
  if (!found) throw new Error(`no process ${title.source}`);
  return found;
}

async function hold(cluster: TestCluster, view: ProcessView): Promise<void> {
  await cluster.host.processes.signal(view.pid, 'SIGSTOP', view.startTicks);
  await eventually(async () => (await cluster.host.processes.activity(view))?.stopped === true);
}

function told(cluster: TestCluster): readonly string[] {
  return cluster.told.map(({ code }) => code);
}

test('K-17 the checkpoint comes first: the fast shutdown finds next to nothing left to write', async () => {
  const cluster = await startCluster({ settings: ['checkpoint_timeout = 1h', 'log_checkpoints = on'] });
  await cluster.query('CREATE TABLE much AS SELECT n FROM generate_series(1, 50000) AS n');
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(told(cluster)).toEqual(['checkpoint-before-stop', 'fast-shutdown']);
  const log = await cluster.log();
  const written = [...log.matchAll(/checkpoint complete: wrote (\d+) buffers/g)].map(([, count]) =>
    Number(count),
  );
  expect(written).toHaveLength(2);
  expect(written[1]).toBeLessThan((written[0] ?? 0) / 10);
});

test('K-17 a checkpoint that does not end is given up at its own limit, and the stop goes on to its end', async () => {
  const limits = { checkpointMs: 300, fastStopMs: 300, immediateStopMs: 300 };
  const cluster = await startCluster({ limits });
  await hold(cluster, await childOf(cluster, / checkpointer/));
  const startedAt = performance.now();
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(told(cluster)).toEqual(['checkpoint-before-stop', 'fast-shutdown', 'fast-shutdown-given-up']);
  expect(await cluster.processes()).toEqual([]);
  expect(await stateOf(cluster)).toBe('in-production');
  expect(await cluster.restore()).toEqual({ state: 'ok' });
});

test('K-17 a server that answers no question gets no checkpoint, and less time for a fast shutdown', async () => {
  const cluster = await startCluster({
    limits: { fastStopMs: 60_000, hungStopMs: 300, immediateStopMs: 300 },
  });
  await cluster.deepCheck();
  const backends = (await cluster.processes()).filter((view) => / template1 /.test(view.title));
  for (const view of backends) await hold(cluster, view);
  // New sessions hang as well: their first message is never answered.
  await hold(cluster, await childOf(cluster, / checkpointer/));
  const startedAt = performance.now();
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(performance.now() - startedAt).toBeLessThan(45_000);
  expect(await cluster.processes()).toEqual([]);
}, 60_000);

/** A standby that asks for the write-ahead log and never confirms anything; a `deaf` one does not even read. */
async function connectStandby(cluster: TestCluster, kind: 'silent' | 'deaf'): Promise<void> {
  const socket = connect(join(cluster.directory, `.s.PGSQL.${cluster.parameters.port}`));
  sockets.push(socket);
  socket.on('error', () => undefined);
  const seen: string[] = [];
  socket.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')));
  const body = Buffer.from('user\0postgres\0replication\0true\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  socket.write(Buffer.concat([head, body]));
  await eventually(() => seen.join('').includes('Z\0\0\0\u0005I'));
  const [row] = await cluster.query('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const query = Buffer.from(`START_REPLICATION ${String(row?.['lsn'])}\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(query.length + 4, 0);
  socket.write(Buffer.concat([Buffer.from('Q'), length, query]));
  await childOf(cluster, / walsender .*streaming/);
  if (kind === 'deaf') socket.pause();
}

test('K-17 a sender that waits for its standby does not keep a stop once the control file says "shut down"', async () => {
  const cluster = await startCluster({
    settings: ['wal_sender_timeout = 0', 'wal_keep_size = 200MB'],
    limits: { lingerMs: 200, immediateStopMs: 1_000 },
  });
  await connectStandby(cluster, 'silent');
  await cluster.query('CREATE TABLE sent AS SELECT n FROM generate_series(1, 100000) AS n');
  const startedAt = performance.now();
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  const log = await cluster.log();
  expect(cluster.told.at(-1), log).toMatchObject({
    code: 'fast-shutdown-given-up',
    facts: { why: 'lingers' },
  });
  expect(await stateOf(cluster)).toBe('shut-down');
  expect(await cluster.processes()).toEqual([]);
});

test('K-17 a standby that reads nothing keeps the fast shutdown for its limit, and no longer', async () => {
  const cluster = await startCluster({
    settings: ['wal_sender_timeout = 0', 'wal_keep_size = 200MB'],
    limits: { fastStopMs: 700, immediateStopMs: 1_000 },
  });
  await connectStandby(cluster, 'deaf');
  await cluster.query('CREATE TABLE sent AS SELECT n FROM generate_series(1, 100000) AS n');
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(cluster.told.at(-1)).toMatchObject({ code: 'fast-shutdown-given-up', facts: { why: 'time-over' } });
  expect(await cluster.processes()).toEqual([]);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
});

test('K-17 programs that backends have started are ended with the whole family', async () => {
  const cluster = await startCluster({ limits: { fastStopMs: 300, immediateStopMs: 300 } });
  const client = await cluster.connect();
  const asleep = 'COPY (SELECT 1) TO PROGRAM \'trap "" TERM INT QUIT; while :; do sleep 60; done\'';
  client.query(asleep).catch(() => undefined);
  const program = await childOf(cluster, /while :; do sleep 60/);
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(await cluster.processes()).toEqual([]);
  expect((await cluster.host.processes.get(program.pid))?.startTicks).not.toBe(program.startTicks);
});

test('K-17 K-18 each stop has the limit that LKPGSQL_STOP_RETRIES says at its beginning', async () => {
  const cluster = await startCluster();
  // One step counts as 20 ms here.
  const limits = (tunables: Readonly<Record<string, number>>): Limits => ({
    ...limitsOf(tunables),
    fastStopMs: (tunables['LKPGSQL_STOP_RETRIES'] ?? 0) * 20,
    immediateStopMs: 300,
  });
  const kit = createPostgresqlKit({ limits, passwordFile: join(cluster.directory, 'none') });
  const stopWith = async (retries: number): Promise<number> => {
    const client = await cluster.connect();
    client.query('SELECT 1').catch(() => undefined);
    await hold(cluster, await childOf(cluster, / template1 .*idle/));
    const startedAt = performance.now();
    const { signal } = new AbortController();
    const names = { term: 1, cluster: 'test', hierarchy: 'pgsql' };
    const tunables = { LKPGSQL_STOP_RETRIES: retries };
    const context = { ...cluster.checkContext(), ...names, tunables, signal, progress: () => undefined };
    expect(await kit.remove(context)).toEqual({ state: 'ok' });
    return performance.now() - startedAt;
  };
  const short = await stopWith(12);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  const long = await stopWith(100);
  expect(long - short).toBeGreaterThan(1_000);
  kit.close();
});
