import { chown, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { forgetMajorVersions } from './executables.ts';
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

async function startCluster(options: Parameters<TestBench['createCluster']>[0] = {}): Promise<TestCluster> {
  const cluster = await bench.createCluster(options);
  clusters.push(cluster);
  const result = await cluster.restore();
  if (result.state !== 'ok') throw new Error(JSON.stringify(result));
  return cluster;
}

test('K-19 a running postmaster is healthy, a stopped one is certainly stopped', async () => {
  const cluster = await startCluster();
  expect(await cluster.quickCheck()).toEqual({ state: 'ok' });
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
  expect(await cluster.forgetfulKit().quickCheck(cluster.checkContext())).toEqual({ state: 'ok' });
  await cluster.remove();
  expect(await cluster.quickCheck()).toMatchObject({ state: 'not-running', reason: { code: 'stopped' } });
  expect(await cluster.deepCheck()).toMatchObject({ state: 'not-running' });
});

test('K-14 the version of the executables is known when a start comes, because the look at a standby asks for it', async () => {
  const cluster = await bench.createCluster();
  clusters.push(cluster);
  forgetMajorVersions();
  const asked: string[] = [];
  const { processes } = cluster.host;
  const run: typeof processes.run = (executable, args, options) => {
    asked.push(args.join(' '));
    return processes.run(executable, args, options);
  };
  const host = { ...cluster.host, processes: { ...processes, run } };
  await cluster.kit.quickCheck({ ...cluster.checkContext(), host });
  await eventually(() => asked.length > 0);
  await eventually(async () => {
    const before = asked.length;
    await cluster.kit.quickCheck({ ...cluster.checkContext(), host });
    return asked.length === before;
  });
  expect(asked[0]).toBe('--version');
  expect(await cluster.restore()).toMatchObject({ state: 'ok' });
});

test('K-19 a death is called out within 250 ms, once', async () => {
  const cluster = await startCluster();
  const ends: number[] = [];
  const cancel = cluster.kit.watch(cluster.parameters, cluster.host, () => ends.push(performance.now()));
  // The watch looks for its postmaster first; a check afterwards has had its turn behind it.
  await cluster.deepCheck();
  const postmaster = await cluster.postmaster();
  const killedAt = performance.now();
  await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
  await eventually(() => ends.length > 0);
  expect((ends[0] ?? Infinity) - killedAt).toBeLessThan(250);
  cancel();
  expect(ends).toHaveLength(1);
});

test('K-19 a watch that was taken back stays silent', async () => {
  const cluster = await startCluster();
  let ended = false;
  cluster.kit.watch(cluster.parameters, cluster.host, () => (ended = true))();
  const postmaster = await cluster.postmaster();
  await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
  await eventually(async () => (await cluster.processes()).length === 0);
  expect(ended).toBe(false);
});

test('K-21 a postmaster that somebody stopped by hand is a failure of the resource', async () => {
  const cluster = await startCluster();
  await cluster.runAsOwner('pg_ctl', [
    'stop',
    '-w',
    '-s',
    '-D',
    cluster.parameters.dataDirectory,
    '-m',
    'fast',
  ]);
  const failed = { state: 'failed', scope: 'server', reason: { code: 'stopped-by-hand' } };
  expect(await cluster.quickCheck()).toMatchObject(failed);
  expect(await cluster.deepCheck()).toMatchObject(failed);
});

test('K-20 a postmaster held by SIGSTOP fails the deep check, though its backends answer', async () => {
  const cluster = await startCluster();
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
  const postmaster = await cluster.postmaster();
  await cluster.host.processes.signal(postmaster.pid, 'SIGSTOP', postmaster.startTicks);
  await eventually(async () => (await cluster.host.processes.activity(postmaster))?.stopped === true);
  const frozen = { code: 'postmaster-frozen' };
  expect(await cluster.quickCheck()).toMatchObject({ state: 'ok', warning: frozen });
  expect(await cluster.deepCheck(500)).toMatchObject({ state: 'failed', scope: 'server', reason: frozen });
  await cluster.host.processes.signal(postmaster.pid, 'SIGCONT', postmaster.startTicks);
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
});

test('K-20 the kept session works when all slots are taken; a new one warns and names the setting', async () => {
  const cluster = await startCluster();
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
  const clients: Client[] = [];
  await fillSlots(cluster, clients);
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
  const fresh = cluster.forgetfulKit();
  expect(await fresh.deepCheck(cluster.checkContext())).toMatchObject({
    state: 'ok',
    warning: { code: 'too-many-clients', facts: { setting: 'superuser_reserved_connections' } },
  });
  for (const client of clients) await client.end();
});

async function fillSlots(cluster: TestCluster, clients: Client[]): Promise<void> {
  for (let count = 0; count < 50; count += 1) {
    try {
      clients.push(await cluster.connect());
    } catch {
      return;
    }
  }
}

test('K-20 a crash of one backend does not fail the resource, whenever it is looked at', async () => {
  const cluster = await startCluster();
  const bad: unknown[] = [];
  for (let crash = 0; crash < 20; crash += 1) {
    await killBackend(cluster);
    let left = 8;
    await eventually(
      async () => {
        const result = await cluster.deepCheck();
        if (result.state !== 'ok') bad.push(result);
        left -= 1;
        return left <= 0 && result.state === 'ok' && result.warning === undefined;
      },
      { state: () => bad.slice(-5) },
    );
  }
  expect(bad).toEqual([]);
}, 60_000);

/** While the crash before is still being recovered from, nobody gets in. */
async function killBackend(cluster: TestCluster): Promise<void> {
  let client: Client | undefined;
  await eventually(async () => {
    client = await cluster.connect().catch(() => undefined);
    return client !== undefined;
  });
  if (!client) throw new Error('no connection');
  client.on('error', () => undefined);
  const [row] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
  const backend = await cluster.host.processes.get(row?.pid ?? 0);
  if (!backend) throw new Error('no backend');
  await cluster.host.processes.signal(backend.pid, 'SIGKILL', backend.startTicks);
}

test('K-20 an administrator who ends the kept session does not fail the resource', async () => {
  const cluster = await startCluster();
  await cluster.deepCheck();
  await cluster.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast'",
  );
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
});

