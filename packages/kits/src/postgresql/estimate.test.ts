import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bytesBetween } from './estimate.ts';
import { createTestBench, eventually, type TestBench, type TestCluster } from './testing.ts';

let bench: TestBench;
let cluster: TestCluster;

beforeAll(async () => {
  bench = await createTestBench();
});
afterEach(() => cluster?.dispose());
afterAll(() => bench.dispose());

const megabyte = 1024 * 1024;

async function start(settings: readonly string[] = []): Promise<void> {
  cluster = await bench.createCluster({
    settings: ['checkpoint_timeout = 1h', 'max_wal_size = 4GB', ...settings],
  });
  expect(await cluster.restore()).toMatchObject({ state: 'ok' });
}

const estimate = () => cluster.kit.estimateTakeover?.(cluster.checkContext(2_000));

async function writeMuch(rows: number): Promise<void> {
  await cluster.query(
    `CREATE TABLE much_${rows} AS SELECT n, repeat(md5(n::text), 8) AS text FROM generate_series(1, ${rows}) AS n`,
  );
}

test('B-06 positions in the write-ahead log differ by bytes', () => {
  expect(bytesBetween('0/1000000', '0/1000000')).toBe(0);
  expect(bytesBetween('0/FFFFFFFF', '1/0')).toBe(1);
  expect(bytesBetween('16/B374D848', '17/B374D848')).toBe(2 ** 32);
  expect(bytesBetween('0/2', '0/1')).toBe(0);
});

test('B-06 the estimate grows with what is written, and falls with a checkpoint', async () => {
  await start();
  await cluster.query('CHECKPOINT');
  const first = await estimate();
  expect(first).toMatchObject({ basis: 'default' });
  expect(first?.walBytes).toBeLessThan(megabyte);
  await writeMuch(100_000);
  const grown = await estimate();
  expect(grown?.walBytes).toBeGreaterThan(20 * megabyte);
  expect(grown?.estimateMs).toBeGreaterThan(first?.estimateMs ?? Infinity);
  await cluster.query('CHECKPOINT');
  expect((await estimate())?.walBytes).toBeLessThan(megabyte);
});

test('B-06 a crash recovery that took place gives the rate, and the estimate is of its order', async () => {
  await start();
  await writeMuch(300_000);
  const before = await estimate();
  const postmaster = await cluster.postmaster();
  await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
  await eventually(async () => (await cluster.processes()).length === 0);
  const startedAt = performance.now();
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  const tookMs = performance.now() - startedAt;
  await writeMuch(200_000);
  const after = await estimate();
  expect(before).toMatchObject({ basis: 'default' });
  expect(after).toMatchObject({ basis: 'measured' });
  // Machines differ: only an estimate that could mislead somebody is wrong.
  const share = (after?.walBytes ?? 0) / (before?.walBytes ?? 1);
  expect(after?.estimateMs).toBeGreaterThan((tookMs * share) / 10);
  expect(after?.estimateMs).toBeLessThan(tookMs * share * 10 + 1_000);
}, 60_000);

test('B-06 nothing is estimated of what does not run, or does not answer in time', async () => {
  await start();
  await cluster.deepCheck();
  const postmaster = await cluster.postmaster();
  const family = await cluster.processes();
  for (const view of family) await cluster.host.processes.signal(view.pid, 'SIGSTOP', view.startTicks);
  const startedAt = performance.now();
  expect(await cluster.kit.estimateTakeover?.(cluster.checkContext(300))).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
  await cluster.remove();
  expect(await estimate()).toBeUndefined();
});
