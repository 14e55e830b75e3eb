import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestApi, type TestApi, type TestApiOptions } from '@holdfast/daemon/api/testing';
import { createTestBench, type TestBench, type TestCluster } from '@holdfast/kits/postgresql/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { converse, hasTerminal, keys } from './testing-terminal.ts';
import { buildChange, buildHierarchy, buildKits, buildStatus, run, startApi } from './testing.ts';

let bench: TestBench;
let cluster: TestCluster;
let api: TestApi | undefined;
let runDirectory: string;

type Answers = readonly (readonly [question: string, answer: string])[];
const { enter, down } = keys;

async function serve(options: Partial<TestApiOptions> = {}): Promise<void> {
  await api?.close();
  api = createTestApi({ host: cluster.host, postgresql: cluster.kit, ...options });
  await api.listen(runDirectory);
}

/** The questions of a creation whose answers are all there to agree to, but for the paths and the address. */
function creation(): Answers {
  const { dataDirectory } = cluster.parameters;
  return [
    ['On which server is it created?', enter],
    ['Service name:', enter],
    ['Data directory:', `${dataDirectory}${enter}`],
    ['Service name:', enter],
    ['Executable directory:', enter],
    ['Port:', enter],
    ['Administrator user:', enter],
    ['Service account:', enter],
    ['Tag:', enter],
    ['Type:', `${down}${enter}`],
    ['Directory:', `${cluster.directory}${enter}`],
    ['IP address:', `127.77.0.31${enter}`],
    ['Go on?', enter],
    ['Extend it to another server now?', `${down}${enter}`],
  ];
}

/** The questions before one of them, and what is said instead of its answer. */
function until(question: string, ...instead: Answers): Answers {
  const all = creation();
  return [
    ...all.slice(
      0,
      all.findIndex(([one]) => one === question),
    ),
    ...instead,
  ];
}

