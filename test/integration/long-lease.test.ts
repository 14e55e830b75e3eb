import type { LabCluster } from '@holdfast/lab/cluster';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  anotherGuard,
  createTestCluster,
  daemonOf,
  gone,
  guardOf,
  kill,
  ownerOf,
  postmasterOf,
  recoveryMs,
  termOf,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ profile: 'safe' });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

test('S3 kill -9 of guard and daemon together: the service manager brings both back within the lease, and nothing stops', async () => {
  const owner = await ownerOf(cluster);
  const term = await termOf(cluster);
  const postmaster = postmasterOf(cluster, owner);
  await whileWriting(cluster, async ({ client }) => {
    const guard = guardOf(owner);
    kill(guard, daemonOf(owner));
    await gone(guard);
    await anotherGuard(owner, guard);
    await cluster.waitForServer(owner.name, recoveryMs);
    await client.waitForCommits(200, recoveryMs);
    expect(await client.outages(1_500)).toEqual([]);
  });
  expect(await termOf(cluster)).toBe(term);
  expect(postmasterOf(cluster, owner).pid).toBe(postmaster.pid);
}, 120_000);
