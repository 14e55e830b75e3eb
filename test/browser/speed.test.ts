import type { HierarchySummaryName, StatusAnswer } from '@holdfast/contract';
import { consoleFiles } from '@holdfast/daemon/console/serve';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMadeUpCluster } from './made-up-cluster.ts';
import { findBarriers, hasChromium, startBrowser, visit } from './testing.ts';

test('U-03 the first page needs less than 400 kB of JavaScript', () => {
  const index = readFileSync(path.join(consoleFiles, 'index.html'), 'utf8');
  const first = [...index.matchAll(/"\/(assets\/[^"]+\.js)"/g)].map(([, name]) => name ?? '');
  const bytes = first.map((name) => gzipSync(readFileSync(path.join(consoleFiles, name))).length);
  const total = bytes.reduce((sum, one) => sum + one, 0);
  expect(first.length).toBeGreaterThan(0);
  expect(total, `${first.join(' ')}: ${bytes.join(' ')}`).toBeLessThan(400_000);
  expect(readdirSync(path.join(consoleFiles, 'assets')).length).toBeGreaterThan(first.length);
});

/** The best one counts: others use this machine as well. */
const mostRounds = 6;

describe.skipIf(!hasChromium)('needs chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
  });

  test('P-05 200 hierarchies on 32 servers are shown in 1 s, and an event in 0.3 s', async () => {
    const cluster = await createMadeUpCluster({ servers: 32, hierarchies: 200 });
    const { page, context, complaints } = await visit(browser, `${cluster.url}/servers`);
    try {
      // The second visit, as by whoever has the console open: the files are in the browser.
      await page.getByRole('heading', { level: 1 }).waitFor();
      const shown: number[] = [];
      const drawn: number[] = [];
      for (let round = 0; round < mostRounds; round += 1) {
        if (Math.min(...shown) < 1_000 && Math.min(...drawn) < 300) break;
        await page.goto(cluster.url);
        await page.locator('[data-place="0:1"]').waitFor();
        shown.push(await page.evaluate(() => performance.now()));
        drawn.push(await timeChange(page, () => cluster.change((status) => withSummary(status, 'failed'))));
        cluster.change((status) => withSummary(status, 'normal'));
      }
      expect(complaints).toEqual([]);
      process.stdout.write(`shown after ${String(shown)} ms, events after ${String(drawn)} ms\n`);
      expect(Math.min(...shown)).toBeLessThan(1_000);
      expect(Math.min(...drawn)).toBeLessThan(300);
      expect(await findBarriers(page)).toEqual([]);
    } finally {
      await context.close();
      await cluster.dispose();
    }
  });

  test('U-03 a page whose server has gone says so without a barrier', async () => {
    const cluster = await createMadeUpCluster({ servers: 3, hierarchies: 2 });
    const { page, context } = await visit(browser, cluster.url);
    await page.locator('[data-connection="live"]').waitFor();
    await cluster.dispose();
    await page.locator('[data-connection="lost"]').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await context.close();
  });
});

function withSummary(status: StatusAnswer, summary: HierarchySummaryName): StatusAnswer {
  const [first, ...others] = status.hierarchies;
  return first ? { ...status, hierarchies: [{ ...first, summary }, ...others] } : status;
}

/** Runs in the page: the instant at which the grid has the words. */
const watchForWords = `globalThis.seen = new Promise((resolve) => {
  new MutationObserver(() => {
    if (!document.querySelector('[role="treegrid"]').textContent.includes('Failed')) return;
    requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now()));
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}); undefined`;

/** From the change until the browser has drawn the words "Failed". */
async function timeChange(page: Page, change: () => void): Promise<number> {
  await page.evaluate(watchForWords);
  const from = performance.timeOrigin + performance.now();
  change();
  return (await page.evaluate<number>('globalThis.seen')) - from;
}
