import { appendFile, chmod, chown, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Host } from '../host.ts';
import type { Finding } from '../kit.ts';
import { postgresqlParameters, type PostgresqlParameters } from './parameters.ts';
import { createTestBench, type TestBench, type TestCluster } from './testing.ts';

let bench: TestBench;
const clusters: TestCluster[] = [];

beforeAll(async () => {
  bench = await createTestBench();
});
afterEach(async () => {
  for (const cluster of clusters.splice(0)) await cluster.dispose();
});
afterAll(() => bench.dispose());

async function createCluster(options: Parameters<TestBench['createCluster']>[0] = {}): Promise<TestCluster> {
  const cluster = await bench.createCluster(options);
  clusters.push(cluster);
  return cluster;
}

function validate(
  cluster: TestCluster,
  changed: Partial<PostgresqlParameters> = {},
): Promise<readonly Finding[]> {
  const parameters = { ...cluster.parameters, ...changed };
  return cluster.kit.validate({ ...cluster.checkContext(), parameters });
}

function prepareExtend(
  cluster: TestCluster,
  changed: Partial<PostgresqlParameters>,
  context: Pick<Parameters<TestCluster['kit']['prepareExtend']>[0], 'told' | 'volumes'> = {
    told: { needsPassword: false },
  },
): Promise<readonly Finding[]> {
  const parameters = { ...cluster.parameters, ...changed };
  return cluster.kit.prepareExtend({ ...cluster.checkContext(), ...context, parameters });
}

function problems(findings: readonly Finding[]): readonly string[] {
  return findings.filter((one) => one.outcome !== 'passed').map((one) => `${one.check}: ${one.reason.code}`);
}

test('K-05 every check of a creation passes for a database cluster that may be protected', async () => {
  const cluster = await createCluster();
  await cluster.startByHand();
  const findings = await validate(cluster);
  expect(problems(findings)).toEqual([]);
  expect(findings.map((one) => one.check)).toEqual([
    'executables',
    'major-version',
    'service',
    'data-directory',
    'data-access',
    'postmaster-running',
    'port-argument',
    'login',
    'list-databases',
    'read-catalogs',
  ]);
});

test('K-05 a stopped postmaster and a wrong path have codes of their own, shown together', async () => {
  const cluster = await createCluster();
  const findings = await validate(cluster, { executables: '/nowhere/bin', serviceOrigin: 'existing' });
  expect(problems(findings)).toEqual([
    'executables: executables-missing',
    'major-version: executables-unusable',
    'service: service-missing',
    'postmaster-running: postmaster-not-running',
    'port-argument: options-file-missing',
    'login: no-answer',
  ]);
});

test('K-05 a postmaster without "-p port" is named, with the file that shows it', async () => {
  const cluster = await createCluster();
  await appendFile(
    join(cluster.parameters.dataDirectory, 'postgresql.conf'),
    `port = ${cluster.parameters.port}\n`,
  );
  await cluster.startByHand('-c work_mem=8MB');
  expect(problems(await validate(cluster))).toEqual(['port-argument: port-argument-missing']);
  const other = await validate(cluster, { port: 1 });
  expect(problems(other)).toContain('port-argument: port-differs');
});

test('K-05 a file that the account may not write is named', async () => {
  const cluster = await createCluster();
  await cluster.startByHand();
  const file = join(cluster.parameters.dataDirectory, 'base', 'stranger');
  await writeFile(file, '', { mode: 0o400 });
  const finding = (await validate(cluster)).find((one) => one.check === 'data-access');
  expect(finding).toMatchObject({
    outcome: 'failed',
    reason: { code: 'data-not-accessible', facts: { path: file } },
  });
});

test('K-05 an administrator user who cannot get in is a login problem', async () => {
  const cluster = await createCluster();
  await cluster.startByHand();
  expect(problems(await validate(cluster, { user: 'nobody-knows-me' }))).toEqual(['login: login-refused']);
  await cluster.query('CREATE ROLE watcher LOGIN');
  expect(problems(await validate(cluster, { user: 'watcher' }))).toEqual(['read-catalogs: not-superuser']);
});

test('K-01 finds every field from the data directory of a running postmaster', async () => {
  const cluster = await createCluster();
  await cluster.startByHand(`-p ${cluster.parameters.port} -c work_mem=8MB`);
  const link = join(cluster.directory, 'link');
  await symlink(cluster.parameters.dataDirectory, link);
  const found = await cluster.kit.defaults({ dataDirectory: link }, cluster.host);
  expect(found).toEqual({
    service: `holdfast-pgsql-${cluster.parameters.port}`,
    executables: cluster.parameters.executables,
    dataDirectory: cluster.parameters.dataDirectory,
    port: cluster.parameters.port,
    user: 'postgres',
    account: bench.account.name,
    arguments: ['-c', 'work_mem=8MB'],
    serviceOrigin: 'created',
    ownerUid: bench.account.uid,
    majorVersion: 18,
  });
  const parameters = postgresqlParameters.parse(found);
  expect(cluster.kit.defaultTag(parameters)).toBe(`pgsql-${cluster.parameters.port}`);
});

