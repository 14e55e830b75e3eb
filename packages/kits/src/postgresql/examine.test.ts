import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../kit.ts';
import {
  createTestBench,
  eventually,
  type TestBench,
  type TestCluster,
  type TestClusterOptions,
} from './testing.ts';

let bench: TestBench;
const clusters: TestCluster[] = [];

beforeAll(async () => {
  bench = await createTestBench();
});
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.dispose();
});
afterAll(() => bench.dispose());

async function startCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const cluster = await bench.createCluster(options);
  clusters.push(cluster);
  await cluster.restore();
  return cluster;
}

type ExamineContext = Parameters<NonNullable<TestCluster['kit']['examine']>>[0];

async function examine(
  cluster: TestCluster,
  role: ExamineContext['role'],
  told?: ExamineContext['told'],
): Promise<readonly Finding[]> {
  const context = { ...cluster.checkContext(10_000), role, ...(told && { told }) };
  return (await cluster.kit.examine?.(context)) ?? [];
}

function problems(findings: readonly Finding[]): readonly string[] {
  return findings
    .filter(({ outcome }) => outcome !== 'passed')
    .map(({ outcome, check, reason }) => `${outcome} ${check}: ${reason.code}`);
}

function factsOf(findings: readonly Finding[], check: string): Finding['reason']['facts'] {
  return findings.find((finding) => finding.check === check)?.reason.facts ?? {};
}

/** The doctor's opinion of the bench's own settings, which are made for quick tests. */
const ofBench = [
  'failed durability: fsync-off',
  'warned recovery-sync: recovery-syncs-every-file',
  'warned dead-clients: dead-clients-stay',
];

test('K-22 a running database cluster is examined: its login, its service, its data, its settings', async () => {
  const cluster = await startCluster();
  const findings = await examine(cluster, 'in-service');
  expect(problems(findings)).toEqual(ofBench);
  expect(factsOf(findings, 'minor-version')).toEqual({ version: expect.stringMatching(/^\d+\.\d+$/) });
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining(['start-mode', 'port-argument', 'data-access', 'login', 'checkpoints']),
  );
});

test('K-22 settings count as configured, also those that a session by a socket does not show', async () => {
  const cluster = await startCluster({
    settings: [
      'fsync = on',
      'recovery_init_sync_method = syncfs',
      'tcp_user_timeout = 10s',
      'tcp_keepalives_idle = 20s',
      'checkpoint_timeout = 20min',
      'superuser_reserved_connections = 0',
    ],
  });
  expect(problems(await examine(cluster, 'in-service'))).toEqual([
    'warned checkpoints: checkpoints-far-apart',
    'warned reserved-slots: no-reserved-slots',
  ]);
});

test('K-22 a removed trust line is found though the kept session still answers, with the line to add', async () => {
  const cluster = await startCluster();
  expect(await cluster.deepCheck()).toMatchObject({ state: 'ok' });
  const { dataDirectory } = cluster.parameters;
  const hbaFile = join(dataDirectory, 'pg_hba.conf');
  await writeFile(hbaFile, 'local all somebody trust\n');
  const reload = (): Promise<string> => cluster.runAsOwner('pg_ctl', ['reload', '-s', '-D', dataDirectory]);
  await reload();
  const isRefused = async (): Promise<boolean> =>
    problems(await examine(cluster, 'in-service')).includes('failed login: login-refused');
  await eventually(isRefused);
  const findings = await examine(cluster, 'in-service');
  const { hbaLine, passwordLine, port, ...facts } = factsOf(findings, 'login');
  expect(facts).toMatchObject({ hbaFile, dataDirectory, sqlstate: '28000' });
  expect(hbaLine).toBe('local template1 postgres trust');
  expect(passwordLine).toBe(`localhost:${String(port)}:template1:postgres:PASSWORD`);
  await writeFile(hbaFile, `${String(hbaLine)}\n`);
  await reload();
  await eventually(async () => !(await isRefused()));
  expect(problems(await examine(cluster, 'in-service'))).toEqual(ofBench);
});

