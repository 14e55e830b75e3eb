import { profiles } from '@holdfast/core';
import { expect, test } from 'vitest';
import { startTestCluster, waitFor } from '../etcd/testing.ts';
import { monotonicNow } from './clock.ts';
import { createLateness } from './lateness.ts';
import { sendSignal } from './processes.ts';
import { createBench, etcdAccess } from './testing.ts';

function busyFor(ms: number): void {
  const end = monotonicNow() + ms;
  while (monotonicNow() < end);
}

test('C-12 a step that came in time, or early, is not late', () => {
  const lateness = createLateness();
  lateness.note();
  expect(lateness.told()).toEqual({});
  lateness.expectIn(1_000);
  lateness.note();
  expect(lateness.told()).toEqual({});
});

test('C-12 a step that came after its time tells how late it was, until the next one', () => {
  const lateness = createLateness();
  lateness.expectIn(1);
  busyFor(60);
  lateness.note();
  expect(lateness.told().lateMs).toBeGreaterThanOrEqual(50);
  lateness.expectIn(1_000);
  lateness.note();
  expect(lateness.told()).toEqual({});
});

test('C-12 a guard that stood still tells its daemon for how long', async () => {
  const cluster = await startTestCluster(1);
  // The guard steps every 600 ms, and is replaced when it is silent for 900 ms.
  const profile = {
    ...profiles.test,
    leaseTtlMs: 3_000,
    renewEveryMs: 600,
    stopAllowanceMs: 800,
    watchdogMs: 1_800,
  };
  const bench = createBench(etcdAccess(cluster), profile);
  try {
    const daemon = await bench.startDaemon(false);
    const sentAt = (): number => bench.record()?.lease?.sentAt ?? 0;
    const before = sentAt();
    await waitFor(() => sentAt() > before, { timeoutMs: 5_000, what: 'a renewal', state: bench.log });
    const guard = bench.guardPid();
    sendSignal(guard, 'SIGSTOP');
    const stoppedAt = monotonicNow();
    await waitFor(() => monotonicNow() > stoppedAt + 750, { timeoutMs: 5_000, what: 'the freeze' });
    sendSignal(guard, 'SIGCONT');
    const told = (): number[] =>
      daemon.said().flatMap((line) => (line.startsWith('late ') ? [Number(line.slice(5))] : []));
    await waitFor(() => told().some((lateMs) => lateMs >= 50), {
      timeoutMs: 3_000,
      what: 'the guard tells how late it was',
      state: () => [daemon.said(), bench.log()],
    });
  } finally {
    await bench.close();
    await cluster.close();
  }
}, 60_000);
