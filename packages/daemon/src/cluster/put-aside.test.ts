import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { finishPuttingAside, formerDirectory, putAside } from './put-aside.ts';

let stateDir: string;
const of = { cluster: 'c', server: 'server1', at: new Date('2026-01-02T03:04:05.006Z') };
const into = 'c-server1-2026-01-02T03-04-05-006Z';
const made = ['server.json', 'pki', 'etcd', 'care'];

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'holdfast-aside-'));
  await writeFile(join(stateDir, 'server.json'), '{}');
  for (const name of made.slice(1)) await mkdir(join(stateDir, name));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

test('C-01 what made a server is put aside, and nothing of it is lost', async () => {
  await writeFile(join(stateDir, 'of-somebody-else'), '');
  expect(await putAside(stateDir, of)).toBe(formerDirectory(stateDir, into));
  expect((await readdir(stateDir)).toSorted()).toEqual(['former', 'of-somebody-else']);
  expect((await readdir(formerDirectory(stateDir, into))).toSorted()).toEqual(made.toSorted());
});

test.each([0, 1, 2, 3, 4])(
  'S8 broken off after %i parts, it is finished by whoever comes next',
  async (moved) => {
    await writeFile(join(stateDir, 'departed.json'), JSON.stringify({ formatVersion: 1, into }));
    const directory = formerDirectory(stateDir, into);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'kept'), '');
    for (const name of made.slice(0, moved)) {
      await rm(join(stateDir, name), { recursive: true });
      await writeFile(join(directory, name), 'moved');
    }
    await finishPuttingAside(stateDir);
    expect(await readdir(stateDir)).toEqual(['former']);
    for (const name of [...made, 'kept']) expect(existsSync(join(directory, name))).toBe(true);
    await finishPuttingAside(stateDir);
  },
);
