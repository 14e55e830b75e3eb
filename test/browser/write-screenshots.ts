import { createLabCluster } from '@holdfast/lab/cluster';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { cellOf, consoleOf, makeAccounts, signIn } from './console-visit.ts';
import { startBrowser } from './testing.ts';

/** Takes the pictures of the console that the documents show, of a real cluster after a switchover. */

const directory = path.resolve(import.meta.dirname, '../../docs/console');
const small = { viewport: { width: 1280, height: 640 } };
const waitMs = 60_000;

/** Dialogs by their address, with the name of the picture. */
const dialogs = [
  ['/create', 'create'],
  ['/properties/pgsql', 'properties'],
  ['/explain/pgsql', 'explain'],
  ['/unextend/pgsql', 'unextend'],
  ['/server/server1', 'server-properties'],
  ['/servers/new-path', 'create-path'],
] as const;

async function take(page: Page, name: string): Promise<void> {
  await page.locator('.pf-v6-c-spinner').first().waitFor({ state: 'hidden' });
  await page.screenshot({ path: path.join(directory, `${name}.png`), animations: 'disabled' });
  process.stdout.write(`docs/console/${name}.png\n`);
}

mkdirSync(directory, { recursive: true });
const [browser, cluster] = await Promise.all([
  startBrowser(),
  createLabCluster({ mode: 'loopback', profile: 'fast', networks: 2 }),
]);
try {
  await makeAccounts(cluster.server('server1'));
  const url = await consoleOf(cluster, 'server1');
  const { page } = await signIn(browser, url, 'administrator', small);
  await cellOf(page, cluster.tags.postgresql, 'server2').click({ button: 'right' });
  await page.getByRole('menuitem').first().waitFor();
  await take(page, 'cluster');
  await page.getByRole('menuitem', { name: /In Service here/ }).click();
  await page.getByRole('list', { name: 'What will be done' }).waitFor();
  await take(page, 'in-service');
  await page.getByRole('button', { name: 'In Service', exact: true }).click();
  await page.getByText('The operation is complete').waitFor({ timeout: waitMs });
  await take(page, 'operation');
  await page.keyboard.press('Escape');
  const shown = new Set(['/']);
  for (const link of await page.getByRole('navigation').getByRole('link').all()) {
    const address = (await link.getAttribute('href')) ?? '/';
    if (shown.has(address)) continue;
    shown.add(address);
    await link.click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (address === '/servers') await page.locator('.hf-path-label').first().waitFor();
    await take(page, address.slice(1).replaceAll('/', '-'));
  }
  for (const [address, name] of dialogs) {
    await page.goto(`${url}${address}`);
    await page.getByRole('dialog').waitFor();
    await page.getByRole('dialog').getByRole('button').last().waitFor();
    await take(page, name);
  }
  const phone = await signIn(browser, url, 'operator', {
    viewport: { width: 390, height: 844 },
    isMobile: true,
  });
  await phone.page.locator('[data-place="0:2"]').waitFor();
  await take(phone.page, 'cluster-phone');
  const other = await signIn(browser, url, 'administrator', {
    ...small,
    locale: 'ja-JP',
    colorScheme: 'dark',
  });
  await other.page.locator('[data-place="0:2"]').waitFor();
  await take(other.page, 'cluster-ja');
} finally {
  await browser.close();
  await cluster.dispose();
}
