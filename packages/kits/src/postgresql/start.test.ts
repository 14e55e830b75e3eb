import { appendFile, chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { allow, refuse } from '@holdfast/core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
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

async function createCluster(options: Parameters<TestBench['createCluster']>[0] = {}): Promise<TestCluster> {
  const cluster = await bench.createCluster(options);
  clusters.push(cluster);
  return cluster;
}

/** A running database cluster with one committed row. */
async function startWithRow(options: Parameters<TestBench['createCluster']>[0] = {}): Promise<TestCluster> {
  const cluster = await createCluster(options);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  await cluster.query('CREATE TABLE kept AS SELECT 1 AS row');
  return cluster;
}

async function expectRow(cluster: TestCluster): Promise<void> {
  expect(await cluster.query('SELECT count(*)::int AS rows FROM kept')).toEqual([{ rows: 1 }]);
}

async function killAll(cluster: TestCluster): Promise<void> {
  for (const view of await cluster.processes())
    await cluster.host.processes.signal(view.pid, 'SIGKILL', view.startTicks);
  await eventually(async () => (await cluster.processes()).length === 0, {
    state: () => cluster.processes(),
  });
}

/** Leaves a backend that computes without end and never looks whether its postmaster lives; then kills that one. */
async function killPostmasterBeneathBusyBackend(cluster: TestCluster): Promise<number> {
  const client = await cluster.connect();
  const [row] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  client.query('SELECT sum(n) FROM generate_series(1, 1e13) AS n').catch(() => undefined);
  const backend = row?.pid ?? 0;
  await eventually(
    async () => (await cluster.host.processes.get(backend))?.title.includes('SELECT') === true,
  );
  const postmaster = await cluster.postmaster();
  await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
  await eventually(async () => (await cluster.processes()).length === 1, {
    state: () => cluster.processes(),
  });
  expect((await cluster.processes())[0]?.pid).toBe(backend);
  return backend;
}

test('K-14 starts what is stopped, answers once a query is answered, and leaves alone what runs', async () => {
  const cluster = await startWithRow();
  const postmaster = await cluster.postmaster();
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  expect((await cluster.postmaster()).pid).toBe(postmaster.pid);
  await expectRow(cluster);
});

test('K-14 adopts a postmaster that somebody started by hand, and says so', async () => {
  const cluster = await createCluster();
  await cluster.startByHand();
  const postmaster = await cluster.postmaster();
  expect(await cluster.restore()).toMatchObject({ state: 'ok', warning: { code: 'started-by-hand' } });
  expect((await cluster.host.services.get(cluster.parameters.service))?.mainPid).toBe(postmaster.pid);
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  expect(await cluster.processes()).toEqual([]);
});

test('S1 does not touch a postmaster of another server that shares the machine', async () => {
  const cluster = await createCluster({ processScope: 'own' });
  await cluster.startByHand();
  const held = { code: 'held-by-another-server' };
  expect(await cluster.restore()).toMatchObject({ state: 'failed', scope: 'server', reason: held });
  expect(await cluster.quickCheck()).toMatchObject({ state: 'not-running', reason: held });
  expect(await cluster.remove()).toMatchObject({ state: 'ok', warning: held });
  await cluster.postmaster();
});

test('S1 a start that is beaten by another server of the machine leaves that one alone', async () => {
  const cluster = await createCluster({ processScope: 'own' });
  const { dataDirectory, port } = cluster.parameters;
  const log = join(cluster.directory, 'other.log');
  const args = ['start', '-w', '-s', '-D', dataDirectory, '-l', log, '-o', `-p ${port}`];
  const result = await cluster.restore({
    permit: () => {
      cluster.runAsOwnerNow('pg_ctl', args);
      return allow();
    },
  });
  expect(result).toMatchObject({ state: 'failed', scope: 'server', reason: { code: 'lock-file-held' } });
  await cluster.postmaster();
  expect(await cluster.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
});

test('K-16 ends a busy backend that outlived its postmaster, then starts', async () => {
  const cluster = await startWithRow();
  const backend = await killPostmasterBeneathBusyBackend(cluster);
  expect(await cluster.quickCheck()).toMatchObject({
    state: 'failed',
    scope: 'server',
    reason: { code: 'backends-outlived-postmaster' },
  });
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  expect((await cluster.processes()).map((view) => view.pid)).not.toContain(backend);
  await expectRow(cluster);
});

test('K-16 starts after everything was killed, with the lock file still there', async () => {
  const cluster = await startWithRow();
  await killAll(cluster);
  expect(await cluster.quickCheck()).toMatchObject({ state: 'failed', reason: { code: 'postmaster-died' } });
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  await expectRow(cluster);
});

test('K-14 a postmaster that dies while it is adopted is started anew', async () => {
  const cluster = await startWithRow();
  for (const view of await cluster.processes()) {
    await cluster.host.processes.signal(view.pid, 'SIGKILL', view.startTicks);
  }
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  await expectRow(cluster);
});

test('K-16 a zombie is dead: its number does not keep a start', async () => {
  const cluster = await startWithRow();
  await cluster.remove();
  const { executables, dataDirectory, port } = cluster.parameters;
  // The parent never asks how its child ended.
  const parent = cluster.spawnAsOwner('/bin/sh', [
    '-c',
    '"$0" -D "$1" -p "$2" >/dev/null 2>&1 & exec sleep 60',
    `${executables}/postgres`,
    dataDirectory,
    String(port),
  ]);
  try {
    // Killed before it has filled its lock file, it would keep every start.
    const answers = (): Promise<boolean> =>
      cluster.query('SELECT 1').then(
        () => true,
        () => false,
      );
    await eventually(answers, { state: () => cluster.deepCheck() });
    const { pid } = await cluster.postmaster();
    await killAll(cluster);
    expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ');
    expect(await cluster.restore()).toEqual({ state: 'ok' });
    expect((await cluster.postmaster()).pid).not.toBe(pid);
    await expectRow(cluster);
  } finally {
    parent.kill('SIGKILL');
  }
});

test('K-16 gets past a lock file whose number a foreign process has now, without deleting it', async () => {
  const cluster = await startWithRow();
  await killAll(cluster);
  const foreign = cluster.spawnAsOwner('/bin/sleep', ['60']);
  await once(foreign, 'spawn');
  const path = join(cluster.parameters.dataDirectory, 'postmaster.pid');
  const lines = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, [String(foreign.pid), ...lines.slice(1)].join('\n'));
  try {
    expect(await cluster.restore()).toEqual({ state: 'ok' });
    expect(foreign.exitCode).toBeNull();
    expect(foreign.signalCode).toBeNull();
    await expectRow(cluster);
  } finally {
    foreign.kill('SIGKILL');
  }
});

test('K-16 leaves a single-user session alone and says what holds the data', async () => {
  const cluster = await createCluster();
  const { executables, dataDirectory } = cluster.parameters;
  const fifo = join(cluster.directory, 'input');
  await cluster.host.processes.run('/usr/bin/mkfifo', ['-m', '666', fifo], { timeoutMs: 5_000 });
  const session = cluster.spawnAsOwner('/bin/sh', [
    '-c',
    'exec "$0" --single -D "$1" template1 0<>"$2"',
    `${executables}/postgres`,
    dataDirectory,
    fifo,
  ]);
  const ended = once(session, 'exit');
  await eventually(async () => (await cluster.processes()).length > 0);
  expect(await cluster.restore()).toMatchObject({ state: 'failed', reason: { code: 'single-user-session' } });
  expect(await cluster.remove()).toEqual({ state: 'ok' });
  await ended;
});

test('K-15 waits for a crash recovery that moves, however slow, and tells how far it is', async () => {
  const standstillMs = 800;
  const cluster = await startWithRow({
    limits: { startStandstillMs: standstillMs },
    settings: ['max_wal_size = 1GB', 'checkpoint_timeout = 1h'],
  });
  await cluster.query(
    'CREATE TABLE much AS SELECT n, repeat(md5(n::text), 10) AS t FROM generate_series(1, 200000) AS n',
  );
  await killAll(cluster);
  const startedAt = performance.now();
  const restoring = cluster.restore();
  // The start-up process runs a small part of the time only, and rests shorter than the limit.
  const throttling = throttleStartup(cluster, { runMs: 15, restMs: 200, untilMs: 4 * standstillMs });
  expect(await restoring).toEqual({ state: 'ok' });
  await throttling;
  expect(performance.now() - startedAt).toBeGreaterThan(2 * standstillMs);
  expect(cluster.told.map((reason) => reason.code)).toContain('starting');
  expect(cluster.told.some((reason) => String(reason.facts['doing']).startsWith('recovering'))).toBe(true);
  await expectRow(cluster);
});

async function findStartup(cluster: TestCluster): Promise<{ pid: number; startTicks: number } | undefined> {
  return (await cluster.processes()).find((view) => view.title.includes(' startup'));
}

async function throttleStartup(
  cluster: TestCluster,
  options: { readonly runMs: number; readonly restMs: number; readonly untilMs: number },
): Promise<void> {
  const { processes, clock } = cluster.host;
  await eventually(async () => (await findStartup(cluster)) !== undefined);
  const end = clock.now() + options.untilMs;
  for (let startup = await findStartup(cluster); startup; startup = await findStartup(cluster)) {
    if (clock.now() > end) break;
    await processes.signal(startup.pid, 'SIGSTOP', startup.startTicks);
    await clock.wait(options.restMs);
    await processes.signal(startup.pid, 'SIGCONT', startup.startTicks);
    await clock.wait(options.runMs);
  }
}

test('K-15 gives up a recovery that stands still, and leaves nothing of it behind', async () => {
  const cluster = await startWithRow({ limits: { startStandstillMs: 500 } });
  await cluster.query('CREATE TABLE much AS SELECT n FROM generate_series(1, 300000) AS n');
  await killAll(cluster);
  const restoring = cluster.restore();
  await eventually(async () => (await findStartup(cluster)) !== undefined);
  const startup = await findStartup(cluster);
  if (startup) await cluster.host.processes.signal(startup.pid, 'SIGSTOP', startup.startTicks);
  expect(await restoring).toMatchObject({
    state: 'failed',
    scope: 'server',
    reason: { code: 'start-stands-still' },
  });
  expect(await cluster.processes()).toEqual([]);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  await expectRow(cluster);
});

test('K-15 an abort ends a start at once and leaves nothing behind', async () => {
  const cluster = await startWithRow();
  await cluster.query('CREATE TABLE much AS SELECT n FROM generate_series(1, 1500000) AS n');
  await killAll(cluster);
  const abort = new AbortController();
  const restoring = cluster.restore({ signal: abort.signal });
  await eventually(async () => (await findStartup(cluster)) !== undefined);
  const startup = await findStartup(cluster);
  if (startup) await cluster.host.processes.signal(startup.pid, 'SIGSTOP', startup.startTicks);
  abort.abort();
  expect(await restoring).toMatchObject({ state: 'failed', reason: { code: 'aborted' } });
  expect(await cluster.processes()).toEqual([]);
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  await expectRow(cluster);
});

test('S4 starts nothing without a permit', async () => {
  const cluster = await createCluster();
  const result = await cluster.restore({ permit: () => refuse('term-ended', { term: 1 }) });
  expect(result).toMatchObject({ state: 'failed', reason: { code: 'term-ended' } });
  expect(await cluster.processes()).toEqual([]);
});

test('K-14 ends a postmaster that is just stopping before it starts a new one', async () => {
  const cluster = await startWithRow();
  const client = await cluster.connect();
  const old = await cluster.postmaster();
  // A smart shutdown waits for the client, who stays.
  await cluster.host.processes.signal(old.pid, 'SIGTERM', old.startTicks);
  const path = join(cluster.parameters.dataDirectory, 'postmaster.pid');
  await eventually(async () => (await readFile(path, 'utf8')).includes('stopping'));
  expect(await cluster.restore()).toEqual({ state: 'ok' });
  expect((await cluster.postmaster()).pid).not.toBe(old.pid);
  await expectRow(cluster);
  await client.end();
});

test('K-14 refuses a data directory that others may read', async () => {
  const cluster = await createCluster();
  await chmod(cluster.parameters.dataDirectory, 0o755);
  const result = await cluster.restore();
  const reason = { code: 'data-directory-mode', facts: { mode: '755' } };
  expect(result).toMatchObject({ state: 'failed', scope: 'data', reason });
});

test('R-09 a broken configuration is named, and would fail anywhere', async () => {
  const cluster = await createCluster();
  const path = join(cluster.parameters.dataDirectory, 'postgresql.conf');
  await appendFile(path, "shared_buffers = 'a lot'\n");
  const result = await cluster.restore();
  expect(result).toMatchObject({ state: 'failed', scope: 'data', reason: { code: 'configuration-invalid' } });
  expect(String(result.state === 'failed' && result.reason.facts['line'])).toContain('shared_buffers');
  expect(await cluster.processes()).toEqual([]);
});

test("R-09 a port in use is this server's matter", async () => {
  const cluster = await createCluster();
  const server = createServer();
  server.listen(cluster.parameters.port, '127.0.0.1');
  await once(server, 'listening');
  try {
    const reason = { code: 'port-in-use', facts: { port: cluster.parameters.port } };
    expect(await cluster.restore()).toMatchObject({ state: 'failed', scope: 'server', reason });
  } finally {
    server.close();
  }
});

test('R-09 a damaged control file would follow the data', async () => {
  const cluster = await createCluster();
  await writeFile(join(cluster.parameters.dataDirectory, 'global', 'pg_control'), Buffer.alloc(8192, 7));
  expect(await cluster.restore()).toMatchObject({
    state: 'failed',
    scope: 'data',
    reason: { code: 'data-damaged' },
  });
});

test('K-14 refuses executables of another major version before anything starts', async () => {
  const cluster = await createCluster();
  await writeFile(join(cluster.parameters.dataDirectory, 'PG_VERSION'), '13\n');
  const reason = { code: 'version-mismatch', facts: { data: 13 } };
  expect(await cluster.restore()).toMatchObject({ state: 'failed', scope: 'server', reason });
});

test("K-02 says that the service is missing when it is not Holdfast's to make", async () => {
  const cluster = await createCluster({ parameters: { serviceOrigin: 'existing' } });
  const result = await cluster.restore();
  expect(result).toMatchObject({ state: 'failed', scope: 'server' });
  expect(result.state === 'failed' && result.reason).toMatchObject({
    code: 'start-failed',
    facts: { problem: 'service-missing' },
  });
});
