import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** Debian's. */
export const chromiumFile = '/usr/bin/chromium';
export const hasChromium = existsSync(chromiumFile);

/** A browser without a profile that asks nobody but the console. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumFile,
    headless: true,
    chromiumSandbox: false,
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface Visit {
  readonly page: Page;
  /** What the browser complained about, the content security policy's refusals among it. */
  readonly complaints: string[];
  /** Addresses of other hosts that were asked. */
  readonly strangers: string[];
}

/** Opens a page of the console in a fresh session. */
export async function visit(
  browser: Browser,
  url: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Visit & { readonly context: BrowserContext }> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    locale: 'en-GB',
    viewport: { width: 1280, height: 720 },
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  const strangers: string[] = [];
  const { host } = new URL(url);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // What the server refuses or does not answer is shown by the page; the browser notes it as well.
    if (message.type() !== 'error' || message.text().startsWith('Failed to load resource')) return;
    if (!message.text().startsWith('WebSocket')) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const asked = new URL(request.url());
    if (asked.protocol.startsWith('http') && asked.host !== host) strangers.push(request.url());
  });
  await page.goto(url);
  return { context, page, complaints, strangers };
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds wrong with a page as it is now, in a form to read. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  const found = await page.evaluate(`${axeSource}; axe.run(document, { resultTypes: ['violations'] })`);
  const { violations } = found as { readonly violations: readonly AxeViolation[] };
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`).join(' | ')}`,
  );
}
