import type { LabCluster } from '@holdfast/lab/cluster';
import { userInfo } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestCluster, postmasterOf, recoveryMs, whileWriting } from '../integration/testing.ts';
import { consoleOf, makeAccounts, signIn } from './console-visit.ts';
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

  async function begin(page: Page): Promise<void> {
    await page.locator('[data-action="begin"]:enabled').click();
  }

  async function fill(page: Page, label: string | RegExp, value: string): Promise<void> {
    await page.getByRole('textbox', { name: label }).last().fill(value);
  }

  test('U-03 K-01 a hierarchy is created with its volume and address by mouse', async () => {
    const { database, boxes, tags } = cluster;
    const before = postmasterOf(cluster, cluster.server('server1'));
    const { page, context, complaints, strangers } = await signIn(browser, url, 'administrator');
    const next = page.getByRole('button', { name: 'Next' });
    await page.getByRole('button', { name: 'Create a hierarchy …' }).click();
    await page.getByRole('radio', { name: 'PostgreSQL' }).check();
    expect(await findBarriers(page)).toEqual([]);
    await next.click();
    await fill(page, 'Port', String(database.port));
    await fill(page, 'Data directory', database.dataDirectory);
    await fill(page, 'Executable directory', database.binDirectory);
    await fill(page, 'Tag', tags.postgresql);
    expect(await findBarriers(page)).toEqual([]);
    await next.click();
    await page.getByText(`${database.dataDirectory} lies on no protected volume`).waitFor();
    await page.getByRole('button', { name: 'Add: Volume' }).click();
    await page.getByLabel('Type').selectOption('directory');
    await fill(page, 'Directory', boxes.volume.mountPoint);
    await fill(page, 'Tag', tags.volume);
    await page.getByText(`${database.dataDirectory} lies on ${tags.volume}`).first().waitFor();
    await page.getByRole('button', { name: 'Add: IP address' }).click();
    await fill(page, 'IP address', boxes.floatingAddress);
    await fill(page, 'Tag', tags.address);
    expect(await findBarriers(page)).toEqual([]);
    await next.click();
    await page.getByText('pgsql: start on server1').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('pgsql is in service on server1').first().waitFor({ timeout: recoveryMs });
    expect(await findBarriers(page)).toEqual([]);
    expect(postmasterOf(cluster, cluster.server('server1')).pid).toBe(before.pid);
    await page.getByRole('button', { name: 'Extend …' }).click();
    await page.getByRole('dialog', { name: 'Extend pgsql' }).waitFor();
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
    await context.close();
  }, 60_000);

  test('U-03 K-10 it is extended, changed, explained and deleted by mouse while a client writes', async () => {
    const { database, tags } = cluster;
    const { page, context, complaints, strangers } = await signIn(browser, url, 'administrator');
    await whileWriting(cluster, async ({ flows }) => {
      await page.getByLabel('pgsql is not extended to server2').click({ button: 'right' });
      await page.getByRole('menuitem', { name: /Extend to here/ }).click();
      await page.getByRole('button', { name: 'What differs on server2' }).click();
      await fill(page, 'Service account', database.account?.name ?? userInfo().username);
      await page.getByRole('list', { name: 'What will be done' }).waitFor({ timeout: recoveryMs });
      expect(await findBarriers(page)).toEqual([]);
      await begin(page);
      await page.getByText('pgsql is extended to server2').waitFor({ timeout: recoveryMs });
      await page.getByRole('button', { name: 'Properties' }).click();
      await page.getByRole('textbox', { name: 'server2' }).fill('20');
      await begin(page);
      await page.getByText('The properties of pgsql are changed').waitFor();
      const { hierarchies } = await cluster.status();
      expect(hierarchies[0]?.priorities).toEqual({ server1: 1, server2: 20 });
      await page.goto(`${url}/explain/${tags.postgresql}`);
      await page.getByText('If its server died now, it would go to: server2').waitFor();
      expect(await findBarriers(page)).toEqual([]);
      await page.goto(`${url}/unextend/${tags.postgresql}?server=server2`);
      await begin(page);
      await page.getByText('pgsql is taken from server2').waitFor({ timeout: recoveryMs });
      await page.goto(`${url}/delete/${tags.postgresql}`);
      await page.getByText('pgsql: take out of care on server1').waitFor();
      await begin(page);
      await page.getByText('pgsql is deleted').waitFor({ timeout: recoveryMs });
      expect((await cluster.status()).hierarchies).toEqual([]);
      await flows();
    });
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
    await context.close();
  }, 90_000);
});
