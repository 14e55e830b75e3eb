import type { Role } from '@holdfast/contract';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import type { Browser, Page } from 'playwright-core';
import { visit } from './testing.ts';

/** Accounts that every test cluster has. */
export const accounts: Readonly<Record<Role, string>> = {
  guest: 'gus',
  operator: 'otto',
  administrator: 'anna',
};
export const password = 'correct horse battery';

export async function makeAccounts(server: LabServer): Promise<void> {
  for (const [role, name] of Object.entries(accounts))
    await server.holdfast(['account', 'create', name, '--role', role, '--password-stdin'], {
      input: password,
    });
}

/** Where the daemon of a server serves its console. */
export async function consoleOf(cluster: LabCluster, name: string): Promise<string> {
  const { servers } = await cluster.status();
  const found = servers.find((server) => server.name === name);
  return `https://${found?.addresses[0] ?? ''}:${String(found?.port ?? 0)}`;
}

/** Opens the console of a server and signs in. */
export async function signIn(
  browser: Browser,
  url: string,
  role: Role,
  options: Parameters<typeof visit>[2] = {},
): ReturnType<typeof visit> {
  const opened = await visit(browser, url, options);
  const { page } = opened;
  await page.locator('#sign-in-account').fill(accounts[role]);
  await page.locator('#sign-in-password').fill(password);
  await page.keyboard.press('Enter');
  await page.locator('[data-connection="live"]').waitFor();
  return opened;
}

/** The cell of a resource on a server, by the texts of the page. */
export function cellOf(page: Page, tag: string, server: string): ReturnType<Page['getByRole']> {
  return page.getByRole('gridcell').getByRole('button', { name: new RegExp(`^${tag} on ${server}: `) });
}

/** Waits for a text that says that something is done; without it, tells what the page shows instead. */
export async function expectText(page: Page, text: string, timeoutMs = 40_000): Promise<void> {
  const found = page.getByText(text).first();
  await found.waitFor({ timeout: timeoutMs }).catch(async (cause: unknown) => {
    const shown = await page.locator('[role="dialog"], main').last().innerText();
    throw new Error(`the page does not say "${text}", but: ${shown}`, { cause });
  });
}

/** Waits until the page shows the resource in a state. */
export async function waitForState(
  page: Page,
  place: {
    readonly tag: string;
    readonly server: string;
    readonly state: string;
    readonly timeoutMs?: number;
  },
): Promise<void> {
  const { tag, server, state, timeoutMs = 20_000 } = place;
  await page
    .getByRole('button', { name: new RegExp(`^${tag} on ${server}: ${state} `) })
    .waitFor({ timeout: timeoutMs });
}
