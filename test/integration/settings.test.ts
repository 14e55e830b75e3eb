import type { SettingsAnswer } from '@holdfast/contract';
import type { LabCluster } from '@holdfast/lab/cluster';
import { ProgramError } from '@holdfast/lab/program';
import { rm, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { waitFor } from '@holdfast/lab';
import {
  createTestCluster,
  daemonOf,
  eventAfter,
  guardOf,
  instantMs,
  ownerOf,
  postmasterOf,
  restoreOrder,
  signalAll,
  termOf,
  whileWriting,
} from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
afterEach(() => restoreOrder(cluster), 120_000);
afterAll(() => cluster.dispose(), 60_000);

const stop = 'LKPGSQL_STOP_RETRIES';

async function settingsOf(tag?: string): Promise<SettingsAnswer['settings']> {
  const argv = ['settings', ...(tag === undefined ? [] : [tag]), '-o', 'json'];
  const answer = JSON.parse(await cluster.server('server1').holdfast(argv)) as SettingsAnswer;
  return answer.settings;
}

async function find(name: string, tag?: string) {
  const found = (await settingsOf(tag)).find((one) => one.name === name);
  return found && { value: found.value, source: found.source, warning: found.warning?.code };
}

/** What runs on the first server: nothing of it may be restarted by a setting. */
function running(): readonly number[] {
  const server = cluster.server('server1');
  return [daemonOf(server), guardOf(server), postmasterOf(cluster, server)].map(({ pid }) => pid);
}

test('K-18 limits come from the defaults file, the cluster and the resource, live, and nothing is restarted', async () => {
  const server = cluster.server('server1');
  const tag = cluster.tags.postgresql;
  const before = running();
  const since = instantMs();
  expect(await find(stop)).toEqual({ value: 12, source: 'default', warning: undefined });
  await writeFile(server.defaultsFile, `# this server\n${stop}=24\n`);
  expect(await find(stop)).toEqual({ value: 24, source: 'server', warning: undefined });
  expect(await find(stop, tag)).toEqual({ value: 24, source: 'server', warning: undefined });
  await server.holdfast(['set', '--tunable', `${stop}=30`]);
  await waitFor(async () => (await find(stop, tag))?.value === 30, {
    what: 'the setting of the cluster',
    timeoutMs: 10_000,
  });
  await server.holdfast(['set', tag, '--tunable', `${stop}=5`]);
  expect(await find(stop, tag)).toEqual({ value: 12, source: 'resource', warning: 'tunable-replaced' });
  await eventAfter(cluster, since, 'tunable-replaced', { name: stop, given: '5', source: 'resource' });
  await server.holdfast(['set', tag, '--tunable', `${stop}=`]);
  expect(await find(stop, tag)).toMatchObject({ value: 30, source: 'cluster' });
  await server.holdfast(['set', '--tunable', `${stop}=`]);
  await waitFor(async () => (await find(stop))?.source === 'server', {
    what: 'the setting of the cluster taken back',
    timeoutMs: 10_000,
  });
  await rm(server.defaultsFile);
  expect(await find(stop)).toEqual({ value: 12, source: 'default', warning: undefined });
  expect(running()).toEqual(before);
}, 120_000);

test('K-18 an unknown limit is refused with those that there are', async () => {
  for (const argv of [
    ['set', '--tunable', 'LKPGSQL_STOP_RETRY=24'],
    ['set', cluster.tags.postgresql, '--tunable', 'LKPGSQL_STOP_RETRY=24'],
    ['set', cluster.tags.volume, '--tunable', `${stop}=24`],
  ]) {
    const error: unknown = await cluster
      .server('server1')
      .holdfast(argv)
      .catch((reason: unknown) => reason);
    if (!(error instanceof ProgramError)) throw new Error(`not refused: ${argv.join(' ')}`);
    expect(error.result.code).toBe(2);
    expect(error.result.stderr).toContain('HF-CFG-008');
    if (!argv.includes(cluster.tags.volume)) expect(error.result.stderr).toContain(stop);
  }
}, 60_000);

test('R-01 intervals, deadlines and counts of the checks change live, and hold from the next check on', async () => {
  const server = await ownerOf(cluster);
  const tag = cluster.tags.postgresql;
  const before = running();
  const term = await termOf(cluster);
  await server.holdfast([
    ...['set', tag, '--quick-check', '400ms', '--quick-deadline', '300ms', '--bad-quick-checks', '2'],
    ...['--deep-check', '1s', '--deep-deadline', '600ms', '--bad-deep-checks', '2'],
  ]);
  expect(await find('deep-deadline', tag)).toMatchObject({ value: 600, source: 'resource' });
  expect(await find('bad-quick-checks', tag)).toMatchObject({ value: 2, source: 'resource' });
  expect(running()).toEqual(before);
  await whileWriting(cluster, async ({ flows }) => {
    const since = instantMs();
    const postmaster = postmasterOf(cluster, server);
    signalAll([postmaster], 'SIGSTOP');
    await eventAfter(cluster, since, 'check-bad', { check: 'deep', bad: 1 });
    await eventAfter(cluster, since, 'resource-failed', {
      check: 'deep',
      bad: 2,
      cause: 'postmaster-frozen',
    });
    // With the defaults, three bad checks 15 s apart, it would have taken longer.
    expect(instantMs() - since).toBeLessThan(12_000);
    await flows();
  });
  expect((await ownerOf(cluster)).name).toBe(server.name);
  expect(await termOf(cluster)).toBe(term);
  expect(running().slice(0, 2)).toEqual(before.slice(0, 2));
}, 180_000);
