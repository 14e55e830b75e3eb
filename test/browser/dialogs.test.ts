import type { LabCluster } from '@holdfast/lab/cluster';
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSecondDatabase, type SecondDatabase } from '../integration/second-database.ts';
import { createTestCluster, recoveryMs } from '../integration/testing.ts';
import {
  cellOf,
  consoleOf,
  expectText,
  makeAccounts,
  password,
  signIn,
  waitForState,
} from './console-visit.ts';
import { useMouse } from './hands.ts';
import { findBarriers, hasChromium, startBrowser, visit } from './testing.ts';

const readyMs = 120_000;

/** Every dialog of an administrator, by its address. */
const dialogs = [
  '/create',
  '/extend/pgsql',
  '/unextend/pgsql',
  '/delete/pgsql',
  '/in-service/pgsql',
  '/out-of-service/pgsql',
  '/add-dependency/pgsql',
  '/remove-dependency/pgsql',
  '/properties/pgsql',
  '/properties/pgsql?part=pgsql',
  '/explain/pgsql',
  '/server/server1',
  '/servers/new',
  '/servers/new-path',
  '/servers/server/server2/remove',
  '/servers/server/server2/renew-certificates',
  '/settings/change',
  '/settings/export',
  '/settings/import',
  '/access/new-account',
  '/access/new-token',
  '/access/password',
];

