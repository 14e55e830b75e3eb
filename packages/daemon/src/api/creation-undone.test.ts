import { because } from '@holdfast/core';
import { HostError, type Kit } from '@holdfast/kits';
import { createTestBench, type TestBench, type TestCluster } from '@holdfast/kits/postgresql/testing';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { changeAnswer, createError, createRequest, operationBody } from '@holdfast/contract';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createHierarchy } from './changes.ts';
import type { ApiContext } from './context.ts';
import { createTestApi, type Called, type TestApi } from './testing.ts';

let bench: TestBench;
let cluster: TestCluster;

beforeAll(async () => {
  bench = await createTestBench();
});
afterAll(() => bench.dispose());

/** A database cluster that an administrator started: nothing of it is Holdfast's. */
beforeEach(async () => {
  cluster = await bench.createCluster({ processScope: 'own', settings: ["listen_addresses = '*'"] });
  await cluster.startByHand();
  await mkdir(join(cluster.directory, 'run'), { recursive: true });
});
afterEach(() => cluster.dispose());

const address = '127.77.0.21';

function request(changes: { readonly parameters?: object; readonly volume?: string } = {}): object {
  const { dataDirectory, port } = cluster.parameters;
  const service = { service: `holdfast-${port}` };
  return {
    resources: [
      { kit: 'postgresql', parameters: { dataDirectory, port, ...service, ...changes.parameters } },
      { kit: 'volume', parameters: { path: changes.volume ?? cluster.directory } },
      { kit: 'ip', parameters: { address } },
    ],
  };
}

/** Every file below a directory with its owner, mode and contents; folders alone are nothing that matters. */
function filesBelow(directory: string, skip: (path: string) => boolean): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (skip(path) || entry.isDirectory()) continue;
    const { uid, gid, mode } = lstatSync(path);
    const contents = entry.isFile()
      ? createHash('sha256').update(readFileSync(path)).digest('hex')
      : entry.name;
    found[path] = `${uid}:${gid} ${mode.toString(8)} ${contents}`;
  }
  return found;
}

/** What a creation could change of this server and of the store. */
async function takePicture(api: TestApi) {
  const { host, parameters, directory } = cluster;
  const { dataDirectory } = parameters;
  const { uid, gid, mode } = lstatSync(dataDirectory);
  // A counter of the store stays, as after a deletion: terms never go back (S4).
  const records = api.store.entries().filter(({ key }) => !key.includes('/terms/'));
  return {
    records: records.map(({ key, value }) => `${key} ${value}`),
    files: filesBelow(directory, (path) => path.startsWith(dataDirectory) || path.endsWith('.log')),
    data: { uid, gid, mode, names: readdirSync(dataDirectory).toSorted() },
    postmaster: (await cluster.postmaster()).pid,
    options: readFileSync(join(dataDirectory, 'postmaster.opts'), 'utf8'),
    lock: readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8'),
    addresses: await host.addresses.list(),
    mounts: await host.volumes.mounts(),
  };
}

type Change = (context: ApiContext) => Partial<ApiContext>;

/** Asks for a creation that must not come about, and compares the system before and after. */
async function expectNothingLeft(
  expected: string | RegExp,
  options: { readonly change?: Change; readonly body?: object } = {},
): Promise<void> {
  const plain = createTestApi({ host: cluster.host, postgresql: cluster.kit });
  const before = await takePicture(plain);
  const { store } = plain;
  const api = createTestApi({ host: cluster.host, postgresql: cluster.kit, change: options.change, store });
  const answer = await api.call('POST', '/hierarchies', options.body ?? request());
  expect(codeOf(answer), JSON.stringify(answer.json)).toMatch(expected);
  expect(await takePicture(api)).toEqual(before);
  const told = api.guarded.filter((line) => line.startsWith('protect')).length;
  expect(api.guarded.filter((line) => line.startsWith('unprotect')).length).toBeGreaterThanOrEqual(told);
}

function codeOf({ status, json }: Called): string {
  return `${status} ${typeof json === 'object' && json !== null && 'code' in json ? String(json.code) : ''}`;
}

/** The kits with one of them changed. */
function withKit(name: string, change: (kit: Kit) => Partial<Kit>): Change {
  return ({ kits }) => ({
    kits: new Map([...kits].map(([key, kit]) => [key, key === name ? { ...kit, ...change(kit) } : kit])),
  });
}

