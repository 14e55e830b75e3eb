import { kitCheckAnswer, type CheckedResource, type KitCheckAnswer } from '@holdfast/contract';
import { aHierarchy, aResource } from '@holdfast/engine/testing';
import { createTestBench, type TestBench, type TestCluster } from '@holdfast/kits/postgresql/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestApi, type TestApi } from './testing.ts';

let bench: TestBench;
let cluster: TestCluster;
let api: TestApi;

/** One database cluster that an administrator started, which nobody protects yet. */
beforeAll(async () => {
  bench = await createTestBench();
  cluster = await bench.createCluster({ settings: ["listen_addresses = '127.0.0.1'"] });
  await cluster.startByHand();
  api = createTestApi({ host: cluster.host, postgresql: cluster.kit });
});
afterAll(async () => {
  await cluster.dispose();
  await bench.dispose();
});

async function check(body: object, language = 'en'): Promise<KitCheckAnswer> {
  const before = api.store.keys();
  const { status, json } = await api.call('POST', '/kits/postgresql/check', body, language);
  expect(status, JSON.stringify(json)).toBe(200);
  expect(api.store.keys()).toEqual(before);
  expect(api.guarded).toEqual([]);
  return kitCheckAnswer.parse(json);
}

async function checkRoot(body: object, language?: string): Promise<CheckedResource> {
  const [root] = (await check(body, language)).resources;
  if (!root) throw new Error('no resource was answered');
  return root;
}

function sourcesOf(resource: CheckedResource): Record<string, string> {
  return Object.fromEntries(resource.fields.map(({ name, source }) => [name, source]));
}

function problemsOf(resource: CheckedResource): readonly string[] {
  return resource.problems.map(({ field, code }) => `${field} ${code}`);
}

test('K-01 an empty form is answered: nothing is wrong, and what a person is asked for stands first', async () => {
  const answer = await check({});
  const [root] = answer.resources;
  expect(root?.problems).toEqual([]);
  expect(root?.fields.filter(({ asked }) => asked).map(({ name }) => name)).toEqual([
    'service',
    'dataDirectory',
    'executables',
    'port',
    'user',
  ]);
  expect(root && sourcesOf(root)).toMatchObject({ dataDirectory: 'open', port: 'open', user: 'found' });
  expect(answer.complete).toBe(false);
});

test('K-01 from the data directory the rest is found, and each value says where it comes from', async () => {
  const { dataDirectory, port, executables } = cluster.parameters;
  const root = await checkRoot({ parameters: { dataDirectory } });
  expect(root.tag).toBe(`pgsql-${port}`);
  expect(root.fields).toEqual(
    expect.arrayContaining([
      { name: 'dataDirectory', value: dataDirectory, source: 'given', asked: true },
      { name: 'port', value: port, source: 'found', asked: true },
      { name: 'executables', value: executables, source: 'found', asked: true },
    ]),
  );
});

test('K-01 account and password are asked for only while the service does not exist', async () => {
  const { dataDirectory } = cluster.parameters;
  const isAsked = (resource: CheckedResource): boolean | undefined =>
    resource.fields.find(({ name }) => name === 'account')?.asked;
  const fresh = await checkRoot({ parameters: { dataDirectory, service: 'pg-new' } });
  expect([isAsked(fresh), fresh.passwordNeeded]).toEqual([true, false]);
  await cluster.host.services.create({
    name: 'pg-there',
    user: bench.account.name,
    command: [`${cluster.parameters.executables}/postgres`, '-D', dataDirectory],
    directory: dataDirectory,
    environment: {},
  });
  expect(isAsked(await checkRoot({ parameters: { service: 'pg-there' } }))).toBe(false);
  await cluster.host.services.delete('pg-there');
});

test('K-04 where the service manager wants a password, a blank one is named', async () => {
  const { host } = cluster;
  const wanting = createTestApi({
    host: { ...host, services: { ...host.services, needsPassword: true } },
    postgresql: cluster.kit,
  });
  const { dataDirectory } = cluster.parameters;
  const ask = async (passwordGiven: boolean): Promise<readonly string[]> => {
    const body = { parameters: { dataDirectory, service: 'pg-new' }, passwordGiven };
    const { json } = await wanting.call('POST', '/kits/postgresql/check', body);
    const [root] = kitCheckAnswer.parse(json).resources;
    expect(root?.passwordNeeded).toBe(true);
    return (root ? problemsOf(root) : []).filter((problem) => problem.startsWith('password'));
  };
  expect(await ask(false)).toEqual(['password HF-PG-051']);
  expect(await ask(true)).toEqual([]);
});

