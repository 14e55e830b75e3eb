import { changeAnswer } from '@holdfast/contract';
import { aHierarchy, aResource, aRunningCluster, keys } from '@holdfast/engine/testing';
import { createPostgresqlKit } from '@holdfast/kits/postgresql/index';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLinuxHost } from '../host/linux/index.ts';
import { checkExtension } from './extend-checks.ts';
import type { ApiContext } from './context.ts';
import { createTestApi } from './testing.ts';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-extend-'));
const volume = join(directory, 'volume');
mkdirSync(volume);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const host = createLinuxHost({
  serviceManager: 'direct',
  addressKind: 'loopback',
  processScope: 'own',
  runDirectory: directory,
  stateDirectory: directory,
});

/** A hierarchy of server b, which this server `a` is to get as well. */
const hierarchy = aHierarchy({
  priorities: { b: 1 },
  resources: [
    {
      ...aResource('db', ['volume'], 'postgresql'),
      parameters: postgresqlParameters(),
      instances: { b: {} },
    },
    {
      ...aResource('volume', [], 'volume'),
      parameters: { type: 'directory', path: volume },
      instances: { b: {} },
    },
    aResource('strange', [], 'from-the-future'),
  ],
});

function postgresqlParameters() {
  return {
    service: 'pg-test',
    executables: '/nowhere/bin',
    dataDirectory: join(volume, 'data'),
    port: 1,
    user: 'postgres',
    serviceOrigin: 'created',
    arguments: [],
    ownerUid: 1,
    majorVersion: 18,
  };
}

async function check(change: Partial<ApiContext>): Promise<readonly string[]> {
  const { context } = createTestApi({ host, postgresql: createPostgresqlKit(), change: () => change });
  const found = await checkExtension(context, hierarchy, { owner: 'b', server: 'a', given: {} });
  expect(found.findings.every(({ server }) => server === 'a')).toBe(true);
  return found.findings.map(
    ({ tag, check: name, outcome, reason }) => `${tag ?? 'server'} ${name} ${outcome} ${reason.code}`,
  );
}

test('K-10 everything that is wrong with a target is told at once', async () => {
  const told = { db: { memoryBytes: 2 ** 50, needsPassword: true, ownerUid: 1, version: '18.4' } };
  const found = await check({
    paths: () => [],
    ask: (_server, route) =>
      Promise.resolve(route === 'api/tell' ? told : { wallTime: new Date(Date.now() - 9_000).toISOString() }),
  });
  expect(found).toEqual(
    expect.arrayContaining([
      'server servers-connected failed servers-not-connected',
      'server memory failed memory-too-small',
      'server clock warned clock-off',
      'strange kit failed kit-missing',
      'db executables failed executables-missing',
      'db password-file failed password-line-missing',
      'db default-cluster passed default-cluster-ok',
      'volume directory passed directory-fine',
    ]),
  );
});

test('K-10 what the server that has it in service does not tell is unknown, never fine', async () => {
  const path = { id: 'p', peer: 'b', state: 'alive', roundTripMs: 1, misses: 0, flaps: 0 } as const;
  const found = await check({ paths: () => [path], ask: () => Promise.reject(new Error('no answer')) });
  expect(found).toEqual(
    expect.arrayContaining([
      'server servers-connected passed servers-connected-ok',
      'server memory warned memory-unknown',
      'server clock warned clock-unknown',
      'db password-file warned login-not-known',
    ]),
  );
});

test('H-07 K-10 an extension that nobody waits for goes on as an operation, and says why it failed', async () => {
  const store = aRunningCluster();
  store.set(
    keys.hierarchy('db'),
    aHierarchy({ priorities: { a: 1 }, resources: [{ ...aResource('db'), instances: { a: {} } }] }),
  );
  const api = createTestApi({ host, postgresql: createPostgresqlKit(), store });
  const asked = { server: 'b', wait: false };
  expect(await api.call('POST', '/hierarchies/nobody/extend', asked)).toMatchObject({ status: 404 });
  const begun = await api.call('POST', '/hierarchies/db/extend', asked);
  const { operation } = changeAnswer.parse(begun.json);
  expect(begun.status).toBe(202);
  expect(operation).toMatchObject({ kind: 'extend', hierarchy: 'db', target: 'b', state: 'running' });
  const path = `/operations/${operation?.id ?? ''}`;
  await expect
    .poll(async () => (await api.call('GET', path)).json)
    .toMatchObject({ state: 'failed', error: { code: 'HF-HIER-006' } });
  expect(await api.call('DELETE', path)).toMatchObject({ status: 409, json: { code: 'HF-HIER-043' } });
});
