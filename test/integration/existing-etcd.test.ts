import { holdfastCommand, waitFor } from '@holdfast/lab';
import { findFreePort } from '@holdfast/lab/ports';
import { runProgram } from '@holdfast/lab/program';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const started: ChildProcess[] = [];
let directory: string;
let endpoint: string;

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'holdfast-existing-'));
  const [client, peer] = await Promise.all([findFreePort(), findFreePort()]);
  endpoint = `http://127.0.0.1:${client}`;
  const peers = `http://127.0.0.1:${peer}`;
  start('/usr/bin/etcd', [
    ...['--name=only', `--data-dir=${path.join(directory, 'etcd')}`, `--initial-cluster=only=${peers}`],
    ...[`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`],
    ...[`--listen-client-urls=${endpoint}`, `--advertise-client-urls=${endpoint}`],
    ...['--heartbeat-interval=50', '--election-timeout=500'],
  ]);
  await waitFor(
    () =>
      fetch(`${endpoint}/health`).then(
        ({ ok }) => ok,
        () => false,
      ),
    {
      what: 'etcd',
      timeoutMs: 20_000,
    },
  );
}, 60_000);

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  endGuards();
  rmSync(directory, { recursive: true, force: true });
});

function start(executable: string, args: readonly string[], server?: string): ChildProcess {
  const env = { ...process.env, ...environment(server) };
  const child = spawn(executable, args, { stdio: 'ignore', env });
  started.push(child);
  return child;
}

function environment(server = 'server1'): Readonly<Record<string, string>> {
  return {
    HOLDFAST_STATE_DIR: path.join(directory, server, 'state'),
    HOLDFAST_RUN_DIR: path.join(directory, server, 'run'),
    NO_COLOR: '1',
  };
}

async function ask(
  server: string,
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | undefined; readonly stdout: string; readonly stderr: string }> {
  return runProgram(holdfastCommand, args, {
    timeoutMs: 60_000,
    environment: environment(server),
    input,
  });
}

function holdfast(...args: readonly string[]): ReturnType<typeof ask> {
  return ask('server1', args);
}

/** Guards outlive their daemons: they are ended by the records that they keep. */
function endGuards(): void {
  for (const server of ['server1', 'server2']) {
    const file = path.join(directory, server, 'run', 'guard.json');
    if (!existsSync(file)) continue;
    const record = JSON.parse(readFileSync(file, 'utf8')) as { readonly guard: { readonly pid: number } };
    process.kill(record.guard.pid, 'SIGKILL');
  }
}

async function countMembers(): Promise<number> {
  const answer = await fetch(`${endpoint}/v3/cluster/member/list`, { method: 'POST', body: '{}' });
  const { members } = (await answer.json()) as { readonly members: readonly unknown[] };
  return members.length;
}

test('C-05 an etcd that is there already is used instead of a member of our own', async () => {
  const port = String(await findFreePort());
  const local = ['--service-manager', 'direct', '--address-kind', 'loopback', '--process-scope', 'own'];
  const server = ['--name', 'server1', '--address', '127.0.0.1', '--port', port, '--profile', 'test'];
  expect(await holdfast('init', ...server, '--etcd-endpoint', endpoint, ...local)).toMatchObject({ code: 0 });
  start(holdfastCommand, ['run']);
  const status = await waitFor(
    async () => {
      const { code, stdout } = await holdfast('status', '-o', 'json');
      return code === 0 && /"lease":\s*"good"/.test(stdout) ? stdout : undefined;
    },
    { what: 'a good lease', timeoutMs: 30_000, everyMs: 100 },
  );
  expect(status).toMatch(/"state":\s*"available"/);
}, 90_000);

test('C-01 with an etcd of somebody else servers join and leave, and its members are left alone', async () => {
  const { stdout: token } = await holdfast('token');
  const port = String(await findFreePort());
  const local = ['--service-manager', 'direct', '--address-kind', 'loopback', '--process-scope', 'own'];
  const server = ['--name', 'server2', '--address', '127.0.0.2', '--port', port, '--etcd-endpoint', endpoint];
  expect(await ask('server2', ['join', '-', ...server, ...local], token)).toMatchObject({ code: 0 });
  start(holdfastCommand, ['run'], 'server2');
  await waitFor(
    async () => {
      const { stdout } = await holdfast('status', '-o', 'json');
      return (stdout.match(/"lease":\s*"good"/g) ?? []).length === 2 && stdout;
    },
    { what: 'two good leases', timeoutMs: 30_000, everyMs: 100 },
  );
  expect(await ask('server2', ['leave'])).toMatchObject({ code: 0 });
  await waitFor(async () => !(await holdfast('status', '-o', 'json')).stdout.includes('server2'), {
    what: 'the end of server2',
    timeoutMs: 30_000,
    everyMs: 100,
  });
  expect(existsSync(path.join(directory, 'server2', 'state', 'server.json'))).toBe(false);
  expect(await countMembers()).toBe(1);
}, 120_000);
