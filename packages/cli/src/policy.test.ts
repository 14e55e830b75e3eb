import { expect, test } from 'vitest';
import {
  buildChange,
  buildHierarchy,
  buildKits,
  buildSettingsChange,
  buildStatus,
  run,
  startApi,
} from './testing.ts';

test('R-07 "holdfast server set" sets what it names, and nothing else', async () => {
  const answer = {
    dryRun: false,
    name: 'server1',
    confirmFailover: true,
    blockFailover: false,
    shutdownStrategy: 'stop',
  };
  await using api = await startApi({ 'PATCH /servers/server1': () => ({ json: answer }) });
  const argv = ['server', 'set', 'server1', '--confirm-failover', 'on', '--run-dir', api.runDirectory];
  const { out, exitCode } = await run(argv);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({ confirmFailover: true, dryRun: false });
  expect(out).toBe(
    'server1: confirm failover on\nserver1: block failover off\nserver1: shutdown strategy stop\n',
  );
});

test('C-07 "holdfast server set --shutdown-strategy" takes the two that there are', async () => {
  const json = {
    dryRun: true,
    name: 'server1',
    confirmFailover: false,
    blockFailover: false,
    shutdownStrategy: 'stop',
  };
  await using api = await startApi({ 'PATCH /servers/server1': () => ({ json }) });
  const set = (strategy: string) =>
    run([
      'server',
      'set',
      'server1',
      '--shutdown-strategy',
      strategy,
      '--dry-run',
      '--run-dir',
      api.runDirectory,
    ]);
  expect((await set('stop')).out).toContain('shutdown strategy stop');
  expect(api.asked[0]?.body).toEqual({ shutdownStrategy: 'stop', dryRun: true });
  expect((await set('perhaps')).exitCode).toBe(2);
});

test('R-07 "holdfast server set" without anything to set is wrong usage', async () => {
  await using api = await startApi({});
  const { exitCode, err } = await run(['server', 'set', 'server1', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(2);
  expect(err).toContain('HF-CLI-004');
  expect(api.asked).toEqual([]);
});

test('H-05 "holdfast set" turns the switchback on with its healthy time', async () => {
  await using api = await startApi({
    'GET /kits': () => ({ json: buildKits() }),
    'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
    'PATCH /hierarchies/pgsql-5432': () => ({ json: buildChange() }),
  });
  const set = ['set', 'pgsql-5432', '--run-dir', api.runDirectory];
  await run([...set, '--switchback', 'automatic', '--healthy', '2m']);
  expect(api.asked.at(-1)?.body).toMatchObject({
    switchback: { kind: 'automatic', healthyForMs: 120_000 },
  });
  await run([...set, '--switchback', 'intelligent']);
  expect(api.asked.at(-1)?.body).toMatchObject({ switchback: { kind: 'intelligent' } });
  expect((await run([...set, '--healthy', '2m'])).exitCode).toBe(2);
});

test('R-07 R-09 "holdfast set" sets maintenance and the limit of moves of a hierarchy', async () => {
  await using api = await startApi({
    'GET /kits': () => ({ json: buildKits() }),
    'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
    'PATCH /hierarchies/pgsql-5432': () => ({ json: buildChange() }),
  });
  const set = ['set', 'pgsql-5432', '--run-dir', api.runDirectory];
  await run([...set, '--maintenance', 'on', '--failovers', '3', '--failover-window', '1h']);
  expect(api.asked.at(-1)?.body).toEqual({
    maintenance: true,
    recovery: { failovers: 3, failoverWindowMs: 3_600_000 },
    dryRun: false,
  });
});

test('R-07 "holdfast set --maintenance" without a tag is of the whole cluster', async () => {
  await using api = await startApi({ 'PATCH /settings': () => ({ json: buildSettingsChange() }) });
  const { exitCode } = await run(['set', '--maintenance', 'on', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({ maintenance: true, dryRun: false });
});

test('H-06 a dry run of "holdfast set" says of what it would change what it is, what it would be, and what that means', async () => {
  const text = (words: string) => ({ en: words, ja: words });
  const shared = { tag: null, server: null, unit: null };
  const off = { ...shared, name: 'maintenance', from: false, to: true };
  const changes = [
    { ...off, label: text('Maintenance'), help: text('Everything is watched, and nothing is moved') },
    {
      ...shared,
      name: 'CONFIRMSOTO',
      from: null,
      to: 5,
      label: text('Time'),
      help: text('So long'),
      unit: text('s'),
    },
  ];
  const json = { ...buildSettingsChange(), dryRun: true, changes };
  await using api = await startApi({ 'PATCH /settings': () => ({ json }) });
  const { out } = await run(['set', '--maintenance', 'on', '--dry-run', '--run-dir', api.runDirectory]);
  expect(api.asked[0]?.body).toEqual({ maintenance: true, dryRun: true });
  expect(out).toContain('maintenance  off → on\n    Everything is watched, and nothing is moved\n');
  expect(out).toContain('CONFIRMSOTO  (default) → 5 s\n');
  expect(out).toContain('Dry run: nothing was changed.');
});

test('R-07 status shows what waits for a person, and what is set for servers', async () => {
  const status = buildStatus();
  const [server1, ...others] = status.servers;
  const [hierarchy] = status.hierarchies;
  if (!server1 || !hierarchy) throw new Error('the status has no server or no hierarchy');
  const waiting = { code: 'waiting-for-confirmation', facts: { server: 'server1' } };
  const json = {
    ...status,
    maintenance: true,
    servers: [{ ...server1, confirmFailover: true, blockFailover: true }, ...others],
    hierarchies: [{ ...hierarchy, warnings: [waiting] }],
  };
  await using api = await startApi({ 'GET /status': () => ({ json }) });
  const { out } = await run(['status', '--run-dir', api.runDirectory]);
  expect(out).toContain('! the whole cluster is in maintenance');
  expect(out).toContain('! when server server1 dies, what ran there is taken over only once an operator');
  expect(out).toContain('! server server1 is blocked');
  expect(out).toContain('! pgsql-5432: server server1, where it ran, is lost');
});
