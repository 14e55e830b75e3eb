import { readStat, sendSignal } from '@holdfast/lab/processes';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createTestCluster,
  otherThan,
  ownerOf,
  recoveryMs,
  restoreOrder,
  whileWriting,
} from '../integration/testing.ts';
import { cellOf, consoleOf, makeAccounts, password, signIn, waitForState } from './console-visit.ts';
import { courseOf, doublesIn, watchPage } from './page-history.ts';
import { findBarriers, hasChromium, startBrowser, visit } from './testing.ts';

const readyMs = 90_000;

describe.skipIf(!hasChromium)('needs chromium', { timeout: readyMs }, () => {
  let browser: Browser;
  let cluster: LabCluster;
  let url: string;

  beforeAll(async () => {
    [browser, cluster] = await Promise.all([startBrowser(), createTestCluster({ mode: 'loopback' })]);
    await makeAccounts(cluster.server('server1'));
    url = await consoleOf(cluster, 'server1');
  }, readyMs);

  afterAll(async () => {
    await browser?.close();
    await cluster?.dispose();
  }, readyMs);

  beforeEach(() => restoreOrder(cluster), readyMs);

  test('S-02 a wrong password is refused in the language of the page, a right one opens the cluster page', async () => {
    const { page, context, complaints, strangers } = await visit(browser, url, { locale: 'ja-JP' });
    await page.getByLabel('アカウント').fill('anna');
    await page.getByLabel('パスワード').fill('this is not it');
    await page.getByRole('button', { name: 'サインイン' }).click();
    await page.getByText('HF-AUTH-002').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByLabel('パスワード').fill(password);
    await page.getByRole('button', { name: 'サインイン' }).click();
    await page.getByRole('columnheader', { name: 'server1' }).waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await waitForState(page, { tag: 'pgsql', server: 'server1', state: 'In Service' });
    await page.reload();
    await waitForState(page, { tag: 'pgsql', server: 'server2', state: 'Standby' });
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
    await context.close();
  });

  test('S-02 a guest sees everything, and each action says why it is not for guests', async () => {
    const { page, context } = await signIn(browser, url, 'guest');
    await cellOf(page, 'pgsql', 'server2').click({ button: 'right' });
    const action = page.getByRole('menuitem', { name: /In Service here/ });
    expect(await action.getAttribute('aria-disabled')).toBe('true');
    expect(await action.textContent()).toContain('Needs the role operator');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Signed in as gus, guest' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    expect(await context.cookies()).toEqual([]);
    await context.close();
  });

  test('U-03 the reason of an instance is told on demand, and closes with Escape', async () => {
    const { page, context } = await signIn(browser, url, 'guest');
    await cellOf(page, 'pgsql', 'server1').click();
    const details = page.getByRole('dialog', { name: 'pgsql, server1' });
    await details.getByText('Priority 1').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await details.waitFor({ state: 'hidden' });
    await context.close();
  });

  test('U-03 H-04 an operator moves a hierarchy by mouse and sees it happen; a second browser sees it too', async () => {
    const { page, context, complaints, strangers } = await signIn(browser, url, 'operator');
    const other = await signIn(browser, await consoleOf(cluster, 'server2'), 'guest');
    await whileWriting(cluster, async ({ flows }) => {
      await cellOf(page, 'pgsql', 'server2').click({ button: 'right' });
      await page.getByRole('menuitem', { name: /In Service here/ }).click();
      await page
        .getByRole('list', { name: 'What will be done' })
        .getByText('pgsql: start on server2')
        .waitFor();
      expect(await findBarriers(page)).toEqual([]);
      await page.getByRole('button', { name: 'In Service', exact: true }).click();
      await page.getByText('The operation is complete').waitFor({ timeout: recoveryMs });
      await page.getByRole('list', { name: 'Log' }).getByText('pgsql is in service').waitFor();
      expect(await findBarriers(page)).toEqual([]);
      for (const shown of [page, other.page])
        await shown
          .locator('[aria-label^="pgsql on server2: In Service"]')
          .waitFor({ state: 'attached', timeout: 5_000 });
      await flows();
    });
    await page.locator('footer').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Operations' }).click();
    await page.getByRole('link', { name: 'pgsql' }).first().waitFor();
    expect(await findBarriers(page)).toEqual([]);
    expect({ complaints, strangers }).toEqual({ complaints: [], strangers: [] });
    await Promise.all([context.close(), other.context.close()]);
  });

  test('U-03 H-01 two operators ask at once, and what they asked for goes on when their windows are closed', async () => {
    const others = await Promise.all(
      ['server1', 'server2'].map(async (name) =>
        signIn(browser, `${await consoleOf(cluster, name)}/out-of-service/pgsql`, 'operator'),
      ),
    );
    const begins = others.map(({ page }) =>
      page.getByRole('button', { name: 'Out of Service', exact: true }),
    );
    for (const begin of begins) await expect.poll(() => begin.isEnabled()).toBe(true);
    // The slower one may be refused before it is pressed: then its button is not there to be pressed any more.
    await Promise.all(begins.map((begin) => begin.click({ timeout: 3_000 }).catch(() => undefined)));
    for (const { page } of others) {
      // Who comes back opens the console of the same server: a session of the browser is one host's.
      const { origin } = new URL(page.url());
      await page.goto('about:blank');
      await page.goto(origin);
      await waitForState(page, { tag: 'pgsql', server: 'server1', state: 'Standby' });
      expect(await cellOf(page, 'pgsql', 'server2').getAttribute('data-state')).toBe('standby');
    }
    const [one] = others;
    if (!one) throw new Error('nobody signed in');
    await one.page.goto(`${url}/in-service/pgsql?server=server1`);
    await one.page.getByRole('button', { name: 'In Service', exact: true }).click();
    await one.page.getByText('The operation is complete').waitFor({ timeout: recoveryMs });
    await Promise.all(others.map(({ context }) => context.close()));
  });

  test('U-03 a hierarchy is moved with the keyboard alone', async () => {
    const { page, context } = await signIn(browser, url, 'operator');
    await cellOf(page, 'pgsql', 'server1').waitFor();
    await tabTo(page, 'data-place', '0:0');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await readFocus(page, 'aria-label')).toBe('pgsql on server2: Standby 10');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: /In Service here/ }).waitFor();
    await page.keyboard.press('Enter');
    const begin = page.getByRole('button', { name: 'In Service', exact: true });
    await begin.waitFor();
    await expect.poll(() => begin.isEnabled()).toBe(true);
    await tabTo(page, 'data-action', 'begin');
    await page.keyboard.press('Enter');
    await page.getByText('The operation is complete').waitFor({ timeout: recoveryMs });
    await page.keyboard.press('Escape');
    await waitForState(page, { tag: 'pgsql', server: 'server2', state: 'In Service' });
    await context.close();
  });

  test('U-03 S1 S5 a failover is watched: nothing is shown twice, what is lost is unknown, and its console says that it is lost', async () => {
    const owner = await ownerOf(cluster);
    const other = otherThan(cluster, owner);
    const { page, context } = await signIn(browser, await consoleOf(cluster, other.name), 'guest');
    const lost = await signIn(browser, await consoleOf(cluster, owner.name), 'operator');
    await waitForState(page, { tag: 'pgsql', server: owner.name, state: 'In Service' });
    const [history, ofLost] = [await watchPage(page), await watchPage(lost.page)];
    await owner.box.powerOff();
    await waitForState(page, { tag: 'pgsql', server: owner.name, state: 'Unknown', timeoutMs: 15_000 });
    await page.getByRole('columnheader', { name: owner.name }).getByText('Dead').waitFor();
    await waitForState(page, {
      tag: 'pgsql',
      server: other.name,
      state: 'In Service',
      timeoutMs: recoveryMs,
    });
    await lost.page.getByText('What is shown is not current').waitFor();
    const shown = await history.read();
    expect(doublesIn(shown, 'pgsql')).toEqual([]);
    expect(courseOf(shown, `pgsql on ${owner.name}`)).toEqual(['in-service', 'unknown']);
    expect(courseOf(shown, `pgsql on ${other.name}`).at(-1)).toBe('in-service');
    // The console of the lost server knows nothing new, and says so.
    const last = (await ofLost.read()).at(-1);
    expect(last?.connection).toBe('lost');
    expect(last?.states[`pgsql on ${other.name}`]).toBe('standby');
    await cellOf(lost.page, 'pgsql', other.name).click({ button: 'right' });
    const move = lost.page.getByRole('menuitem', { name: /In Service here/ });
    expect(await move.textContent()).toContain('The connection to the server is lost');
    await page.getByRole('link', { name: 'Servers and paths' }).click();
    await page.locator('.hf-path-dead').first().waitFor({ state: 'attached' });
    await page
      .getByRole('row')
      .filter({ hasText: `${owner.name}: Unknown` })
      .first()
      .waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await Promise.all([context.close(), lost.context.close()]);
  }, 90_000);

  test('U-03 nothing is shown as current while the daemon is gone, and it comes back by itself', async () => {
    const server = cluster.server('server1');
    const { page, context } = await signIn(browser, url, 'administrator');
    await waitForState(page, { tag: 'pgsql', server: 'server1', state: 'In Service' });
    const pid = server.daemon.current()?.pid();
    const stat = pid === undefined ? undefined : readStat(pid);
    if (!stat) throw new Error('no daemon runs');
    sendSignal(stat, 'SIGKILL');
    await page.locator('[data-connection="lost"]').waitFor();
    await page.getByText('What is shown is not current').waitFor();
    await cellOf(page, 'pgsql', 'server2').click({ button: 'right' });
    expect(await page.getByRole('menuitem', { name: /In Service here/ }).textContent()).toContain(
      'The connection to the server is lost',
    );
    await page.keyboard.press('Escape');
    await page.locator('[data-connection="live"]').waitFor({ timeout: recoveryMs });
    await page.getByText('What is shown is not current').waitFor({ state: 'hidden' });
    await context.close();
  }, 90_000);

  test('S-02 an expired session asks again over the page, which loses nothing', async () => {
    const { page, context } = await signIn(browser, url, 'operator');
    await page.getByRole('textbox', { name: /Filter/ }).fill('pgs');
    await context.clearCookies();
    await page.getByRole('dialog', { name: 'Sign in again' }).waitFor();
    await page.getByLabel('Password').fill(password);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.locator('[data-connection="live"]').waitFor();
    expect(await page.getByRole('textbox', { name: /Filter/ }).inputValue()).toBe('pgs');
    await context.close();
  });

  test('U-03 every page is free of barriers, dark and light, in both languages, on a phone too', async () => {
    const { page, context } = await signIn(browser, url, 'administrator', { colorScheme: 'dark' });
    const found: string[] = [];
    const links = await page.getByRole('navigation').getByRole('link').all();
    for (const link of links) {
      await link.click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      found.push(...(await findBarriers(page)));
    }
    await context.close();
    const phone = await signIn(browser, url, 'operator', {
      viewport: { width: 390, height: 844 },
      hasTouch: true,
      isMobile: true,
      locale: 'ja-JP',
    });
    await phone.page.getByRole('button', { name: 'pgsql, server2 の操作' }).tap();
    await phone.page.getByRole('menuitem', { name: /このサーバーで In Service/ }).tap();
    await phone.page.getByText('実行される内容').waitFor();
    found.push(...(await findBarriers(phone.page)));
    await phone.page.getByRole('button', { name: 'In Service', exact: true }).tap();
    await phone.page.getByText('操作が完了しました').waitFor({ timeout: recoveryMs });
    expect(found).toEqual([]);
    await phone.context.close();
  }, 90_000);
});

function readFocus(page: Page, attribute: string): Promise<string | null> {
  return page.evaluate<string | null>(`document.activeElement.getAttribute('${attribute}')`);
}

/** Presses Tab until the focus is on what has the attribute. */
async function tabTo(page: Page, attribute: string, value: string): Promise<void> {
  for (let presses = 0; presses < 30; presses += 1) {
    if ((await readFocus(page, attribute)) === value) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not lead to ${attribute}=${value}`);
}