const kitNames = ['volume', 'ip', 'postgresql'];
const broken = { state: 'failed', scope: 'server', reason: because('disk-full', { line: '' }) } as const;

test('K-09 the same request does come about when nothing fails', async () => {
  const api = createTestApi({ host: cluster.host, postgresql: cluster.kit });
  const before = await takePicture(api);
  const { status, json } = await api.call('POST', '/hierarchies', request());
  expect({ status, findings: status === 200 ? undefined : json }).toEqual({
    status: 200,
    findings: undefined,
  });
  const after = await takePicture(api);
  expect(after.postmaster).toBe(before.postmaster);
  expect(after.addresses).toContainEqual(expect.objectContaining({ address }));
  const keys = api.store.keys().filter((key) => /config\/hierarchies|desired|owner/.test(key));
  expect(keys).toHaveLength(3);
});

test('K-02 the resource shows whether Holdfast made its service, or found it', async () => {
  const { host, parameters } = cluster;
  const { dataDirectory, port, executables } = parameters;
  const command = [`${executables}/postgres`, '-D', dataDirectory, '-p', String(port)];
  const user = bench.account.name;
  await host.services.create({ name: 'pg-found', user, command, directory: dataDirectory, environment: {} });
  for (const [service, origin] of [
    [`holdfast-${port}`, 'created'],
    ['pg-found', 'existing'],
  ]) {
    const api = createTestApi({ host, postgresql: cluster.kit });
    const body = request({ parameters: { service, account: service === 'pg-found' ? undefined : user } });
    const created = await api.call('POST', '/hierarchies', body);
    expect(created.status, JSON.stringify(created.json)).toBe(200);
    expect(created.json).toMatchObject({
      hierarchy: { resources: [{ kit: 'postgresql', perServer: { a: { serviceOrigin: origin } } }, {}, {}] },
    });
    await api.call('DELETE', `/hierarchies/pgsql-${port}?force=true`);
    expect(await host.services.get(`holdfast-${port}`)).toBeUndefined();
    expect((await host.services.get('pg-found'))?.startMode).toBe('manual');
    await host.files.delete(join(cluster.directory, '.holdfast-owner'));
    await host.addresses.remove({ address, prefix: 32, device: 'lo' });
  }
});

test('K-09 a field that is not valid leaves nothing', async () => {
  await expectNothingLeft('400 HF-HIER-019', { body: request({ parameters: { port: 0 } }) });
  await expectNothingLeft(/HF-API-001/, { body: { resources: [] } });
  await expectNothingLeft(/HF-HIER-017/, { body: { resources: [{ kit: 'oracle' }] } });
});

test('K-09 a check that fails leaves nothing', async () => {
  const { port } = cluster.parameters;
  await expectNothingLeft('409 HF-HIER-003', { body: request({ parameters: { port: port === 1 ? 2 : 1 } }) });
  await expectNothingLeft('409 HF-HIER-003', { body: request({ parameters: { executables: '/nowhere' } }) });
  await expectNothingLeft('409 HF-HIER-003', { body: request({ parameters: { user: 'nobody-known' } }) });
  await expectNothingLeft('409 HF-HIER-003', { body: request({ parameters: { account: 'nobody-known' } }) });
  await expectNothingLeft('409 HF-HIER-003', { body: request({ volume: '/usr' }) });
  for (const name of kitNames) {
    const finding = { check: 'made-up', outcome: 'failed', reason: because('disk-full', {}) } as const;
    const change = withKit(name, () => ({ validate: () => Promise.resolve([finding]) }));
    await expectNothingLeft('409 HF-HIER-003', { change });
  }
});

test('K-09 a resource that cannot be taken into care leaves nothing, whichever it is', async () => {
  for (const name of kitNames) {
    await expectNothingLeft(/HF-SRV-004/, {
      change: withKit(name, () => ({ adopt: () => Promise.resolve(broken) })),
    });
    // After the kit has done its work: the next step fails.
    const change = withKit(name, (kit) => ({
      adopt: async (context) => {
        await kit.adopt(context);
        return broken;
      },
    }));
    await expectNothingLeft(/HF-SRV-004/, { change });
  }
});