test('K-05 each wrong answer has its code, message and remedy, also while the rest is open', async () => {
  const root = await checkRoot({
    tag: 'two words',
    parameters: {
      executables: '/nowhere/bin',
      dataDirectory: '/nowhere',
      port: 'many',
      account: 'nobody-at-all',
      service: 'new',
    },
  });
  expect(problemsOf(root)).toEqual([
    'port HF-HIER-019',
    'executables HF-PG-011',
    'dataDirectory HF-PG-014',
    'account HF-PG-021',
    'tag HF-HIER-019',
  ]);
  expect(root.problems[1]).toMatchObject({ message: expect.stringContaining('/nowhere/bin/postgres') });
  expect(root.problems.every(({ remedy }) => remedy !== '')).toBe(true);
});

test('U-03 messages and remedies come in the language of the caller', async () => {
  const root = await checkRoot({ parameters: { port: 99_999 } }, 'ja');
  expect(root.problems).toMatchObject([{ field: 'port', message: expect.stringContaining('パラメーター') }]);
});

test('K-05 a failed check is a problem of the field that it is about', async () => {
  const { dataDirectory } = cluster.parameters;
  const answer = await check({ parameters: { dataDirectory, port: 1 } });
  const [root] = answer.resources;
  expect(root && problemsOf(root)).toContain('port HF-PG-003');
  expect(answer.findings.map(({ check: name }) => name)).toContain('port-argument');
});

test('K-07 a volume beneath that holds the data becomes a child by itself; without one the path is named', async () => {
  const { dataDirectory, port } = cluster.parameters;
  const open = await checkRoot({ parameters: { dataDirectory } });
  expect(open.children).toEqual([]);
  expect(open.unprotected).toMatchObject([{ path: dataDirectory, why: 'data-directory' }]);
  const beneath = [{ kit: 'volume', parameters: { path: cluster.directory } }];
  const answer = await check({ parameters: { dataDirectory }, beneath });
  const [root, volume] = answer.resources;
  expect(root?.children).toEqual([{ tag: volume?.tag, path: dataDirectory, why: 'data-directory' }]);
  expect(root?.unprotected).toEqual([]);
  expect({ complete: answer.complete, tag: root?.tag }, JSON.stringify(answer.findings)).toEqual({
    complete: true,
    tag: `pgsql-${port}`,
  });
});

test('K-08 an address beneath that listen_addresses does not cover is told with the line to write', async () => {
  const { dataDirectory } = cluster.parameters;
  const findingOf = async (address: string) => {
    const beneath = [{ kit: 'ip', parameters: { address } }];
    const { findings } = await check({ parameters: { dataDirectory }, beneath });
    return findings.find(({ check: name }) => name === 'listen-addresses');
  };
  expect(await findingOf('127.0.0.1')).toMatchObject({ outcome: 'passed' });
  expect(await findingOf('127.77.0.9')).toMatchObject({
    outcome: 'warned',
    reason: {
      code: 'address-not-listened-on',
      facts: { address: '127.77.0.9', setting: "listen_addresses = '127.0.0.1,127.77.0.9'" },
    },
  });
});

test('K-04 K-05 a tag, a port and a data directory that another resource has are named at their fields', async () => {
  const { dataDirectory, port } = cluster.parameters;
  const other = { ...aResource(`pgsql-${port}`, [], 'postgresql'), parameters: { port, dataDirectory } };
  const taken = createTestApi({ host: cluster.host, postgresql: cluster.kit });
  taken.store.set(taken.context.keys.hierarchy('other'), aHierarchy({ id: other.tag, resources: [other] }));
  const { json } = await taken.call('POST', '/kits/postgresql/check', { parameters: { dataDirectory } });
  const [root] = kitCheckAnswer.parse(json).resources;
  expect(root && problemsOf(root)).toEqual([
    'tag HF-HIER-002',
    'dataDirectory HF-HIER-026',
    'port HF-HIER-026',
  ]);
});

test('U-02 a kit that does not exist is named', async () => {
  const { status, json } = await api.call('POST', '/kits/oracle/check', {});
  expect({ status, json }).toMatchObject({ status: 404, json: { code: 'HF-HIER-017' } });
});

test('K-09 a form whose server hangs is given up in time, and nothing is left of it', async () => {
  const hanging = createTestApi({
    host: { ...cluster.host, services: { ...cluster.host.services, get: () => new Promise(() => {}) } },
    postgresql: cluster.kit,
    change: () => ({ formLimitMs: 200 }),
  });
  const { json } = await hanging.call('POST', '/kits/postgresql/check', { parameters: { service: 'x' } });
  expect(json).toMatchObject({ code: 'HF-API-005', facts: { waitedMs: 200 } });
});
