import type { LabCluster } from '@holdfast/lab/cluster';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestCluster, postmasterOf, whileWriting } from '../integration/testing.ts';
import { consoleOf, makeAccounts, signIn } from './console-visit.ts';
import {
  changeInGuide,
  createInGuide,
  endInGuide,
  extendInGuide,
  partAndJoinInGuide,
  switchInGuide,
  type GuideSteps,
} from './guide.ts';
import { useKeyboard, useMouse, watchPointers } from './hands.ts';
import { courseOf, doublesIn, watchPage } from './page-history.ts';
import { findBarriers, hasChromium, startBrowser } from './testing.ts';

const readyMs = 90_000;

describe.skipIf(!hasChromium)('needs chromium', () => {
  let browser: Browser;
  let cluster: LabCluster;
  let url: string;

  /** The database runs on server1 and nothing of it is in the cluster's care. */
  beforeAll(async () => {
    [browser, cluster] = await Promise.all([startBrowser(), createTestCluster({ mode: 'loopback' })]);
    const server = cluster.server('server1');
    await makeAccounts(server);
    await server.holdfast(['delete', cluster.tags.postgresql]);
    url = await consoleOf(cluster, 'server1');
  }, readyMs);

  afterAll(async () => {
    await browser?.close();
    await cluster?.dispose();
  }, readyMs);

  test('U-03 K-08 K-10 the whole guide by mouse: no screen has a barrier, and nothing runs twice', async () => {
    const { page, context, complaints, strangers } = await signIn(browser, url, 'administrator');
    const barriers: string[] = [];
    const steps: GuideSteps = {
      ...{ page, cluster, hands: useMouse(page), first: 'server1', other: 'server2' },
      onScreen: async () => void barriers.push(...(await findBarriers(page))),
    };
    const before = postmasterOf(cluster, cluster.server('server1'));
    const history = await watchPage(page);
    await createInGuide(steps);
    expect(postmasterOf(cluster, cluster.server('server1')).pid).toBe(before.pid);
    await whileWriting(cluster, async ({ flows }) => {
      await extendInGuide(steps);
      await changeInGuide(steps);
      expect((await cluster.status()).hierarchies[0]?.priorities).toEqual({ server1: 1, server2: 20 });
      await switchInGuide(steps);
      await flows();
      const moved = postmasterOf(cluster, cluster.server('server2'));
      await partAndJoinInGuide(steps);
      await endInGuide(steps);
      expect(postmasterOf(cluster, cluster.server('server2')).pid).toBe(moved.pid);
      expect((await cluster.status()).hierarchies).toEqual([]);
      await flows();
    });
    const shown = await history.read();
    expect(shown.some(({ checks }) => checks.includes('passed'))).toBe(true);
    expect(doublesIn(shown, 'pgsql')).toEqual([]);
    expect(courseOf(shown, 'pgsql on server2')).toEqual(expect.arrayContaining(['standby', 'in-service']));
    expect({ barriers, complaints, strangers }).toEqual({ barriers: [], complaints: [], strangers: [] });
    await context.close();
  }, 120_000);

  test('U-03 the whole guide with the keyboard alone', async () => {
    const { page, context } = await signIn(browser, url, 'administrator');
    const countPointers = await watchPointers(page);
    const steps: GuideSteps = {
      ...{ page, cluster, hands: useKeyboard(page), first: 'server2', other: 'server1' },
      onScreen: () => Promise.resolve(),
    };
    await createInGuide(steps);
    await extendInGuide(steps);
    await changeInGuide(steps);
    await switchInGuide(steps);
    await partAndJoinInGuide(steps);
    await endInGuide(steps);
    expect((await cluster.status()).hierarchies).toEqual([]);
    expect(await countPointers()).toBe(0);
    await context.close();
  }, 120_000);
});
