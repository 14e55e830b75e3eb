import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bindKit } from '@holdfast/kits';
import { actContext } from '@holdfast/kits/trial';
import { volumeKit } from '@holdfast/kits/volume/index';
import { createLinuxHost } from './index.ts';

const kit = bindKit(volumeKit);
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-directory-'));
  for (const name of ['shared', 'other']) mkdirSync(join(directory, name));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What one of two servers does with a folder; each has its own run directory. */
function subject(server: string, folder: string) {
  const host = createLinuxHost({
    serviceManager: 'direct',
    addressKind: 'loopback',
    processScope: 'own',
    runDirectory: join(directory, server),
    stateDirectory: join(directory, `${server}-state`),
  });
  return { kit, host, parameters: { type: 'directory', path: join(directory, folder) } };
}

test('K-10 S1 a takeover refuses a folder that no earlier owner has left its record in: it is not the shared one', async () => {
  const first = subject('server1', 'shared');
  expect(await kit.restore(actContext(first, { term: 1 }))).toEqual({ state: 'ok' });
  expect(await kit.remove(actContext(first, { term: 1 }))).toEqual({ state: 'ok' });
  const taking = { term: 2, server: 'server2', isFirst: false };
  const path = join(directory, 'other', '.holdfast-owner');
  expect(await kit.restore(actContext(subject('server2', 'other'), taking))).toEqual({
    state: 'failed',
    scope: 'server',
    reason: { code: 'volume-record-missing', facts: { path } },
  });
  expect(await kit.restore(actContext(subject('server2', 'shared'), taking))).toEqual({ state: 'ok' });
  const record: unknown = JSON.parse(readFileSync(join(directory, 'shared', '.holdfast-owner'), 'utf8'));
  expect(record).toMatchObject({ server: 'server2', term: 2 });
});
