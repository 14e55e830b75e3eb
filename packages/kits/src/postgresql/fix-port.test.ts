import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { formatDebianOptions } from './fix-port.ts';
import { parseOptionsFile } from './lock-file.ts';
import { createTestBench, eventually, type TestBench, type TestCluster } from './testing.ts';

let bench: TestBench;
const clusters: TestCluster[] = [];

beforeAll(async () => {
  bench = await createTestBench();
});
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.dispose();
});
afterAll(() => bench.dispose());

/** A database cluster whose port stands in its configuration, started by somebody without `-p`. */
async function startWithoutPort(
  options: Parameters<TestBench['createCluster']>[0] = {},
): Promise<TestCluster> {
  const cluster = await bench.createCluster({ ...options, portIn: 'configuration' });
  clusters.push(cluster);
  await cluster.startByHand('-c work_mem=8MB');
  await cluster.query('CREATE TABLE kept AS SELECT 1 AS row');
  return cluster;
}

async function argumentsOf(cluster: TestCluster): Promise<readonly string[]> {
  const text = await readFile(join(cluster.parameters.dataDirectory, 'postmaster.opts'), 'utf8');
  return parseOptionsFile(text)?.arguments ?? [];
}

async function fix(cluster: TestCluster, parameters = cluster.parameters) {
  const findings = await cluster.kit.validate({ ...cluster.checkContext(), parameters });
  const finding = findings.find(({ fixable }) => fixable);
  if (!finding) throw new Error(`nothing to put right: ${JSON.stringify(findings)}`);
  const context = { ...cluster.checkContext(60_000), parameters, progress: () => undefined };
  const result = await cluster.kit.fix?.(context, finding);
  if (!result) throw new Error('the kit puts nothing right');
  return result;
}

test('K-06 a cluster that was started by hand gets a service with "-p port", and clients were warned', async () => {
  const cluster = await startWithoutPort();
  const { service, port } = cluster.parameters;
  const before = await cluster.postmaster();
  const result = await fix(cluster);
  expect(result).toMatchObject({
    state: 'fixed',
    findings: [{ outcome: 'warned', reason: { code: 'port-argument-fixed', facts: { service, port } } }],
  });
  expect(await argumentsOf(cluster)).toEqual(expect.arrayContaining(['-p', String(port)]));
  expect((await cluster.postmaster()).pid).not.toBe(before.pid);
  expect(await cluster.query('SELECT row FROM kept')).toEqual([{ row: 1 }]);
  const again = await cluster.kit.validate(cluster.checkContext());
  expect(again.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
});

test('K-06 K-09 what was put right is taken back: the same arguments, no service, the rows are there', async () => {
  const cluster = await startWithoutPort();
  const before = await argumentsOf(cluster);
  const result = await fix(cluster);
  if (result.state !== 'fixed') throw new Error(JSON.stringify(result));
  await result.undo();
  expect(await argumentsOf(cluster)).toEqual(before);
  expect(await cluster.host.services.get(cluster.parameters.service)).toBeUndefined();
  expect(await cluster.query('SELECT row FROM kept')).toEqual([{ row: 1 }]);
  expect(await readFile(join(cluster.directory, 'by-hand.log'), 'utf8')).toContain('ready to accept');
});

test('K-06 on a machine of several servers the one that creates puts it right', async () => {
  const cluster = await startWithoutPort({ processScope: 'own' });
  expect(await fix(cluster)).toMatchObject({ state: 'fixed' });
  expect(await cluster.quickCheck()).toEqual({ state: 'ok' });
});

test('K-06 a service that was there before gets the argument in its own record, and loses it again', async () => {
  const cluster = await bench.createCluster({ portIn: 'configuration' });
  clusters.push(cluster);
  const { host } = cluster;
  const { service, executables, dataDirectory, account = '' } = cluster.parameters;
  const command = [join(executables, 'postgres'), '-D', dataDirectory];
  await host.services.create({ name: service, user: account, command, directory: '/', environment: {} });
  await host.services.start(service, { timeoutMs: 5_000 });
  await eventually(async () => (await cluster.deepCheck()).state === 'ok');
  await eventually(() => cluster.query('SELECT 1').then(Boolean, () => false));
  const parameters = { ...cluster.parameters, serviceOrigin: 'existing' as const };
  const result = await fix(cluster, parameters);
  if (result.state !== 'fixed') throw new Error(JSON.stringify(result));
  expect((await host.services.get(service))?.command).toEqual([...command, '-p', String(parameters.port)]);
  expect(await argumentsOf(cluster)).toEqual(expect.arrayContaining(['-p']));
  await result.undo();
  expect((await host.services.get(service))?.command).toEqual(command);
  expect(await argumentsOf(cluster)).toEqual(['-D', dataDirectory]);
  expect(await cluster.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('K-06 a start that fails with the change is taken back at once, and says why', async () => {
  const cluster = await startWithoutPort();
  const before = await argumentsOf(cluster);
  const { executables } = cluster.parameters;
  // The service that is made could not start these.
  const parameters = { ...cluster.parameters, arguments: ['-c', 'no_such_setting=1'] };
  const result = await fix(cluster, parameters);
  expect(result).toMatchObject({
    state: 'failed',
    finding: {
      outcome: 'failed',
      reason: { code: 'restart-failed', facts: { cause: 'configuration-invalid' } },
    },
  });
  expect(await argumentsOf(cluster)).toEqual(before);
  expect((await cluster.postmaster()).executable).toBe(join(executables, 'postgres'));
  expect(await cluster.query('SELECT row FROM kept')).toEqual([{ row: 1 }]);
});

test('K-06 a service whose start command is a program that nobody knows is left alone', async () => {
  const cluster = await startWithoutPort();
  const { service, account = '' } = cluster.parameters;
  const before = await cluster.postmaster();
  await cluster.host.services.create({
    name: service,
    user: account,
    command: ['/opt/start-database', 'main'],
    directory: '/',
    environment: {},
  });
  const parameters = { ...cluster.parameters, serviceOrigin: 'existing' as const };
  expect(await fix(cluster, parameters)).toMatchObject({
    state: 'failed',
    finding: { reason: { code: 'start-command-unknown' } },
  });
  expect(await cluster.postmaster()).toMatchObject({ pid: before.pid });
});

test("K-06 the options file of Debian's packages keeps what it has, and gets the port", () => {
  const comment = "# Automatic pg_ctl configuration\npg_ctl_options = ''\n";
  expect(formatDebianOptions(comment, 5433)).toBe(
    "# Automatic pg_ctl configuration\npg_ctl_options = '-o -p5433'\n",
  );
  expect(formatDebianOptions("pg_ctl_options = '-t 600' # long\n", 5432)).toBe(
    "pg_ctl_options = '-t 600 -o -p5432' # long\n",
  );
  expect(formatDebianOptions('pg_ctl_options = -w\n', 5432)).toBe("pg_ctl_options = '-w -o -p5432'\n");
  expect(formatDebianOptions('', 5432)).toBe("pg_ctl_options = '-o -p5432'\n");
});