describe.skipIf(!hasTerminal)('a creation at the terminal, against the real API', () => {
  beforeAll(async () => {
    bench = await createTestBench();
  });
  afterAll(() => bench.dispose());
  beforeEach(async () => {
    cluster = await bench.createCluster({
      processScope: 'own',
      settings: ["listen_addresses = '127.0.0.1'"],
    });
    await cluster.startByHand();
    runDirectory = join(cluster.directory, 'run');
    await mkdir(runDirectory, { recursive: true });
    await serve();
  });
  afterEach(async () => {
    await api?.close();
    api = undefined;
    await cluster.dispose();
  });

  const create = (): readonly string[] => ['create', 'postgresql', '--no-wait', '--run-dir', runDirectory];
  const records = (): readonly string[] => api?.store.keys() ?? [];
  const recorded = (): readonly string[] => records().filter((key) => key.includes('/config/hierarchies/'));

  test('K-01 K-07 K-08 every answer has a default where one can be found, and the plan comes first', async () => {
    const { exitCode, out, unasked } = await converse(create(), creation());
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    expect(recorded()).toHaveLength(1);
    expect(out).toContain('A volume must be protected together with it');
    expect(out).toContain("listen_addresses = '127.0.0.1,127.77.0.31'");
    expect(out.indexOf('Plan')).toBeLessThan(out.indexOf('Go on?'));
  });

  test('K-05 a refused answer is told with its remedy at once, and stands there to be corrected', async () => {
    const { dataDirectory, port } = cluster.parameters;
    const { exitCode, out, unasked } = await converse(
      create(),
      until(
        'Data directory:',
        ['Data directory:', `/nowhere${enter}`],
        ['HF-PG-014', ''],
        ['Data directory:', `${keys.clear}${dataDirectory}${enter}`],
        ['Service name:', enter],
        ['Executable directory:', enter],
        ['Port:', `1${enter}`],
        ['HF-PG-003', ''],
        ['Port:', `${keys.clear}${port}${enter}`],
        ['Administrator user:', keys.escape],
      ),
    );
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 3, unasked: [] });
    expect(recorded()).toEqual([]);
  });

  test('U-01 Shift+Tab goes back, question by question, and every answer can be another one', async () => {
    const { exitCode, out, unasked } = await converse(create(), [
      ...until(
        'Tag:',
        ['Tag:', `first${enter}`],
        ['Type:', keys.back],
        ['Tag:', keys.back],
        ['Service account:', keys.back],
        ['Administrator user:', enter],
        ['Service account:', enter],
        ['Tag:', `second${enter}`],
        ['Type:', `${down}${enter}`],
        ['Directory:', `${cluster.directory}${enter}`],
        ['IP address:', enter],
        ['Go on?', `${down}${enter}`],
        ['IP address:', enter],
        ['Go on?', enter],
        ['Extend it to another server now?', `${down}${enter}`],
      ),
    ]);
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    expect(recorded().map((key) => key.split('/').at(-1))).toEqual(['second']);
  });

  test('K-09 a creation that is given up at any question changes nothing', async () => {
    const before = records();
    const places = ['On which server', 'Data directory:', 'Tag:', 'Directory:', 'IP address:', 'Go on?'];
    for (const [index, place] of places.entries()) {
      const way = creation().findIndex(([question]) => question.startsWith(place));
      const answers = [
        ...creation().slice(0, way),
        [place, index % 2 ? keys.interrupt : keys.escape] as const,
      ];
      const { exitCode, out, unasked } = await converse(create(), answers);
      expect({ place, exitCode, unasked }, out).toEqual({ place, exitCode: 3, unasked: [] });
      expect(out).toContain('HF-CLI-006');
      expect(records()).toEqual(before);
      expect(await cluster.host.services.get(`holdfast-pgsql-${cluster.parameters.port}`)).toBeUndefined();
    }
  }, 60_000);

  test('K-04 the password of a new service is asked for, shown nowhere, and used once', async () => {
    const used: string[] = [];
    const { host } = cluster;
    const services = {
      ...host.services,
      needsPassword: true,
      create: (definition: Parameters<typeof host.services.create>[0], password?: () => string) => {
        used.push(password?.() ?? 'none');
        return host.services.create(definition);
      },
    };
    await serve({ host: { ...host, services } });
    const { exitCode, out, unasked } = await converse(create(), [
      ...until('Tag:'),
      ['Password of the service account', `  ${enter}`],
      ['may not be blank', `${keys.clear}secret-word${enter}`],
      ...creation().slice(creation().findIndex(([question]) => question === 'Tag:')),
    ]);
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    expect(used).toEqual(['secret-word']);
    expect(out).not.toContain('secret-word');
    expect(JSON.stringify(api?.store.entries())).not.toContain('secret-word');
  });

  test('K-06 a missing port argument is offered to be put right, with what that costs', async () => {
    const { dataDirectory, port } = cluster.parameters;
    await cluster.runAsOwner('pg_ctl', ['stop', '-w', '-s', '-D', dataDirectory]);
    await appendFile(join(dataDirectory, 'postgresql.conf'), `port = ${port}\n`);
    await cluster.startByHand('');
    const { exitCode, out, unasked } = await converse(create(), [
      ...until('IP address:', ['IP address:', enter]),
      ['clients are disconnected', enter],
      ...creation().slice(-2),
    ]);
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    expect(out).toContain('HF-PG-002');
    expect(await readFile(join(dataDirectory, 'postmaster.opts'), 'utf8')).toContain(`"-p" "${port}"`);
  });

  test('K-05 a plan that would be refused says why, and leads back', async () => {
    const finding = {
      check: 'made-up',
      outcome: 'failed',
      reason: { code: 'disk-full', facts: {} },
    } as const;
    let isFull = true;
    await serve({
      change: ({ kits }) => ({
        kits: new Map(
          [...kits].map(([name, kit]) => [
            name,
            { ...kit, validate: async (one) => (name === 'ip' && isFull ? [finding] : kit.validate(one)) },
          ]),
        ),
      }),
    });
    const { exitCode, out, unasked } = await converse(create(), [
      ...until('Go on?', ['That would be refused', enter], ['IP address:', enter]),
      ...creation().slice(-2),
    ]);
    isFull = false;
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    expect(out).toContain('HF-HIER-003');
    expect(recorded()).toHaveLength(1);
  });

  test('U-01 with enough options nothing is asked, and otherwise only what is missing', async () => {
    const { dataDirectory } = cluster.parameters;
    const asked = await converse(
      [...create(), '--user', 'postgres'],
      [
        ['Service name:', enter],
        ['Data directory:', `${dataDirectory}${enter}`],
        ['Type:', `${down}${enter}`],
        ['Directory:', `${cluster.directory}${enter}`],
        ['Go on?', `${down}${down}${enter}`],
      ],
    );
    expect({ exitCode: asked.exitCode, unasked: asked.unasked }, asked.out).toEqual({
      exitCode: 3,
      unasked: [],
    });
    const options = ['--data-directory', dataDirectory, '--volume', `path=${cluster.directory}`];
    const { exitCode, out } = await converse([...create(), ...options], []);
    expect(exitCode, out).toBe(0);
    expect(out).not.toContain('Go on?');
    expect(recorded()).toHaveLength(1);
  });

  test('U-01 the wizard speaks Japanese', async () => {
    const { out, unasked } = await converse(
      create(),
      [
        ['どのサーバーで作成しますか?', enter],
        ['サービス名', enter],
        ['データディレクトリー', `/nowhere${enter}`],
        ['HF-PG-014 データディレクトリー', ''],
        ['データディレクトリー: ', keys.escape],
        ['キャンセルされました', ''],
      ],
      { locale: 'ja_JP.UTF-8' },
    );
    expect(unasked, out).toEqual([]);
  });
});