test('K-09 a service whose start mode cannot be set is taken away again', async () => {
  const { host } = cluster;
  const services = {
    ...host.services,
    setStartMode: () => Promise.reject(new HostError('start-mode-not-set', { service: 'x', mode: 'manual' })),
  };
  const change: Change = ({ kits }) => ({
    kits: new Map(
      [...kits].map(([key, kit]) => [
        key,
        { ...kit, adopt: (context) => kit.adopt({ ...context, host: { ...host, services } }) } satisfies Kit,
      ]),
    ),
  });
  await expectNothingLeft(/HF-SRV-004/, { change });
});

test('K-09 a guard that does not answer leaves nothing', async () => {
  const change: Change = ({ engine }) => ({
    engine: {
      ...engine,
      protect: () =>
        Promise.reject(createError('HF-GUARD-001', { problem: 'away', runDirectory: '/run' } as never)),
      unprotect: () => Promise.reject(new Error('away')),
    },
  });
  await expectNothingLeft(/HF-GUARD-001/, { change });
});

test('K-09 a record that the store refuses or does not answer leaves nothing, at each commit', async () => {
  for (const failAt of [1, 2]) {
    let commits = 0;
    const refusing: Change = ({ store }) => ({
      store: {
        ...store,
        commit: (one) => ((commits += 1) >= failAt ? Promise.resolve(false) : store.commit(one)),
      },
    });
    // Giving the reservation back needs the store again.
    const away: Change = ({ store }) => ({
      store: {
        ...store,
        commit: (one) => {
          commits += 1;
          return commits === failAt
            ? Promise.reject(createError('HF-STORE-001', { endpoints: '', waitedMs: 1 }))
            : store.commit(one);
        },
      },
    });
    if (failAt === 1) await expectNothingLeft('HF-STORE-006', { change: refusing });
    commits = 0;
    await expectNothingLeft('HF-STORE-001', { change: away });
  }
});

test('H-01 a record whose answer was lost counts, when it is there', async () => {
  const api = createTestApi({
    host: cluster.host,
    postgresql: cluster.kit,
    change: ({ store }) => ({
      store: {
        ...store,
        commit: async (one) => {
          await store.commit(one);
          if (one.write.some((write) => 'put' in write && write.put.includes('config/hierarchies')))
            throw createError('HF-STORE-001', { endpoints: '', waitedMs: 1 });
          return true;
        },
      },
    }),
  });
  const { status, json } = await api.call('POST', '/hierarchies', request());
  expect(status, JSON.stringify(json)).toBe(200);
});

test('K-09 a first start that fails leaves nothing, whichever resource it is', async () => {
  for (const name of kitNames) {
    await expectNothingLeft(/HF-PG-/, { change: restoring(name, () => Promise.resolve(broken)) });
    await expectNothingLeft(/HF-PG-/, {
      change: restoring(name, async (restore) => {
        await restore();
        return broken;
      }),
    });
  }
});

/** Replaces the first start of one kit's resource. */
function restoring(name: string, act: (restore: () => Promise<unknown>) => Promise<typeof broken>): Change {
  return ({ instances }) => ({
    instances: {
      ...instances,
      restore: (instance, context) => {
        const restore = () => instances.restore(instance, context);
        return instance.kit === name ? act(restore) : restore();
      },
    },
  });
}

test('K-09 H-07 a creation that nobody waits for goes on as an operation, and says what it took back', async () => {
  const change = restoring('postgresql', () => Promise.resolve(broken));
  const api = createTestApi({ host: cluster.host, postgresql: cluster.kit, change });
  const begun = await api.call('POST', '/hierarchies', { ...request(), wait: false });
  const { operation } = changeAnswer.parse(begun.json);
  expect({ status: begun.status, state: operation?.state }).toEqual({ status: 202, state: 'running' });
  const path = `/operations/${operation?.id ?? ''}`;
  await expect.poll(async () => (await api.call('GET', path)).json).toMatchObject({ state: 'failed' });
  const ended = operationBody.parse((await api.call('GET', path)).json);
  expect(ended.error?.undone?.map(({ act, tag }) => `${act} ${tag?.replace(/-.*/, '') ?? ''}`)).toEqual([
    'let-go pgsql',
    'let-go ip',
    'stop ip',
    'let-go volume',
    'stop volume',
  ]);
  expect((await api.call('GET', '/operations')).json).toMatchObject({ operations: [{ id: ended.id }] });
  const refused = await api.call('DELETE', path);
  expect(codeOf(refused)).toBe('409 HF-HIER-043');
});

