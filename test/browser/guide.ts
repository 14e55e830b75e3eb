import type { LabCluster } from '@holdfast/lab/cluster';
import { userInfo } from 'node:os';
import type { Locator, Page } from 'playwright-core';
import { recoveryMs } from '../integration/testing.ts';
import { cellOf, expectText } from './console-visit.ts';
import type { Hands } from './hands.ts';

/** The administrator's guide from creation to deletion, step by step, as somebody works with the console. */
export interface GuideSteps {
  readonly page: Page;
  readonly hands: Hands;
  readonly cluster: LabCluster;
  /** Where the database runs and the hierarchy is created; the other one is extended to, and runs it at last. */
  readonly first: string;
  readonly other: string;
  /** After each screen that is complete. */
  readonly onScreen: () => Promise<void>;
}

function field({ page }: Pick<GuideSteps, 'page'>, label: string | RegExp): Locator {
  return page.getByRole('textbox', { name: label }).last();
}

function tagOf({ page }: Pick<GuideSteps, 'page'>, tag: string): Locator {
  return page.getByRole('rowheader').getByRole('button', { name: new RegExp(`^${tag} `) });
}

async function begin({ page, hands }: GuideSteps): Promise<void> {
  const button = page.locator('[data-action="begin"]');
  await page.locator('[data-action="begin"]:enabled').waitFor({ timeout: recoveryMs });
  await hands.press(button);
}

/** K-01, K-07, K-08: PostgreSQL with its volume and its address. */
export async function createInGuide(steps: GuideSteps): Promise<void> {
  const { page, hands, cluster, first, onScreen } = steps;
  const { database, boxes, tags } = cluster;
  const next = page.getByRole('button', { name: 'Next' });
  await hands.press(page.getByRole('button', { name: 'Create a hierarchy …' }));
  await hands.choose(page.locator('#create-server'), first);
  await onScreen();
  await hands.press(next);
  await hands.fill(field(steps, 'Port'), String(database.port));
  await hands.fill(field(steps, 'Data directory'), database.dataDirectory);
  await hands.fill(field(steps, 'Executable directory'), database.binDirectory);
  await hands.fill(field(steps, 'Tag'), tags.postgresql);
  await onScreen();
  await hands.press(next);
  await page.getByText(`${database.dataDirectory} lies on no protected volume`).waitFor();
  await hands.press(page.getByRole('button', { name: 'Add: Volume' }));
  await hands.choose(page.getByLabel('Type'), 'directory');
  await hands.fill(field(steps, 'Directory'), boxes.volume.mountPoint);
  await hands.fill(field(steps, 'Tag'), tags.volume);
  await page.getByText(`${database.dataDirectory} lies on ${tags.volume}`).first().waitFor();
  await hands.press(page.getByRole('button', { name: 'Add: IP address' }));
  await hands.fill(field(steps, 'IP address'), boxes.floatingAddress);
  await hands.fill(field(steps, 'Tag'), tags.address);
  await onScreen();
  await hands.press(next);
  await page.getByText(`pgsql: start on ${first}`).waitFor();
  await onScreen();
  await hands.press(page.getByRole('button', { name: 'Create', exact: true }));
  await expectText(page, `pgsql is in service on ${first}`);
  await onScreen();
}

/** K-10, K-11: from the end of the creation on to the other server. */
export async function extendInGuide(steps: GuideSteps): Promise<void> {
  const { page, hands, cluster, other, onScreen } = steps;
  const { database } = cluster;
  await hands.press(page.getByRole('button', { name: 'Extend …' }));
  await page.getByRole('dialog', { name: 'Extend pgsql' }).waitFor();
  await hands.choose(page.locator('#extend-server'), other);
  await hands.press(page.getByRole('button', { name: `What differs on ${other}` }));
  await hands.fill(field(steps, 'Service account'), database.account?.name ?? userInfo().username);
  await page.getByRole('list', { name: 'What will be done' }).waitFor({ timeout: recoveryMs });
  await onScreen();
  await begin(steps);
  await expectText(page, `pgsql is extended to ${other}`);
  await onScreen();
}

/** H-01: from the end of the extension on to the properties. */
export async function changeInGuide(steps: GuideSteps): Promise<void> {
  const { page, hands, other, onScreen } = steps;
  await hands.press(page.getByRole('button', { name: 'Properties' }));
  await hands.fill(page.getByRole('textbox', { name: other }), '20');
  await onScreen();
  await begin(steps);
  await expectText(page, 'The properties of pgsql are changed');
  await hands.close();
}

/** H-03: a switchover to the other server, watched until it is complete. */
export async function switchInGuide(steps: GuideSteps): Promise<void> {
  const { page, hands, other, onScreen } = steps;
  await hands.take(cellOf(page, 'pgsql', other), /In Service here/);
  await page.getByRole('list', { name: 'What will be done' }).getByText(`pgsql: start on ${other}`).waitFor();
  await hands.press(page.getByRole('button', { name: 'In Service', exact: true }));
  await expectText(page, 'The operation is complete');
  await onScreen();
  await hands.close();
}

/** H-02: the address is parted from the database and joined again; nothing stops. */
export async function partAndJoinInGuide(steps: GuideSteps): Promise<void> {
  const { page, hands, cluster, onScreen } = steps;
  const { address } = cluster.tags;
  for (const [entry, done] of [
    [/Remove dependency/, `pgsql needs ${address} no more`],
    [/Add dependency/, `pgsql needs ${address} now`],
  ] as const) {
    await hands.take(tagOf(steps, 'pgsql'), entry);
    await hands.choose(page.locator('#dependency-child'), address);
    await onScreen();
    await begin(steps);
    await expectText(page, done);
    await hands.close();
  }
}

/** K-12, K-13: it is taken from the first server, and then deleted; the database goes on on the other one. */
export async function endInGuide(steps: GuideSteps): Promise<void> {
  const { page, hands, first, other, onScreen } = steps;
  await hands.take(cellOf(page, 'pgsql', first), /Unextend from here/);
  await onScreen();
  await begin(steps);
  await expectText(page, `pgsql is taken from ${first}`);
  await hands.close();
  await hands.take(tagOf(steps, 'pgsql'), /Delete/);
  await page.getByText(`pgsql: take out of care on ${other}`).waitFor();
  await onScreen();
  await begin(steps);
  await expectText(page, 'pgsql is deleted');
  await hands.close();
}