test('K-20 "starting up" is an answer of a live server', async () => {
  // Asked for a file before anything else, the archive keeps the start-up process waiting.
  const cluster = await startCluster({ settings: ["restore_command = '/usr/bin/sleep 600'"] });
  await cluster.remove();
  const request = join(cluster.parameters.dataDirectory, 'recovery.signal');
  await writeFile(request, '');
  await chown(request, bench.account.uid, bench.account.gid);
  const abort = new AbortController();
  const restoring = cluster.restore({ signal: abort.signal });
  await eventually(async () => (await cluster.processes()).some((view) => view.title.includes(' startup')));
  expect(await cluster.deepCheck()).toMatchObject({ state: 'ok', warning: { code: 'starting-or-stopping' } });
  abort.abort();
  await restoring;
});

const passwordOnly = 'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n';

test('K-20 a wrong password is told apart from a dead database, also when it starts', async () => {
  const passwordFile = join(bench.directory, 'wrong-password');
  await writeFile(passwordFile, '*:*:*:*:wrong\n', { mode: 0o600 });
  const options = { passwordFile, accessRules: passwordOnly, parameters: { host: '127.0.0.1' } };
  const cluster = await startCluster(options);
  await cluster.query("ALTER USER postgres PASSWORD 'right:one'");
  const refused = { code: 'login-refused', facts: { sqlstate: '28P01' } };
  expect(await cluster.deepCheck()).toMatchObject({ state: 'ok', warning: refused });
  await cluster.remove();
  expect(await cluster.restore()).toMatchObject({ state: 'ok', warning: refused });
  await writeFile(passwordFile, `# comment\n127.0.0.1:${cluster.parameters.port}:*:postgres:right\\:one\n`);
  expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
});

test('K-20 a missing password and a missing line in pg_hba.conf are told apart from a dead database', async () => {
  const cluster = await startCluster({ accessRules: passwordOnly, parameters: { host: '127.0.0.1' } });
  expect(await cluster.deepCheck()).toMatchObject({ state: 'ok', warning: { code: 'login-refused' } });
  await writeFile(join(cluster.parameters.dataDirectory, 'pg_hba.conf'), 'local all all trust\n');
  await cluster.query('SELECT pg_reload_conf()');
  await eventually(async () => {
    const result = await cluster.deepCheck();
    return result.state === 'ok' && result.warning?.facts['sqlstate'] === '28000';
  });
});

test('K-20 an answer of another database cluster on the port is no health', async () => {
  const other = await startCluster();
  const cluster = await startCluster();
  const parameters = { ...cluster.parameters, host: other.directory, port: other.parameters.port };
  const result = await cluster.kit.deepCheck({ ...cluster.checkContext(), parameters });
  expect(result).toMatchObject({
    state: 'failed',
    scope: 'server',
    reason: { code: 'another-cluster-answers' },
  });
});

test('K-20 a socket that was cleaned away does not make the server dead', async () => {
  const cluster = await startCluster();
  await unlink(join(cluster.directory, `.s.PGSQL.${cluster.parameters.port}`));
  expect(await cluster.forgetfulKit().deepCheck(cluster.checkContext())).toEqual({ state: 'ok' });
});

test('K-16 a postmaster whose lock file was removed is still found', async () => {
  const cluster = await startCluster();
  const path = join(cluster.parameters.dataDirectory, 'postmaster.pid');
  const text = await readFile(path, 'utf8');
  await unlink(path);
  expect(await cluster.forgetfulKit().quickCheck(cluster.checkContext())).toEqual({ state: 'ok' });
  await writeFile(path, text);
});
