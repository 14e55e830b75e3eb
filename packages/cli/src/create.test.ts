import { expect, test } from 'vitest';
import { buildChange, buildHierarchy, buildKits, buildSettingsChange, run, startApi } from './testing.ts';

const kitsAndCreate = {
  'GET /kits': () => ({ json: buildKits() }),
  'POST /hierarchies': () => ({ json: buildChange() }),
  'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
};

test('K-01 create takes the parameters of the kit as options and puts volume and address beneath', async () => {
  await using api = await startApi(kitsAndCreate);
  const { exitCode, out } = await run([
    'create',
    'postgresql',
    '--data-directory',
    '/pgdata/main',
    '--port=5432',
    '--volume',
    '/pgdata',
    '--tag',
    'pgsql-main',
    '--ip',
    'address=192.0.2.10,prefix=24,announce=true,tag=ip-main',
    '--child',
    'vol-wal',
    '--on',
    'server1',
    '--run-dir',
    api.runDirectory,
  ]);
  expect(exitCode).toBe(0);
  expect(api.asked[1]?.body).toEqual({
    resources: [
      {
        kit: 'postgresql',
        tag: 'pgsql-main',
        parameters: { dataDirectory: '/pgdata/main', port: 5432 },
        children: ['vol-wal'],
      },
      { kit: 'volume', parameters: { path: '/pgdata' } },
      { kit: 'ip', tag: 'ip-main', parameters: { address: '192.0.2.10', prefix: 24, announce: true } },
    ],
    server: 'server1',
    dryRun: false,
  });
  expect(out).toContain('Done.');
});

test('K-14 create waits until what it created runs, and is exit code 1 when that fails', async () => {
  let polls = 0;
  const starting = (summary: 'warning' | 'failed') => ({ ...buildHierarchy(), owner: null, summary });
  await using api = await startApi({
    ...kitsAndCreate,
    'GET /hierarchies/pgsql-5432': () => ({ json: starting((polls += 1) < 3 ? 'warning' : 'failed') }),
  });
  const argv = ['create', 'postgresql', '--port', '5432', '--run-dir', api.runDirectory];
  const { exitCode, err } = await run(argv);
  expect({ exitCode, polls }).toEqual({ exitCode: 1, polls: 4 });
  expect(err).toContain('HF-HIER-013');
  expect(await run([...argv, '--no-wait'])).toMatchObject({ exitCode: 0 });
});

test('U-01 an option or value that the forms do not know is wrong usage, and nothing is sent', async () => {
  await using api = await startApi(kitsAndCreate);
  for (const [argv, problem] of [
    [['--nonsense', '1'], 'unknown option --nonsense'],
    [['--port', 'many'], 'port: "many" is not a whole number'],
    [['--port'], 'option --port needs a value'],
    [['--volume', 'kind=tape'], 'kind: "tape" is not one of device, directory'],
    [['--ip', 'colour=red'], 'there is no parameter "colour"'],
    [['5432'], '"5432" is no option'],
  ] as const) {
    const ran = await run(['create', 'postgresql', ...argv, '--run-dir', api.runDirectory]);
    expect(ran).toMatchObject({ exitCode: 2 });
    expect(ran.err).toContain(problem);
  }
  expect(api.asked.every(({ path }) => path === '/kits')).toBe(true);
});

test('U-01 a kit that does not exist is named', async () => {
  await using api = await startApi(kitsAndCreate);
  const { exitCode, err } = await run(['create', 'oracle', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(2);
  expect(err).toContain('HF-HIER-017 there is no recovery kit oracle');
});

test('X-06 the help of create shows the parameters of the kit in the language of the user', async () => {
  await using api = await startApi(kitsAndCreate);
  const { exitCode, out } = await run(['create', 'postgresql', '--help', '--run-dir', api.runDirectory], {
    language: 'ja',
  });
  expect(exitCode).toBe(0);
  expect(out).toMatch(/--data-directory <text> +dataDirectory +dataDirectory の説明/);
  expect(out).toContain('--volume\n');
});

test('K-10 extend types what differs on the server by the forms of the kits', async () => {
  await using api = await startApi({
    ...kitsAndCreate,
    'GET /hierarchies/vol-data': () => ({ json: buildHierarchy() }),
    'POST /hierarchies/vol-data/extend': () => ({ json: buildChange() }),
  });
  const { exitCode } = await run([
    'extend',
    'vol-data',
    '--to',
    'server2',
    '--priority',
    '20',
    '--parameter',
    'pgsql-5432.port=5433',
    '--parameter',
    'ip-192.0.2.10.prefix=25',
    '--run-dir',
    api.runDirectory,
  ]);
  expect(exitCode).toBe(0);
  expect(api.asked.at(-1)?.body).toEqual({
    server: 'server2',
    priority: 20,
    parameters: { 'pgsql-5432': { port: 5433 }, 'ip-192.0.2.10': { prefix: 25 } },
    dryRun: false,
  });
});

test('U-01 extend names a parameter that no resource of the hierarchy has', async () => {
  await using api = await startApi({
    ...kitsAndCreate,
    'GET /hierarchies/vol-data': () => ({ json: buildHierarchy() }),
  });
  const argv = ['extend', 'vol-data', '--to', 'server2', '--parameter', 'other.port=1'];
  const { exitCode, err } = await run([...argv, '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(2);
  expect(err).toContain('"other.port=1" is not TAG.parameter=value of this hierarchy');
});

test('R-01 R-02 set sends only what was named, times in milliseconds', async () => {
  await using api = await startApi({
    ...kitsAndCreate,
    'PATCH /hierarchies/pgsql-5432': () => ({ json: buildChange() }),
  });
  const { exitCode } = await run([
    'set',
    'pgsql-5432',
    '--priority',
    'server1=1',
    '--priority',
    'server2=10',
    '--local-recovery',
    'off',
    '--window',
    '30m',
    '--deep-check',
    '500ms',
    '--quick-check',
    '0',
    '--run-dir',
    api.runDirectory,
  ]);
  expect(exitCode).toBe(0);
  expect(api.asked.at(-1)?.body).toEqual({
    priorities: { server1: 1, server2: 10 },
    recovery: { localRecovery: false, windowMs: 1_800_000 },
    resources: { 'pgsql-5432': { checks: { deepEveryMs: 500, quickEveryMs: 0 } } },
    dryRun: false,
  });
});

test('C-12 set without a tag changes the timing profile of the cluster', async () => {
  await using api = await startApi({ 'PATCH /settings': () => ({ json: buildSettingsChange() }) });
  const { exitCode, out } = await run(['set', '--profile', 'fast', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({ profile: 'fast', dryRun: false });
  expect(out).toMatch(/profile +fast/);
});