test('K-10 the server that runs it tells the others its memory, owner, version, and whether a password is wanted', async () => {
  const cluster = await startCluster();
  const told = await cluster.kit.tell?.(cluster.checkContext());
  expect(told).toEqual({
    memoryBytes: Math.round(16 * 1024 * 1024 * 1.1),
    needsPassword: false,
    ownerUid: bench.account.uid,
    version: expect.stringMatching(/^\d+\.\d+$/),
  });
});

test('K-22 a password is wanted: the standby needs the line in its own file, with a mode that counts', async () => {
  const passwordFile = join(bench.directory, 'passwords');
  const cluster = await startCluster({ passwordFile, parameters: { majorVersion: 18 } });
  await cluster.query("ALTER ROLE postgres PASSWORD 'secret'");
  const { dataDirectory, port } = cluster.parameters;
  await writeFile(join(dataDirectory, 'pg_hba.conf'), 'local all all scram-sha-256\n');
  await cluster.runAsOwner('pg_ctl', ['reload', '-s', '-D', dataDirectory]);
  const line = `localhost:${port}:template1:postgres`;
  await writeFile(passwordFile, `${line}:secret\n`, { mode: 0o600 });
  const tell = () => cluster.kit.tell?.(cluster.checkContext());
  await eventually(async () => (await tell())?.['needsPassword'] === true);
  const told = await tell();
  expect(problems(await examine(cluster, 'in-service'))).toEqual(ofBench);
  await cluster.remove();

  expect(problems(await examine(cluster, 'standby', told))).toEqual([]);
  await writeFile(passwordFile, '');
  const missing = await examine(cluster, 'standby', told);
  expect(problems(missing)).toEqual(['failed password-file: password-line-missing']);
  expect(factsOf(missing, 'password-file')).toMatchObject({ passwordFile, passwordLine: `${line}:PASSWORD` });
  await writeFile(passwordFile, `${line}:secret\n`);
  await chmod(passwordFile, 0o644);
  const open = await examine(cluster, 'standby', told);
  expect(problems(open)).toEqual(['failed password-file: password-file-unusable']);
  expect(JSON.stringify([missing, open])).not.toContain('secret');
});

test('K-22 what the server in service does not tell is unknown on a standby, never fine', async () => {
  const cluster = await bench.createCluster();
  clusters.push(cluster);
  expect(problems(await examine(cluster, 'standby'))).toEqual([
    'warned major-version: version-unknown',
    'warned account: owner-unknown',
    'warned password-file: login-not-known',
  ]);
});

test('K-10 another minor version on a standby is worth a warning', async () => {
  const cluster = await bench.createCluster({ parameters: { majorVersion: 18 } });
  clusters.push(cluster);
  const told = { needsPassword: false, ownerUid: bench.account.uid, version: '18.99' };
  const findings = await examine(cluster, 'standby', told);
  expect(problems(findings)).toEqual(['warned minor-version: minor-version-differs']);
  expect(factsOf(findings, 'minor-version')).toMatchObject({ running: '18.99' });
});

test('K-03 a service that the boot would start is found', async () => {
  const cluster = await startCluster();
  await cluster.host.services.setStartMode(cluster.parameters.service, 'automatic');
  const findings = await examine(cluster, 'in-service');
  expect(problems(findings)).toEqual(['failed start-mode: start-mode-automatic', ...ofBench]);
  expect(factsOf(findings, 'start-mode')['service']).toBe(cluster.parameters.service);
});

test("K-10 the target's own database cluster on a protected volume is found", async () => {
  const cluster = await startCluster();
  const { dataDirectory } = cluster.parameters;
  const prepare = async (volumes: readonly string[], protectedDirectory: string) => {
    const parameters = { ...cluster.parameters, dataDirectory: protectedDirectory };
    const context = { ...cluster.checkContext(), parameters, volumes };
    return (await cluster.kit.prepareExtend(context)).filter(({ check }) => check === 'default-cluster');
  };
  const found = await prepare([cluster.directory], join(cluster.directory, 'protected'));
  expect(problems(found)).toEqual(['failed default-cluster: default-cluster-on-volume']);
  expect(factsOf(found, 'default-cluster')['directory']).toBe(dataDirectory);
  expect(problems(await prepare(['/srv/elsewhere'], join(cluster.directory, 'protected')))).toEqual([]);
  expect(problems(await prepare([cluster.directory], dataDirectory))).toEqual([]);
});
