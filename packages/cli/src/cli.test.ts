import { createErrorAnswer, createError, statusAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import {
  buildChange,
  buildHierarchy,
  buildKits,
  buildOperation,
  buildStatus,
  run,
  startApi,
} from './testing.ts';

test('U-01 status shows hierarchies down and servers across', async () => {
  await using api = await startApi({ 'GET /status': () => ({ json: buildStatus() }) });
  const { exitCode, out } = await run(['status', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "Cluster office  profile safe  seen from server1

    SERVER   ROLE     STATE  LEASE  ADDRESS         VERSION  COMMUNICATION PATHS
    server1  member   alive  good   192.0.2.1:7600  0.1.0    server2 alive 0.4 ms, witness alive 0.4 ms
    server2  member   alive  good   192.0.2.1:7600  0.1.0
    witness  witness  alive  good   192.0.2.1:7600  0.1.0

    HIERARCHY          STATE   server1     server2
    pgsql-5432         normal  (1)         (10)
    └ pgsql-5432               in service  standby
      ├ vol-data               in service  standby
      └ ip-192.0.2.10          in service  standby
    "
  `);
});

test('U-01 status speaks Japanese with columns that stand straight', async () => {
  await using api = await startApi({ 'GET /status': () => ({ json: buildStatus() }) });
  const { out } = await run(['status', '--run-dir', api.runDirectory], { language: 'ja' });
  expect(out).toMatchInlineSnapshot(`
    "クラスター office  プロファイル safe  応答サーバー server1

    サーバー  役割          状態    リース  アドレス        バージョン  コミュニケーションパス
    server1   メンバー      稼働中  有効    192.0.2.1:7600  0.1.0       server2 稼働中 0.4 ms, witness 稼働中 0.4 ms
    server2   メンバー      稼働中  有効    192.0.2.1:7600  0.1.0
    witness   ウィットネス  稼働中  有効    192.0.2.1:7600  0.1.0

    リソース階層       状態  server1     server2
    pgsql-5432         正常  (1)         (10)
    └ pgsql-5432             In Service  スタンバイ
      ├ vol-data             In Service  スタンバイ
      └ ip-192.0.2.10        In Service  スタンバイ
    "
  `);
  expect(api.asked[0]?.language).toBe('ja');
});

test('U-01 status shows why something is wrong, and a hierarchy that only the lease protects', async () => {
  const status = buildStatus();
  const [first, second] = status.servers;
  const [hierarchy] = status.hierarchies;
  if (!first || !second || !hierarchy) throw new Error('the builder builds less');
  const answer = {
    ...status,
    store: { state: 'unavailable', reason: { code: 'store-unknown', facts: {} } },
    servers: [first, { ...second, state: 'dead', lease: 'lost' }],
    hierarchies: [
      { ...hierarchy, summary: 'warning', warnings: [{ code: 'protected-by-the-lease-only', facts: {} }] },
    ],
  };
  await using api = await startApi({ 'GET /status': () => ({ json: answer }) });
  const { out } = await run(['status', '--run-dir', api.runDirectory]);
  expect(out).toContain('etcd does not answer; as last known');
  expect(out).toMatch(/server2 +member +dead +lost/);
  expect(out).toContain('! pgsql-5432: ');
});

test('U-01 -o json prints the answer as it is, also fields that this version does not know', async () => {
  const answer = { ...buildStatus(), news: { from: 'a newer daemon' } };
  await using api = await startApi({ 'GET /status': () => ({ json: answer }) });
  const { out } = await run(['status', '-o', 'json', '--run-dir', api.runDirectory]);
  expect(JSON.parse(out)).toEqual(answer);
  expect(statusAnswer.parse(JSON.parse(out)).cluster).toBe('office');
});

test('U-01 a daemon that is not there is exit code 4, with what to do', async () => {
  const { exitCode, out, err } = await run(['status', '--run-dir', '/nonexistent']);
  expect(exitCode).toBe(4);
  expect(out).toBe('');
  expect(err).toContain(
    'HF-CLI-001 the daemon does not answer at /nonexistent/holdfast.sock: there is no socket',
  );
  expect(err).toContain('holdfast run');
});

test('U-01 with -o json an error is its code, message, facts and remedy on standard output', async () => {
  const { exitCode, out, err } = await run(['status', '-o', 'json', '--run-dir', '/nonexistent']);
  expect(exitCode).toBe(4);
  expect(err).toBe('');
  expect(JSON.parse(out)).toMatchObject({
    error: { code: 'HF-CLI-001', facts: { place: '/nonexistent/holdfast.sock' } },
  });
});

test('U-01 a daemon that does not answer in time is exit code 5', async () => {
  await using api = await startApi({ 'GET /status': () => undefined });
  const { exitCode, err } = await run(['status', '--timeout', '100ms', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(5);
  expect(err).toContain('HF-CLI-002');
});

test('U-01 a refusal is exit code 3 in the words of this user, with the checks that failed', async () => {
  const error = createError('HF-HIER-003', { failed: 1, server: 'server1' });
  const finding = {
    check: 'free',
    outcome: 'failed' as const,
    reason: { code: 'tag-in-use', facts: { tag: 'pgsql-5432' } },
    server: 'server1',
    tag: 'pgsql-5432',
  };
  const { status, body } = createErrorAnswer(error, 'en', { findings: [finding] });
  await using api = await startApi({
    'GET /kits': () => ({ json: buildKits() }),
    'POST /hierarchies': () => ({ status, json: body }),
  });
  const { exitCode, err } = await run(
    ['create', 'postgresql', '--port', '5432', '--run-dir', api.runDirectory],
    {
      language: 'ja',
    },
  );
  expect(exitCode).toBe(3);
  expect(err).toContain('HF-HIER-002 タグ pgsql-5432 はすでに使用されています');
  expect(err).toContain('HF-HIER-003 サーバー server1 で 1 件の検査に失敗しました');
});

test('U-01 an error that this version does not know is told in the words of the daemon', async () => {
  const body = { code: 'HF-NEW-001', message: 'something new', facts: {}, remedy: 'Upgrade.' };
  await using api = await startApi({ 'GET /explain/a': () => ({ status: 409, json: body }) });
  const { exitCode, err } = await run(['explain', 'a', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(3);
  expect(err).toBe('HF-NEW-001 something new\n  Upgrade.\n');
});

test('U-01 an answer that is not of the contract is told, not shown', async () => {
  await using api = await startApi({ 'GET /status': () => ({ json: { cluster: 'office' } }) });
  const { exitCode, err } = await run(['status', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(1);
  expect(err).toContain('HF-CLI-003');
});

test('U-01 wrong usage is exit code 2', async () => {
  for (const argv of [
    [],
    ['nonsense'],
    ['status', '--nonsense'],
    ['status', '-o', 'xml'],
    ['in-service'],
    ['status', '--timeout', 'soon'],
    ['set', 'pgsql-5432', '--priority', 'server1'],
    ['set'],
    ['create'],
    ['extend', 'pgsql-5432'],
    ['init', '--name', 'server1'],
  ])
    expect(await run([...argv]), argv.join(' ')).toMatchObject({ exitCode: 2 });
});

test('U-01 every command has help with an example', async () => {
  const { out } = await run(['--help']);
  const commands = [...out.matchAll(/^ {2}([a-z-]+) /gm)].map((match) => match[1] ?? '');
  expect(commands).toContain('status');
  for (const command of commands.filter((name) => name !== 'help' && name !== 'version')) {
    const help = await run([command, '--help']);
    expect(help.exitCode, command).toBe(0);
    expect(help.out, command).toMatch(/Examples?:\n {2}holdfast /);
  }
});

test('H-03 in-service follows the operation until it has ended, over a restart of the daemon', async () => {
  let polls = 0;
  await using api = await startApi({
    'POST /hierarchies/pgsql-5432/in-service': () => ({
      status: 202,
      json: { ...buildChange(), operation: buildOperation('running') },
    }),
    'GET /operations/op-1': (_, response) => {
      polls += 1;
      if (polls === 2) {
        response.destroy();
        return 'handled';
      }
      return { json: buildOperation(polls < 4 ? 'running' : 'done') };
    },
    'GET /hierarchies/pgsql-5432': () => ({ json: hierarchyIn(polls < 3 ? 'starting' : 'in-service') }),
  });
  const argv = ['in-service', 'pgsql-5432', '--on', 'server2', '--run-dir', api.runDirectory];
  const { exitCode, out, err } = await run(argv);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({ server: 'server2', dryRun: false });
  expect(err).toBe('  pgsql-5432 server2 starting\n  pgsql-5432 server2 in-service\n');
  expect(out).toContain('Done.');
});

function hierarchyIn(state: 'starting' | 'in-service') {
  const hierarchy = buildHierarchy();
  const [root, ...rest] = hierarchy.resources;
  if (!root) throw new Error('the builder builds less');
  const instances = { ...root.instances, server2: { state, reason: null } };
  return { ...hierarchy, resources: [{ ...root, instances }, ...rest] };
}

test('H-04 an operation that failed is exit code 1 with the reason', async () => {
  const failed = {
    ...buildOperation('failed'),
    reason: { code: 'failed-there', facts: { server: 'server2', cause: 'lease-lost' } },
  };
  await using api = await startApi({
    'POST /hierarchies/pgsql-5432/in-service': () => ({
      status: 202,
      json: { ...buildChange(), operation: buildOperation('running') },
    }),
    'GET /operations/op-1': () => ({ json: failed }),
    'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
  });
  const argv = ['in-service', 'pgsql-5432', '--run-dir', api.runDirectory];
  const asJson = await run([...argv, '-o', 'json']);
  expect(asJson.exitCode).toBe(1);
  expect(JSON.parse(asJson.out)).toMatchObject({
    operation: { state: 'failed', reason: { code: 'failed-there' } },
  });
  const { exitCode, err } = await run(argv);
  expect(exitCode).toBe(1);
  expect(err).toContain('HF-HIER-013 the operation on pgsql-5432 failed: it failed on server server2 before');
});

test('H-07 an operation that lasts longer than it is watched is exit code 5', async () => {
  await using api = await startApi({
    'POST /hierarchies/pgsql-5432/out-of-service': () => ({
      status: 202,
      json: { ...buildChange(), operation: buildOperation('running') },
    }),
    'GET /operations/op-1': () => ({ json: buildOperation('running') }),
    'GET /hierarchies/pgsql-5432': () => ({ json: buildHierarchy() }),
  });
  const argv = ['out-of-service', 'pgsql-5432', '--timeout', '400ms', '--run-dir', api.runDirectory];
  const { exitCode, err } = await run(argv);
  expect(exitCode).toBe(5);
  expect(err).toContain('HF-CLI-005 operation op-1');
});

test('U-01 --no-wait leaves a running operation to the cluster', async () => {
  await using api = await startApi({
    'POST /hierarchies/pgsql-5432/in-service': () => ({
      status: 202,
      json: { ...buildChange(), operation: buildOperation('running') },
    }),
  });
  const { exitCode, out } = await run([
    'in-service',
    'pgsql-5432',
    '--no-wait',
    '--run-dir',
    api.runDirectory,
  ]);
  expect(exitCode).toBe(0);
  expect(out).toContain('op-1');
});

test('H-06 a dry run shows the plan', async () => {
  const plan = [
    { act: 'stop', server: 'server1', tag: 'pgsql-5432' },
    { act: 'hand-over', server: 'server2', tag: null },
    { act: 'start', server: 'server2', tag: 'pgsql-5432' },
  ];
  await using api = await startApi({
    'POST /hierarchies/pgsql-5432/in-service': () => ({ json: { ...buildChange(), dryRun: true, plan } }),
  });
  const { exitCode, out } = await run([
    'in-service',
    'pgsql-5432',
    '--dry-run',
    '--run-dir',
    api.runDirectory,
  ]);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({ dryRun: true });
  expect(out).toContain(
    '1.  server1  stop pgsql-5432\n2.  server2  take over\n3.  server2  start pgsql-5432\n',
  );
});

test('K-13 delete tells force and dry run in the query', async () => {
  await using api = await startApi({
    'DELETE /hierarchies/pgsql-5432': () => ({ json: { ...buildChange(), hierarchy: null } }),
  });
  const { exitCode } = await run(['delete', 'pgsql-5432', '--force', '--run-dir', api.runDirectory]);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.query).toEqual({ force: 'true', dryRun: 'false' });
});

test('K-12 unextend names the server, and shows what should be known before', async () => {
  const finding = {
    check: 'backup',
    outcome: 'warned',
    reason: { code: 'no-other-server-left', facts: { server: 'server1' } },
    server: 'server2',
    tag: null,
  };
  const plan = [
    { act: 'record', server: 'server2', tag: null },
    { act: 'let-go', server: 'server2', tag: 'pgsql-5432' },
  ];
  await using api = await startApi({
    'POST /hierarchies/pgsql-5432/unextend': () => ({
      json: { ...buildChange(), dryRun: true, findings: [finding], plan },
    }),
  });
  const argv = ['unextend', 'pgsql-5432', 'server2', '--force', '--dry-run', '--run-dir', api.runDirectory];
  const { exitCode, out } = await run(argv);
  expect(exitCode).toBe(0);
  expect(api.asked[0]?.body).toEqual({ server: 'server2', force: true, dryRun: true });
  expect(out).toContain('backup: after that only server1 can run it');
  expect(out).toContain('2.  server2  take out of care pgsql-5432');
});

test('C-01 token prints the token alone on standard output', async () => {
  await using api = await startApi({
    'POST /tokens': () => ({ json: { token: 'abc.def', expiresAt: '2026-01-02T03:04:05.678Z' } }),
  });
  const { out, err } = await run(['token', '--valid', '10m', '--run-dir', api.runDirectory]);
  expect(api.asked[0]?.body).toEqual({ validForMs: 600_000 });
  expect(out).toBe('abc.def\n');
  expect(err).toContain('2026-01-02T03:04:05.678Z');
});

test('B-02 explain says why, who could take over, and what would happen', async () => {
  await using api = await startApi({
    'GET /explain/vol-data': () => ({
      json: {
        tag: 'vol-data',
        hierarchy: 'pgsql-5432',
        summary: 'normal',
        owner: 'server1',
        why: [{ reason: { code: 'in-service', facts: {} }, rule: 'S2' }],
        candidates: [
          { server: 'server1', priority: 1, eligible: true, reason: null },
          {
            server: 'server2',
            priority: 10,
            eligible: false,
            reason: { code: 'server-not-there', facts: { server: 'server2' } },
          },
        ],
        lastReport: null,
        ifOwnerDied: {
          server: 'server2',
          reason: { code: 'would-take-over', facts: { server: 'server2', priority: 10 } },
          rule: 'K-24',
          order: [
            {
              server: 'server2',
              afterMs: 0,
              reason: { code: 'take-over', facts: {} },
              rule: 'decision table, row 15',
            },
          ],
          outage: {
            leaseMs: 10_000,
            turnMs: 0,
            volumeMs: 250,
            addressMs: null,
            postgresqlMs: 750,
            walBytes: 16 * 1024 * 1024,
            basis: 'measured',
            totalMs: 11_000,
          },
        },
        ifResourceFailed: [
          {
            tag: 'pgsql-5432',
            outcome: 'local-recovery',
            to: null,
            reason: { code: 'would-be-repaired', facts: { left: 2, attempts: 2 } },
            rule: 'R-02',
            recoveriesLeft: 2,
            then: { outcome: 'failover', to: 'server2' },
          },
        ],
      },
    }),
  });
  const { out } = await run(['explain', 'vol-data', '--run-dir', api.runDirectory]);
  expect(out).toMatchInlineSnapshot(`
    "pgsql-5432: normal on server1

    Why
      this server has the hierarchy and keeps it running (S2)

    SERVER   PRIORITY  CAN TAKE OVER
    server1  1         has it
    server2  10        no: server server2 is not alive

    If this server died now: server2
      server2 would take it over: of the servers that can, it has the smallest priority number (10) (K-24)

    SERVER   AFTER THE LEASE  REASON
    server2  +0.0 s           no server has the hierarchy, and this one is the first in order of priority that can take it (decision table, row 15)

    Out of service for about 11.0 s: lease, at most 10.0 s, volume 0.3 s, PostgreSQL 0.8 s (16 MB of write-ahead log)

    If a resource failed where it runs
    RESOURCE    WHAT FOLLOWS           RECOVERIES LEFT  AFTER THOSE
    pgsql-5432  local recovery (R-02)  2                failover → server2
    "
  `);
});