describe.skipIf(!hasChromium)('needs chromium', { timeout: readyMs }, () => {
  let browser: Browser;
  let cluster: LabCluster;
  let second: SecondDatabase;
  let url: string;

  beforeAll(async () => {
    [browser, cluster] = await Promise.all([
      startBrowser(),
      createTestCluster({ mode: 'loopback', networks: 2 }),
    ]);
    await makeAccounts(cluster.server('server1'));
    second = await createSecondDatabase(cluster);
    url = await consoleOf(cluster, 'server1');
  }, readyMs);

  afterAll(async () => {
    await browser?.close();
    await cluster?.dispose();
  }, readyMs);

  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });

  async function begin(page: Page): Promise<void> {
    await page.locator('[data-action="begin"]:enabled').click({ timeout: recoveryMs });
  }

  /** A row of a table, by words in it. */
  function rowOf(page: Page, words: string): ReturnType<Page['getByRole']> {
    return page.getByRole('row').filter({ hasText: words });
  }

  /** Goes to an address as a link does: the page is not loaded anew. */
  async function goInside(page: Page, address: string): Promise<void> {
    await page.evaluate(
      `history.pushState({}, '', '${address}'); dispatchEvent(new PopStateEvent('popstate')); undefined`,
    );
  }

  async function closed(page: Page): Promise<void> {
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }

  test('U-03 C-02 communication paths are seen from both ends, created, changed and deleted', async () => {
    const { page, complaints } = await signIn(browser, `${url}/servers`, 'administrator');
    const table = page.getByRole('grid', { name: 'Communication paths' });
    const seen = rowOf(page, 'server1.server2.1');
    await seen.getByText('server1: Alive').or(seen).first().waitFor();
    await expect.poll(() => seen.textContent()).toMatch(/server1: *Alive.*server2: *Alive/);
    const count = await table.getByRole('row').count();
    expect(await page.locator('.hf-picture .hf-path-alive').count()).toBe(count - 1);
    const status = await cluster.status();
    const addressesOf = (name: string) => status.servers.find((one) => one.name === name)?.addresses ?? [];
    await page.getByRole('button', { name: 'Create a communication path …' }).click();
    await page.getByText('HF-CLUSTER-033').waitFor();
    expect(await page.locator('[data-action="begin"]').isDisabled()).toBe(true);
    await page.locator('#one-address').selectOption(addressesOf('server1')[0] ?? '');
    await page.locator('#other-server').selectOption('server2');
    await page.locator('#other-address').selectOption(addressesOf('server2')[1] ?? '');
    expect(await findBarriers(page)).toEqual([]);
    await begin(page);
    await closed(page);
    const made = rowOf(page, `${addressesOf('server1')[0] ?? ''}server2 ${addressesOf('server2')[1] ?? ''}`);
    await made.waitFor();
    const id = (await made.getByRole('gridcell').or(made.locator('td')).first().textContent()) ?? '';
    await made.getByRole('button', { name: `Actions of ${id}` }).click();
    await page.getByRole('menuitem', { name: 'Properties' }).click();
    await page.getByRole('textbox', { name: /Heartbeat interval/ }).fill('0.5');
    await page.getByText('A loss is noticed after about 2.5 sec').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await begin(page);
    await closed(page);
    await made.getByText('every 500 ms').waitFor();
    await made.getByRole('button', { name: `Actions of ${id}` }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    expect(await findBarriers(page)).toEqual([]);
    await begin(page);
    await closed(page);
    await made.waitFor({ state: 'detached' });
    expect(await table.getByRole('row').count()).toBe(count);
    expect(complaints).toEqual([]);
  });

  test('U-03 R-07 the properties of a server are seen by everybody and changed by an administrator', async () => {
    const { page } = await signIn(browser, url, 'administrator');
    const guest = await signIn(browser, `${url}/server/server2`, 'guest');
    await page.getByRole('columnheader', { name: 'server2' }).click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Server properties' }).click();
    await page.getByLabel('Failover needs a confirmation').check();
    expect(await findBarriers(page)).toEqual([]);
    await begin(page);
    await closed(page);
    const { servers } = await cluster.status();
    expect(servers.find(({ name }) => name === 'server2')?.confirmFailover).toBe(true);
    await guest.page.getByText('Needs the role administrator').waitFor();
    expect(await guest.page.getByLabel('Failover is blocked').isDisabled()).toBe(true);
    await page.goto(`${url}/servers/server/server2`);
    await page.getByLabel('Failover needs a confirmation').uncheck();
    await begin(page);
    await closed(page);
    await page.goto(`${url}/servers/new`);
    await begin(page);
    await page.getByText('With this token one server joins').waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  test('U-03 S-02 accounts and tokens are made, changed and deleted, and count at once', async () => {
    const { page } = await signIn(browser, `${url}/access`, 'administrator');
    await page.getByRole('button', { name: 'New account' }).click();
    await page.getByLabel('Account', { exact: true }).fill('olga');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await begin(page);
    await closed(page);
    await rowOf(page, 'olga').getByRole('link', { name: 'Change' }).click();
    await page.locator('#role').selectOption('operator');
    await begin(page);
    await closed(page);
    await rowOf(page, 'olga').getByText('operator').waitFor();
    const olga = await visit(browser, `${url}/access`);
    await olga.page.locator('#sign-in-account').fill('olga');
    await olga.page.locator('#sign-in-password').fill(password);
    await olga.page.keyboard.press('Enter');
    await olga.page.getByRole('button', { name: 'New API token' }).click();
    await olga.page.getByLabel('Note').fill('collector');
    await begin(olga.page);
    await olga.page.getByText('It is shown only now').waitFor();
    const secret = await olga.page.getByRole('dialog').getByRole('textbox').inputValue();
    const program = await browser.newContext({ ignoreHTTPSErrors: true });
    const asked = await program.request.get(`${url}/api/v1/me`, {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(await asked.json()).toMatchObject({ name: 'olga', role: 'guest' });
    await olga.page.getByRole('button', { name: 'Close' }).last().click();
    await rowOf(olga.page, 'collector').getByRole('link', { name: 'Delete' }).click();
    await begin(olga.page);
    await closed(olga.page);
    await rowOf(page, 'olga').getByRole('link', { name: 'Delete' }).click();
    await begin(page);
    await closed(page);
    await olga.page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
  });

  test('U-03 K-18 a limit of the cluster is changed in the settings and shows where it comes from', async () => {
    const { page } = await signIn(browser, `${url}/settings`, 'administrator');
    await page.getByRole('button', { name: 'Change settings' }).click();
    const limit = page.locator('#LKPGSQL_STOP_RETRIES');
    await limit.fill('many');
    await page.getByText('Enter a whole number from 0 on').waitFor();
    await limit.fill('15');
    const changes = page.getByRole('list', { name: 'What will be done' });
    await changes.getByText(/ → 15/).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Save' }).click();
    await closed(page);
    await rowOf(page, 'LKPGSQL_STOP_RETRIES').getByText('Cluster').waitFor();
    await page.goto(`${url}/properties/pgsql`);
    await page.getByRole('textbox', { name: 'server2' }).fill('77');
    await changes.getByText(/^server2: .* → 77/).waitFor();
  });

  test('U-03 S-01 certificates are seen by everybody, and renewed by an administrator', async () => {
    const guest = await signIn(browser, `${url}/servers`, 'guest');
    const { page } = await signIn(browser, `${url}/servers`, 'administrator');
    const ofServer2 = 'Actions of the certificates of server2';
    await guest.page.getByRole('button', { name: ofServer2 }).click();
    const refused = guest.page.getByRole('menuitem', { name: /Renew …/ });
    expect(await refused.textContent()).toContain('Needs the role administrator');
    await page.getByRole('button', { name: ofServer2 }).click();
    await page.getByRole('menuitem', { name: 'Renew …' }).click();
    const replaced = page
      .getByRole('dialog')
      .getByText(/replace and revoke/)
      .first();
    const [, serial = ''] = /revoke ([0-9A-F]+),/.exec((await replaced.textContent()) ?? '') ?? [];
    await begin(page);
    await closed(page);
    await rowOf(page, serial).getByText('Revoked').waitFor();
    expect(await findBarriers(page)).toEqual([]);
  });

  test('U-03 C-11 the configuration is downloaded, and imported once its difference has been seen', async () => {
    const { page } = await signIn(browser, `${url}/settings`, 'administrator');
    await page.getByRole('button', { name: 'Export …' }).click();
    const downloading = page.waitForEvent('download');
    await begin(page);
    const text = readFileSync(await (await downloading).path(), 'utf8');
    await page.goto(`${url}/settings/import`);
    const input = page.getByLabel('Its text');
    await page.getByLabel('File', { exact: true }).setInputFiles({
      name: 'holdfast.yaml',
      mimeType: 'application/yaml',
      buffer: Buffer.from(text),
    });
    await page.getByText('The cluster is configured as the file says.').waitFor();
    await input.fill(text.replace('attempts: 2', 'attempts: 3'));
    await rowOf(page, 'recovery.attempts').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await begin(page);
    await page.getByText('The configuration is imported').waitFor();
  });

  test('U-03 S-02 each role sees what it may: the rest is greyed with the reason, or refused by its address', async () => {
    for (const role of ['guest', 'operator'] as const) {
      const { page, context } = await signIn(browser, url, role);
      const create = page.getByRole('button', { name: 'Create a hierarchy …' });
      expect(await create.getAttribute('aria-disabled')).toBe('true');
      await create.focus();
      await page.getByRole('tooltip').getByText('Needs the role administrator').waitFor();
      await page.keyboard.press('Escape');
      await cellOf(page, 'pgsql', 'server2').click({ button: 'right' });
      const move = page.getByRole('menuitem', { name: /In Service here/ });
      expect(await move.getAttribute('aria-disabled')).toBe(role === 'guest' ? 'true' : null);
      const unextend = page.getByRole('menuitem', { name: /Unextend from here/ });
      expect(await unextend.textContent()).toContain('Needs the role administrator');
      await page.keyboard.press('Escape');
      for (const address of ['/create', '/extend/pgsql', '/servers/new-path', '/servers/new']) {
        await page.goto(`${url}${address}`);
        await page.getByRole('dialog').getByText('Needs the role administrator').waitFor();
      }
      await page.goto(`${url}/audit`);
      await page.locator('[data-connection="live"]').waitFor();
      expect(await page.getByRole('link', { name: 'Audit log' }).count()).toBe(0);
      await context.close();
    }
  });

  test('S-02 U-03 a session that ends in the middle of a wizard asks again, and every input is still there', async () => {
    const { page, context } = await signIn(browser, `${url}/create`, 'administrator');
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('textbox', { name: 'Tag' }).fill('kept');
    await context.clearCookies();
    await page.getByRole('textbox', { name: 'Port' }).fill('6543');
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    await page.locator('#sign-in-password').fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor({ state: 'hidden' });
    expect(await page.getByRole('textbox', { name: 'Tag' }).inputValue()).toBe('kept');
    expect(await page.getByRole('textbox', { name: 'Port' }).inputValue()).toBe('6543');
  });

  test('U-03 K-06 K-09 a creation that fails says what it took back; closed and found again, it succeeds', async () => {
    const { page } = await signIn(browser, `${url}/create`, 'administrator');
    const hands = useMouse(page);
    const field = (name: string) => page.getByRole('textbox', { name }).last();
    const next = page.getByRole('button', { name: 'Next' });
    await next.click();
    await hands.fill(field('Port'), String(second.port));
    await hands.fill(field('Data directory'), second.data);
    await hands.fill(field('Executable directory'), cluster.database.binDirectory);
    await hands.fill(field('Tag'), 'second');
    await page.getByText('HF-PG-002').first().waitFor();
    await page.getByLabel('Put right what can be').check();
    expect(await findBarriers(page)).toEqual([]);
    await next.click();
    await page.getByRole('button', { name: 'Add: Volume' }).click();
    await page.getByLabel('Type').selectOption('directory');
    await hands.fill(field('Directory'), second.directory);
    await hands.fill(field('Tag'), 'second-volume');
    await next.click();
    await page.getByText('second: start on server1').waitFor();
    const rules = await second.read('pg_hba.conf');
    // The running server has not read this yet; the one that is restarted lets nobody in.
    await second.run('/usr/bin/tee', [`${second.data}/pg_hba.conf`], 'local all all reject\n');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await expectText(page, 'Nothing of it is left');
    await page.getByText('second: put back as it was on server1').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await second.run('/usr/bin/tee', [`${second.data}/pg_hba.conf`], rules);
    await second.run(`${cluster.database.binDirectory}/pg_ctl`, ['reload', '-s', '-D', second.data]);
    await page.getByRole('button', { name: 'Back' }).click();
    for (let step = 0; step < 3; step += 1) await next.click();
    await page.getByText('second: start on server1').waitFor({ timeout: recoveryMs });
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('button', { name: 'Stop, and take it back' }).waitFor();
    await page.goto(url);
    await page.getByRole('button', { name: 'Operations' }).click();
    await page
      .getByRole('link', { name: /Create: second/ })
      .first()
      .click();
    await expectText(page, 'second is in service on server1');
    await page.locator('[aria-label^="second on server1: In Service"]').waitFor({ state: 'attached' });
  });

  test('U-03 H-07 K-10 an extension goes on when its window is closed, and is found again', async () => {
    const { tags, database } = cluster;
    await cluster.server('server1').holdfast(['unextend', tags.postgresql, 'server2']);
    const { page } = await signIn(browser, `${url}/extend/pgsql`, 'administrator');
    await page.getByRole('button', { name: 'What differs on server2' }).click();
    await page
      .getByRole('textbox', { name: 'Service account' })
      .fill(database.account?.name ?? userInfo().username);
    await begin(page);
    await page
      .getByText(/Extending pgsql to server2|pgsql is extended to server2/)
      .first()
      .waitFor();
    await page.goto(url);
    await page.getByRole('button', { name: 'Operations' }).click();
    await page.getByRole('link', { name: 'Extend: pgsql (server2)' }).click();
    await expectText(page, 'pgsql is extended to server2');
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Properties' }).waitFor();
    await page.goto(url);
    await waitForState(page, { tag: 'pgsql', server: 'server2', state: 'Standby' });
  });

  test('U-03 every dialog is free of barriers and fits: light on 1280 × 720, dark in Japanese on a phone', async () => {
    const screens = [
      { colorScheme: 'light', viewport: { width: 1280, height: 720 } },
      { colorScheme: 'dark', viewport: { width: 390, height: 844 }, locale: 'ja-JP', isMobile: true },
    ] as const;
    const found: string[] = [];
    for (const screen of screens) {
      const { page, context } = await signIn(browser, url, 'administrator', screen);
      for (const address of dialogs) {
        await goInside(page, '/');
        await closed(page);
        await goInside(page, address);
        await page.getByRole('dialog').getByRole('button').last().waitFor();
        found.push(...(await findBarriers(page)).map((barrier) => `${address}: ${barrier}`));
        const box = await page.getByRole('dialog').boundingBox();
        const { width, height } = screen.viewport;
        if (!box || box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height)
          found.push(`${address} does not fit: ${JSON.stringify(box)}`);
      }
      await context.close();
    }
    expect(found).toEqual([]);
  });
});