describe.skipIf(!hasTerminal)('changes at the terminal', () => {
  const status = buildStatus();
  const [first] = status.servers;
  const threeServers = {
    ...status,
    servers: [...status.servers, { ...first, name: 'server3', role: 'member' }],
  };
  const views = {
    'GET /kits': () => ({ json: buildKits() }),
    'GET /status': () => ({ json: threeServers }),
    'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
  };
  const change = () => ({ json: buildChange() });
  const checked = (kit: string, perServer: readonly string[] = []) => ({
    json: {
      server: 'server3',
      findings: [],
      complete: true,
      resources: [
        {
          kit,
          tag: null,
          fields: perServer.map((name) => ({ name, value: `/found/${name}`, source: 'found', asked: true })),
          passwordNeeded: false,
          problems: [],
          children: [],
          unprotected: [],
        },
      ],
    },
  });

  test('K-11 extend offers the servers that do not have it, the next free priority, and what is found there', async () => {
    const kits = buildKits();
    const withOwnField = {
      kits: kits.kits.map((kit) => ({
        ...kit,
        fields: kit.fields.map((field) => ({ ...field, perServer: field.name === 'device' })),
      })),
    };
    await using testApi = await startApi({
      ...views,
      'GET /kits': () => ({ json: withOwnField }),
      'POST /kits/postgresql/check': () => checked('postgresql'),
      'POST /kits/volume/check': () => checked('volume', ['device']),
      'POST /kits/ip/check': () => checked('ip'),
      'POST /hierarchies/pgsql-5432/extend': change,
    });
    const { exitCode, out, unasked } = await converse(
      ['extend', '--run-dir', testApi.runDirectory],
      [
        ['Which hierarchy?', enter],
        ['server3', enter],
        ['Priority of that server', `10${enter}`],
        ['10: server2', `${keys.clear}${enter}`],
        ['vol-data  device', `/dev/other${enter}`],
        ['Go on?', enter],
      ],
    );
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    expect(testApi.asked.at(-1)?.body).toEqual({
      server: 'server3',
      priority: 20,
      parameters: { 'vol-data': { device: '/dev/other' } },
      dryRun: false,
    });
  });

  test('K-12 unextend offers the servers where it is not in service, and shows what is done', async () => {
    await using testApi = await startApi({ ...views, 'POST /hierarchies/pgsql-5432/unextend': change });
    const { exitCode, out, unasked } = await converse(
      ['unextend', '--run-dir', testApi.runDirectory],
      [
        ['Which hierarchy?', enter],
        ['From which server', keys.back],
        ['Which hierarchy?', enter],
        ['From which server', enter],
        ['Go on?', enter],
      ],
    );
    expect({ exitCode, unasked }, out).toEqual({ exitCode: 0, unasked: [] });
    const bodies = testApi.asked.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(bodies).toEqual([
      { server: 'server2', force: false, dryRun: true },
      { server: 'server2', force: false, dryRun: false },
    ]);
  });

  test('H-03 in-service offers the servers of the hierarchy, the most preferred one first', async () => {
    await using testApi = await startApi({ ...views, 'POST /hierarchies/pgsql-5432/in-service': change });
    const { exitCode, out } = await converse(
      ['in-service', '--run-dir', testApi.runDirectory],
      [
        ['Which hierarchy?', enter],
        ['On which server?', `${down}${down}${enter}`],
        ['Go on?', enter],
      ],
    );
    expect(exitCode, out).toBe(0);
    expect(testApi.asked.at(-1)?.body).toEqual({ server: 'server2', dryRun: false });
  });

  test('H-06 delete and out-of-service ask for the hierarchy, show the plan, and change nothing without consent', async () => {
    await using testApi = await startApi({
      ...views,
      'POST /hierarchies/pgsql-5432/out-of-service': change,
      'DELETE /hierarchies/pgsql-5432': change,
    });
    for (const command of ['delete', 'out-of-service']) {
      const { exitCode, out } = await converse(
        [command, '--run-dir', testApi.runDirectory],
        [
          ['Which hierarchy?', enter],
          ['Go on?', `${down}${down}${enter}`],
        ],
      );
      expect(exitCode, out).toBe(3);
      expect(out).toContain('HF-CLI-006');
    }
    const dryRuns = testApi.asked
      .filter(({ method }) => method !== 'GET')
      .map(({ body, query }) => ({ ...query, ...Object(body) }).dryRun);
    expect(dryRuns).toEqual(['true', true]);
  });
});

test('U-01 without a terminal nothing is asked: what is missing is wrong usage', async () => {
  await using testApi = await startApi({ 'GET /kits': () => ({ json: buildKits() }) });
  for (const argv of [
    ['create'],
    ['extend'],
    ['unextend', 'x'],
    ['delete'],
    ['in-service'],
    ['out-of-service'],
  ]) {
    const { exitCode, err } = await run([...argv, '--run-dir', testApi.runDirectory]);
    expect({ argv, exitCode, err: err.slice(0, 10) }).toEqual({ argv, exitCode: 2, err: 'HF-CLI-004' });
  }
  expect(testApi.asked).toEqual([]);
});