test('K-09 H-07 a creation that goes on is cancelled by the name of its operation', async () => {
  const gate = Promise.withResolvers<void>();
  const change = restoring('volume', async (restore) => {
    await gate.promise;
    await restore();
    return broken;
  });
  const api = createTestApi({ host: cluster.host, postgresql: cluster.kit, change });
  const before = await takePicture(api);
  const { operation } = changeAnswer.parse(
    (await api.call('POST', '/hierarchies', { ...request(), wait: false })).json,
  );
  const path = `/operations/${operation?.id ?? ''}`;
  expect((await api.call('DELETE', path)).status).toBe(200);
  gate.resolve();
  await expect
    .poll(async () => (await api.call('GET', path)).json)
    .toMatchObject({ state: 'failed', error: { code: 'HF-HIER-040' } });
  expect(await takePicture(api)).toEqual(before);
});

test('K-09 a creation whose client goes away leaves nothing, at whichever step it goes', async () => {
  const plain = createTestApi({ host: cluster.host, postgresql: cluster.kit });
  const before = await takePicture(plain);
  for (const step of [
    'asked',
    'protected',
    ...kitNames.flatMap((name) => [`adopted ${name}`, `started ${name}`]),
  ]) {
    const gone = new AbortController();
    const leaving =
      <A extends readonly unknown[], R>(name: string, act: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        const result = await act(...args);
        if (name === step) gone.abort();
        return result;
      };
    if (step === 'asked') gone.abort();
    const { context, guarded } = createTestApi({
      host: cluster.host,
      postgresql: cluster.kit,
      store: plain.store,
      change: ({ engine, instances, kits }) => ({
        engine: { ...engine, protect: leaving('protected', (hierarchy) => engine.protect(hierarchy)) },
        instances: {
          ...instances,
          restore: (instance, act) =>
            leaving(`started ${instance.kit}`, () => instances.restore(instance, act))(),
        },
        kits: new Map(
          [...kits].map(([key, kit]) => [
            key,
            {
              ...kit,
              adopt: leaving(`adopted ${key}`, (one: Parameters<Kit['adopt']>[0]) => kit.adopt(one)),
            },
          ]),
        ),
      }),
    });
    const asked = createHierarchy(context, createRequest.parse(request()), 'somebody', gone.signal);
    await expect(asked, step).rejects.toMatchObject({ error: { code: 'HF-HIER-040' } });
    expect(await takePicture(plain), step).toEqual(before);
    expect(
      guarded.filter((line) => line.startsWith('unprotect')),
      step,
    ).toHaveLength(1);
  }
});

test('K-09 S4 a lease that ends in the middle of a creation leaves nothing', async () => {
  let begun = false;
  const change: Change = ({ guard, engine }) => ({
    guard: { ...guard, state: () => (begun ? undefined : guard.state()) },
    engine: {
      ...engine,
      protect: async (hierarchy) => {
        await engine.protect(hierarchy);
        begun = true;
      },
    },
  });
  await expectNothingLeft(/HF-/, { change });
});

test('K-09 the daemon of the other server is away: nothing is begun', async () => {
  await expectNothingLeft('409 HF-HIER-006', { body: { ...request(), server: 'b' } });
});

test('K-09 K-02 an existing service gets its start mode back when its creation fails', async () => {
  const { host, parameters } = cluster;
  const { dataDirectory, port, executables } = parameters;
  const command = [`${executables}/postgres`, '-D', dataDirectory, '-p', String(port)];
  const user = bench.account.name;
  await host.services.create({ name: 'pg-there', user, command, directory: dataDirectory, environment: {} });
  await host.services.setStartMode('pg-there', 'automatic');
  const body = request({ parameters: { service: 'pg-there' } });
  await expectNothingLeft(/HF-PG-/, { body, change: restoring('ip', () => Promise.resolve(broken)) });
  expect((await host.services.get('pg-there'))?.startMode).toBe('automatic');
});
