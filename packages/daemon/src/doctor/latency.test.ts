import { createKeys } from '@holdfast/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStore } from '../etcd/store.ts';
import { startTestCluster } from '../etcd/testing.ts';
import { measureLatency, percentile } from './latency.ts';

const keys = createKeys('test');
let cluster: Awaited<ReturnType<typeof startTestCluster>>;

beforeAll(async () => {
  cluster = await startTestCluster(3);
}, 60_000);
afterAll(() => cluster.close(), 30_000);

test('C-12 the latency of reads and writes is measured on real etcd, and nothing is changed by it', async () => {
  const gateway = cluster.gateway();
  const store = createStore(gateway);
  await store.commit({ compare: [], write: [{ put: keys.revision, value: '{}' }] });
  const before = await gateway.range({ key: '/', prefix: true });
  const index = (await gateway.status(gateway.endpoints()[0] ?? '')).raftIndex;
  const latency = await measureLatency(store, keys);
  const after = await gateway.range({ key: '/', prefix: true });
  expect(after.header.revision).toBe(before.header.revision);
  expect(after.entries).toEqual(before.entries);
  expect(latency.samples).toBeGreaterThan(10);
  expect(latency.readP50Ms).toBeGreaterThan(0);
  expect(latency.writeP99Ms).toBeGreaterThanOrEqual(latency.writeP50Ms);
  // Each write has gone through consensus: the log has grown by as many entries.
  const grown = (await gateway.status(gateway.endpoints()[0] ?? '')).raftIndex - index;
  expect(grown).toBeGreaterThanOrEqual(latency.samples);
}, 60_000);

test('C-12 a percentile is a value that was measured', () => {
  const values = Array.from({ length: 100 }, (_, at) => at + 1);
  expect(percentile(values, 50)).toBe(50);
  expect(percentile(values, 99)).toBe(99);
  expect(percentile([7], 99)).toBe(7);
  expect(percentile([], 99)).toBe(0);
});