test("K-10 finds the target's own fields where the data directory is not there", async () => {
  const cluster = await createCluster();
  const given = { service: 'pg', dataDirectory: '/nowhere/data', port: '1', ownerUid: bench.account.uid };
  const found = await cluster.kit.defaults({ ...given, executables: bench.executables }, cluster.host);
  expect(found).toEqual({
    ...given,
    port: 1,
    executables: bench.executables,
    user: 'postgres',
    account: bench.account.name,
    arguments: [],
    serviceOrigin: 'created',
  });
});

test('K-02 an existing service supplies its settings, and gets its start mode back', async () => {
  const cluster = await createCluster();
  await cluster.restore();
  const { service, dataDirectory, executables, port } = cluster.parameters;
  await cluster.host.services.setStartMode(service, 'automatic');
  const found = await cluster.kit.defaults({ service }, cluster.host);
  expect(found).toMatchObject({
    dataDirectory,
    executables,
    port,
    serviceOrigin: 'existing',
    formerStartMode: 'automatic',
  });
  expect(found).not.toHaveProperty('account');
  const parameters = postgresqlParameters.parse(found);
  expect(await cluster.kit.adopt({ ...cluster.checkContext(), parameters, owns: true })).toEqual({
    state: 'ok',
  });
  expect((await cluster.host.services.get(service))?.startMode).toBe('manual');
  expect(await cluster.kit.letGo({ ...cluster.checkContext(), parameters })).toEqual({ state: 'ok' });
  expect((await cluster.host.services.get(service))?.startMode).toBe('automatic');
});

/** The host while the start of a service that forks is under way: after `looks` looks it is over. */
function stillStarting(cluster: TestCluster, looks: number): Host {
  const { host } = cluster;
  const services = {
    ...host.services,
    get: async (name: string) => {
      const service = await host.services.get(name);
      looks -= 1;
      return service && looks >= 0 ? { ...service, state: 'starting' as const, mainPid: undefined } : service;
    },
  };
  return { ...host, services };
}

test('K-01 K-02 a service whose start is still under way is waited for, and found then', async () => {
  const cluster = await createCluster({ parameters: { service: 'postgresql' } });
  await cluster.restore();
  const { service, dataDirectory } = cluster.parameters;
  const byName = await cluster.kit.defaults({ service }, stillStarting(cluster, 5));
  expect(byName).toMatchObject({ dataDirectory, serviceOrigin: 'existing' });
  const byDirectory = await cluster.kit.defaults({ dataDirectory }, stillStarting(cluster, 5));
  expect(byDirectory).toMatchObject({ service, serviceOrigin: 'existing' });
});

test('K-05 a service that is still starting after that is said to be', async () => {
  const cluster = await createCluster({ parameters: { service: 'postgresql' } });
  await cluster.restore();
  const { service, dataDirectory } = cluster.parameters;
  const host = stillStarting(cluster, Infinity);
  const found = await cluster.kit.defaults({ dataDirectory }, host);
  expect(found).toMatchObject({ service, serviceOrigin: 'existing' });
  const findings = await cluster.kit.validate({ ...cluster.checkContext(), host });
  expect(problems(findings)).toContain('service: service-still-starting');
}, 20_000);

test('K-02 a service that Holdfast made takes the running postmaster over, and goes with the resource', async () => {
  const cluster = await createCluster({ processScope: 'own' });
  await cluster.startByHand();
  expect(await cluster.kit.adopt({ ...cluster.checkContext(), owns: true })).toEqual({ state: 'ok' });
  const { service } = cluster.parameters;
  expect(await cluster.host.services.get(service)).toMatchObject({ state: 'running', startMode: 'manual' });
  expect(await cluster.quickCheck()).toEqual({ state: 'ok' });
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(await cluster.kit.letGo(cluster.checkContext())).toEqual({ state: 'ok' });
  expect(await cluster.host.services.get(service)).toBeUndefined();
  expect(await cluster.kit.letGo(cluster.checkContext())).toEqual({ state: 'ok' });
});

test('S1 a server that is to stand by does not take over what another server of the machine runs', async () => {
  const cluster = await createCluster({ processScope: 'own' });
  await cluster.startByHand();
  expect(await cluster.kit.adopt({ ...cluster.checkContext(), owns: false })).toEqual({ state: 'ok' });
  const service = await cluster.host.services.get(cluster.parameters.service);
  expect(service).toMatchObject({ state: 'stopped', startMode: 'manual' });
  expect(await cluster.quickCheck()).toMatchObject({ state: 'not-running' });
  await cluster.remove();
  await cluster.postmaster();
});

