import { createKeys } from '@holdfast/contract';
import {
  aHierarchy,
  aResource,
  aRunningCluster,
  createTestingStore,
  keys,
  setServer,
  type TestingStore,
} from '@holdfast/engine/testing';
import { bindKit } from '@holdfast/kits';
import { ipKit } from '@holdfast/kits/ip/index';
import { volumeKit } from '@holdfast/kits/volume/index';
import { beforeEach, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import type { ApiContext } from '../api/context.ts';
import { exportConfiguration, importConfiguration } from './import-configuration.ts';

const now = '2026-01-01T00:00:00.000Z';

/** `db`: an address on a folder, in service on a, with everything set that can be set. */
const hierarchy = aHierarchy({
  resources: [
    {
      ...aResource('db', ['volume'], 'ip'),
      parameters: { address: '192.0.2.10', prefix: 24, duplicateCheck: 'warn' },
      instances: { a: { device: 'eth0' }, b: { device: 'eth1' } },
    },
    {
      ...aResource('volume', [], 'volume'),
      parameters: { type: 'directory', path: '/srv/db' },
      instances: { a: {}, b: {} },
    },
  ],
});

let store: TestingStore;

beforeEach(() => {
  store = aRunningCluster();
  store.set(keys.hierarchy('db'), hierarchy);
  for (const [name, last] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    store.set(keys.server(name), {
      ...store.get(keys.server(name)),
      addresses: [`192.0.2.${last}`, `198.51.100.${last}`],
    });
  const ends = [1, 2].map((last) => ({ server: last === 1 ? 'a' : 'b', address: `192.0.2.${last}` }));
  store.set(keys.path('a.b.1'), { id: 'a.b.1', ends, priority: 1, intervalMs: 1000, misses: 5 });
});

function contextOf(from: TestingStore): ApiContext {
  const kits = [bindKit(volumeKit), bindKit(ipKit)];
  return {
    file: { server: 'a', cluster: 'test', etcd: { kind: 'embedded' } },
    keys: createKeys('test'),
    engine: { refresh: () => Promise.resolve(from.snapshot()) },
    store: {
      commit: (transaction: Parameters<TestingStore['commit']>[0]) =>
        Promise.resolve(from.commit(transaction)),
    },
    host: { clock: { wallTime: () => now } },
    kits: new Map(kits.map((kit) => [kit.name, kit])),
    profile: () => 'test',
  } as unknown as ApiContext;
}

async function exported(from: TestingStore = store): Promise<string> {
  return (await exportConfiguration(contextOf(from))).text;
}

function imported(text: string, options: { readonly into?: TestingStore; readonly dryRun?: boolean } = {}) {
  const { into = store, dryRun = false } = options;
  return importConfiguration(contextOf(into), { text, dryRun }, { by: 'anna', language: 'en' });
}

type Edit = (set: (place: string, value: unknown) => void) => void;

/** What importing the exported file comes to after a change of values; places are written with `/`. */
async function importChanged(edit: Edit, dryRun = false) {
  const file = parseDocument(await exported());
  edit((place, value) =>
    file.setIn(
      place.split('/').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
      value,
    ),
  );
  return imported(file.toString(), { dryRun });
}

test('C-11 what was exported is no difference to where it came from, and is not written', async () => {
  const before = store.entries();
  expect(await imported(await exported())).toEqual({ dryRun: false, differences: [], next: [] });
  expect(store.entries()).toEqual(before);
});

test('C-11 a dry run shows every difference with its line, in the words of the single commands', async () => {
  const before = store.entries();
  const { differences } = await importChanged((set) => {
    set('settings/profile', 'fast');
    set('servers/b/confirmFailover', true);
    set('paths/0/intervalMs', 500);
    set('paths/1', { ends: { b: '198.51.100.2', a: '198.51.100.1' }, priority: 2 });
    set('hierarchies/db/priorities/b', 20);
    set('hierarchies/db/recovery/attempts', 5);
    set('hierarchies/db/switchback', { kind: 'automatic', healthyForMs: 60_000 });
    set('hierarchies/db/resources/db/checks/deepEveryMs', 30_000);
  }, true);
  expect(differences.map(({ field, command }) => `${field}: ${command}`)).toEqual([
    'settings.profile: holdfast set --profile fast',
    'servers.b.confirmFailover: holdfast server set b --confirm-failover on',
    'paths.0.intervalMs: holdfast path set a.b.1 --interval 500ms',
    'paths.1: holdfast path create a=198.51.100.1 b=198.51.100.2 --priority 2 --interval 1000ms --misses 5',
    'hierarchies.db.priorities.b: holdfast set db --priority b=20',
    'hierarchies.db.recovery.attempts: holdfast set db --attempts 5',
    'hierarchies.db.switchback.kind: holdfast set db --switchback automatic',
    'hierarchies.db.switchback.healthyForMs: holdfast set db --switchback automatic --healthy 60000ms',
    'hierarchies.db.resources.db.checks.deepEveryMs: holdfast set db --deep-check 30000ms',
  ]);
  expect(differences[0]).toMatchObject({ before: 'test', after: 'fast', line: 6 });
  expect(store.entries()).toEqual(before);
});

test('C-11 H-01 everything is one transaction, after which the file is no difference', async () => {
  const revision = store.snapshot().configRevision;
  const change: Edit = (set) => {
    set('settings/maintenance', true);
    set('servers/a/blockFailover', true);
    set('hierarchies/db/priorities', { a: 20, b: 1 });
    set('hierarchies/db/maintenance', true);
  };
  expect((await importChanged(change)).differences).toHaveLength(5);
  const { configRevision, view } = store.snapshot();
  expect(configRevision).toBe(revision + 1);
  expect(view.hierarchies['db']?.priorities).toEqual({ a: 20, b: 1 });
  expect(view.owners['db']?.server).toBe('a');
  expect((await importChanged(change)).differences).toEqual([]);
});

test('C-11 what the file does not name stays, also a hierarchy', async () => {
  const { differences } = await imported('holdfast: 1\nservers:\n  a: { confirmFailover: true }\n');
  expect(differences).toMatchObject([{ field: 'servers.a.confirmFailover', line: 3 }]);
  expect(store.snapshot().view.servers['a']).toMatchObject({ confirmFailover: true, blockFailover: false });
  expect(store.snapshot().view.hierarchies['db']).toBeDefined();
});

test('C-11 S4 S6 a fresh cluster gets the hierarchies out of service, above every term that a volume may remember', async () => {
  const text = await exported();
  const fresh = createTestingStore();
  for (const name of ['a', 'b']) setServer(fresh, name);
  setServer(fresh, 'w', 'witness');
  for (const name of ['a', 'b']) fresh.set(keys.server(name), { ...store.get(keys.server(name)) });
  const { next } = await imported(text, { into: fresh });
  expect(next).toEqual(['holdfast in-service db']);
  const { view } = fresh.snapshot();
  expect(view.hierarchies['db']).toEqual(hierarchy);
  expect(view.desired['db']).toMatchObject({ kind: 'out-of-service', by: 'anna' });
  expect(view.owners['db']).toBeUndefined();
  expect(view.terms['db']).toBe(Date.parse(now) / 1000);
  const again = await exported(fresh);
  expect(again).toBe(text);
});

test.each([
  ['no YAML', 'holdfast: 1\nsettings: [', 'HF-CFG-020', { field: 'YAML' }],
  ['a field twice', 'holdfast: 1\nsettings: {}\nsettings: {}\n', 'HF-CFG-020', { line: 3 }],
  [
    'an unknown field',
    'holdfast: 1\nsettings:\n  profil: fast\n',
    'HF-CFG-020',
    { line: 3, field: 'settings.profil' },
  ],
  [
    'a value that is none',
    'holdfast: 1\nsettings:\n  profile: quick\n',
    'HF-CFG-020',
    { line: 3, field: 'settings.profile' },
  ],
  ['no version', 'settings: {}\n', 'HF-CFG-020', { line: 1, field: 'holdfast' }],
  ['a newer version', 'holdfast: 2\nwhatever: 1\n', 'HF-CFG-021', { found: 2 }],
  ['another cluster', 'holdfast: 1\ncluster: other\n', 'HF-CFG-020', { line: 2, field: 'cluster' }],
  [
    'an unknown server',
    'holdfast: 1\nservers:\n  z: { confirmFailover: true }\n',
    'HF-CFG-022',
    { line: 3, field: 'servers.z' },
  ],
  ['an unknown limit', 'holdfast: 1\nsettings:\n  tunables:\n    NO_SUCH: 1\n', 'HF-CFG-022', { line: 4 }],
  [
    'an address of nobody',
    'holdfast: 1\npaths:\n  - ends: { a: 203.0.113.1, b: 192.0.2.2 }\n',
    'HF-CFG-022',
    { line: 3 },
  ],
])('C-11 a file with %s is refused with its line, and changes nothing', async (_, text, code, facts) => {
  const before = store.entries();
  await expect(imported(text)).rejects.toMatchObject({ code, facts });
  expect(store.entries()).toEqual(before);
});

const other = 'hierarchies/other';
const noPath = { kit: 'volume', parameters: { type: 'directory' } };

test.each<[string, string, unknown, string, string]>([
  ['a further server', 'hierarchies/db/priorities/w', 30, 'HF-CFG-023', 'hierarchies.db.priorities'],
  [
    'one resource more',
    'hierarchies/db/resources/x',
    { kit: 'ip' },
    'HF-CFG-023',
    'hierarchies.db.resources.x',
  ],
  [
    'other dependencies',
    'hierarchies/db/resources/db/children',
    [],
    'HF-CFG-023',
    'hierarchies.db.resources.db',
  ],
  ['one priority twice', 'hierarchies/db/priorities/b', 1, 'HF-CFG-022', 'hierarchies.db.priorities.b'],
  [
    ...['another address while it runs', 'hierarchies/db/resources/db/parameters/address', '192.0.2.11'],
    ...['HF-CFG-022', 'hierarchies.db.resources.db.parameters.address'],
  ] as [string, string, string, string, string],
  [
    'a tag of another one',
    other,
    { priorities: { a: 1 }, resources: { volume: noPath } },
    'HF-CFG-022',
    'hierarchies.other',
  ],
  [
    'an unknown kit',
    other,
    { priorities: { a: 1 }, resources: { x: { kit: 'oracle' } } },
    'HF-CFG-022',
    'hierarchies.other',
  ],
  [
    'unfit parameters',
    other,
    { priorities: { a: 1 }, resources: { x: noPath } },
    'HF-CFG-022',
    'hierarchies.other',
  ],
])(
  'C-11 a hierarchy with %s is refused, and nothing of the file is done',
  async (_, place, value, code, field) => {
    const before = store.entries();
    const edit: Edit = (set) => {
      set('settings/profile', 'fast');
      set(place, value);
    };
    await expect(importChanged(edit)).rejects.toMatchObject({ code, facts: { field } });
    expect(store.entries()).toEqual(before);
  },
);
