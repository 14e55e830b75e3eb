import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Reason } from '@holdfast/core';
import type { Kit } from '@holdfast/kits';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLinuxFiles } from './host/linux/files.ts';
import { createTunableSources, type TunableSources } from './tunables.ts';

const text = { en: '', ja: '' };
const kit: Pick<Kit, 'tunables'> = {
  tunables: [
    { name: 'RETRIES', default: 12, minimum: 12, unit: text, label: text, help: text, effect: text },
  ],
};

let directory = '';
let defaultsFile = '';
let now = 0;
let told: { readonly reason: Reason; readonly tag: string | undefined }[] = [];
let sources: TunableSources;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-tunables-'));
  defaultsFile = join(directory, 'defaults');
  now = 0;
  told = [];
  sources = createTunableSources({
    files: createLinuxFiles(),
    defaultsFile,
    clock: { now: () => now },
    report: (reason, tag) => told.push({ reason, tag }),
  });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const asked = { kit, tag: 'pgsql', own: {} };

test('K-18 an action takes what the defaults file says at that moment', async () => {
  expect(await sources.read(asked)).toEqual({ RETRIES: 12 });
  await writeFile(defaultsFile, 'RETRIES=24\n');
  expect(await sources.read(asked)).toEqual({ RETRIES: 24 });
  await writeFile(defaultsFile, 'RETRIES=36\n');
  expect(await sources.read(asked)).toEqual({ RETRIES: 36 });
  await rm(defaultsFile);
  expect(await sources.read(asked)).toEqual({ RETRIES: 12 });
});

test('K-18 settings of the cluster and of the resource hold from the next action on', async () => {
  await writeFile(defaultsFile, 'RETRIES=24\n');
  sources.setCluster({ RETRIES: 30 });
  expect(await sources.read(asked)).toEqual({ RETRIES: 30 });
  expect(await sources.read({ ...asked, own: { RETRIES: 40 } })).toEqual({ RETRIES: 40 });
  sources.setCluster({});
  expect(await sources.read(asked)).toEqual({ RETRIES: 24 });
});

test('K-18 a value that is replaced is told once, and again only when it changes', async () => {
  const replaced = (given: string) => ({
    code: 'tunable-replaced',
    facts: { name: 'RETRIES', given, source: 'server', minimum: 12 },
  });
  await writeFile(defaultsFile, 'RETRIES=3\n');
  await sources.read(asked);
  await sources.read(asked);
  await sources.read({ ...asked, tag: 'other' });
  expect(told).toEqual([{ reason: replaced('3'), tag: undefined }]);
  await writeFile(defaultsFile, 'RETRIES=soon\n');
  await sources.read(asked);
  await writeFile(defaultsFile, 'RETRIES=20\n');
  await sources.read(asked);
  await writeFile(defaultsFile, 'RETRIES=soon\n');
  await sources.read(asked);
  expect(told.slice(1)).toEqual([
    { reason: replaced('soon'), tag: undefined },
    { reason: replaced('soon'), tag: undefined },
  ]);
  await sources.read({ ...asked, own: { RETRIES: 1 } });
  expect(told.at(-1)).toMatchObject({ tag: 'pgsql', reason: { facts: { source: 'resource', given: '1' } } });
});

test('K-18 a file that cannot be read is told once, and what was read last goes on holding', async () => {
  await writeFile(defaultsFile, 'RETRIES=24\n');
  await sources.read(asked);
  let fails = true;
  const files = createLinuxFiles();
  const broken = createTunableSources({
    files: { readBytes: (...args) => (fails ? Promise.reject(new Error('EIO')) : files.readBytes(...args)) },
    defaultsFile,
    clock: { now: () => now },
    report: (reason, tag) => told.push({ reason, tag }),
  });
  fails = false;
  expect(await broken.read(asked)).toEqual({ RETRIES: 24 });
  fails = true;
  expect(await broken.read(asked)).toEqual({ RETRIES: 24 });
  expect(await broken.read(asked)).toEqual({ RETRIES: 24 });
  expect(told).toMatchObject([{ reason: { code: 'defaults-file-not-read', facts: { problem: 'EIO' } } }]);
});

test('K-18 checks wait for no file: they take what is known, and have it looked at again after some seconds', async () => {
  await sources.read(asked);
  await writeFile(defaultsFile, 'RETRIES=24\n');
  expect(sources.recent(asked)).toEqual({ RETRIES: 12 });
  now = 6_000;
  sources.recent(asked);
  await expect.poll(() => sources.recent(asked)).toEqual({ RETRIES: 24 });
});

test('K-18 settings show the value, its source and what was replaced', async () => {
  await writeFile(defaultsFile, 'RETRIES=3\n');
  const [one] = await sources.resolve({ kit, own: {} });
  expect(one).toMatchObject({ value: 12, source: 'server', replaced: '3' });
});
