import { longestFailsafeMs } from '@holdfast/core';
import { instantMs, waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, ownerOf, recoveryMs, whileWriting } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ servers: 3, witness: false });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

test('K-24 failover cascades over three servers in the order of their priorities', async () => {
  expect((await ownerOf(cluster)).name).toBe('server1');
  await whileWriting(cluster, async ({ flows }) => {
    await cluster.server('server1').box.powerOff();
    await cluster.waitForService({ on: 'server2', timeoutMs: recoveryMs });
    await flows();
    const onAt = instantMs();
    await cluster.server('server1').start();
    await cluster.waitForServer('server1', recoveryMs);
    // A machine that was off takes nothing of others' for as long as it might have promised them something (C-08).
    await waitFor(() => instantMs() - onAt > longestFailsafeMs, {
      what: 'the end of what server1 may have promised',
      timeoutMs: 2 * longestFailsafeMs,
    });
    await cluster.server('server2').holdfast(['in-service', cluster.tags.postgresql, '--on', 'server3']);
    await cluster.waitForService({ on: 'server3', timeoutMs: recoveryMs });
    await cluster.server('server3').box.powerOff();
    await cluster.waitForService({ on: 'server1', timeoutMs: recoveryMs });
    await flows();
  });
}, 180_000);