test('K-13 letting a running database go leaves it running', async () => {
  const cluster = await createCluster();
  await cluster.restore();
  expect((await cluster.kit.letGo(cluster.checkContext())).state).toBe('ok');
  expect(await cluster.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('K-07 tablespaces, a linked pg_wal and configuration elsewhere must be on volumes too', async () => {
  const cluster = await createCluster();
  const { dataDirectory } = cluster.parameters;
  const [wal, space, settings] = ['wal', 'space', 'settings'].map((name) => join(cluster.directory, name));
  await rename(join(dataDirectory, 'pg_wal'), wal ?? '');
  await symlink(wal ?? '', join(dataDirectory, 'pg_wal'));
  for (const folder of [space ?? '', settings ?? '']) {
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, bench.account.uid, bench.account.gid);
  }
  const access = join(settings ?? '', 'pg_hba.conf');
  await writeFile(access, 'local all all trust\n');
  await chmod(access, 0o644);
  await appendFile(join(dataDirectory, 'postgresql.conf'), `hba_file = '${access}'\n`);
  await cluster.restore();
  await cluster.query(`CREATE TABLESPACE elsewhere LOCATION '${space}'`);
  const needed = await cluster.kit.requirements(cluster.checkContext());
  expect(needed).toEqual([
    { path: dataDirectory, why: 'data-directory' },
    { path: wal, why: 'write-ahead-log' },
    { path: space, why: 'tablespace' },
    { path: access, why: 'configuration' },
  ]);
});

test('K-07 of a server that does not answer, its command line says where its configuration is', async () => {
  const cluster = await createCluster();
  const { dataDirectory, port } = cluster.parameters;
  const settings = join(cluster.directory, 'settings');
  await mkdir(settings, { mode: 0o755 });
  const [configuration, identities] = [join(settings, 'postgresql.conf'), join(settings, 'pg_ident.conf')];
  await rename(join(dataDirectory, 'postgresql.conf'), configuration);
  await writeFile(identities, '');
  for (const path of [configuration, identities]) await chmod(path, 0o644);
  const outside = `-c config_file=${configuration} -c ident_file=${identities} -c hba_file=${dataDirectory}/pg_hba.conf`;
  await cluster.startByHand(`-p ${port} ${outside}`);
  const wanted = [
    { path: dataDirectory, why: 'data-directory' },
    { path: configuration, why: 'configuration' },
    { path: identities, why: 'configuration' },
  ];
  expect(await cluster.kit.requirements(cluster.checkContext())).toEqual(wanted);
  await cluster.runAsOwner('pg_ctl', ['stop', '-w', '-s', '-D', dataDirectory, '-m', 'fast']);
  expect(await cluster.forgetfulKit().requirements(cluster.checkContext())).toEqual(wanted);
});

test('K-07 what is linked to the same place twice, or lies inside of the data directory, is needed once', async () => {
  const cluster = await createCluster();
  const { dataDirectory } = cluster.parameters;
  const space = join(cluster.directory, 'space');
  const inside = join(dataDirectory, 'inside');
  for (const folder of [space, inside]) {
    await mkdir(folder, { mode: 0o700 });
    await chown(folder, bench.account.uid, bench.account.gid);
  }
  const links = join(dataDirectory, 'pg_tblspc');
  for (const [name, target] of [
    ['1', space],
    ['2', space],
    ['3', inside],
  ] as const)
    await symlink(target, join(links, name));
  expect(await cluster.kit.requirements(cluster.checkContext())).toEqual([
    { path: dataDirectory, why: 'data-directory' },
    { path: space, why: 'tablespace' },
  ]);
});

test('K-10 an extension is checked on the target without the data directory', async () => {
  const cluster = await createCluster();
  const there = { dataDirectory: '/nowhere/data', ownerUid: bench.account.uid, majorVersion: 18 };
  expect(problems(await prepareExtend(cluster, there))).toEqual([]);
  const differing = {
    ...there,
    ownerUid: bench.account.uid + 1,
    majorVersion: 17,
    serviceOrigin: 'existing' as const,
  };
  expect(problems(await prepareExtend(cluster, differing))).toEqual([
    'major-version: version-mismatch',
    'account: account-number-differs',
    'service: service-missing',
  ]);
});

test('K-10 a port in use and a password file that would be ignored are found on the target', async () => {
  const passwordFile = join(bench.directory, 'open-password');
  await writeFile(passwordFile, '*:*:*:*:secret\n', { mode: 0o644 });
  const cluster = await createCluster({ passwordFile });
  const server = createServer();
  server.listen(cluster.parameters.port, '127.0.0.1');
  await once(server, 'listening');
  try {
    const findings = await prepareExtend(cluster, { ownerUid: bench.account.uid, majorVersion: 18 });
    expect(problems(findings)).toEqual(['port-free: port-in-use', 'password-file: password-file-unusable']);
    expect(JSON.stringify(findings)).not.toContain('secret');
  } finally {
    server.close();
  }
});

test('S3 the kill plan names the executable and the data directory', async () => {
  const cluster = await createCluster();
  const { executables, dataDirectory } = cluster.parameters;
  expect(cluster.kit.killPlan(cluster.parameters, cluster.host)).toEqual([
    { kind: 'processes', executable: `${executables}/postgres`, directory: dataDirectory },
  ]);
});

test('S3 where servers share the machine, the kill plan names what marks the processes of this one', async () => {
  const cluster = await createCluster({ processScope: 'own' });
  await cluster.restore();
  const [step] = cluster.kit.killPlan(cluster.parameters, cluster.host);
  const { pid } = await cluster.postmaster();
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  expect(environment).toContain(step?.kind === 'processes' ? step.mark : '');
});
