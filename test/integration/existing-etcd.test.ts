import { holdfastCommand, waitFor } from '@holdfast/lab';
import { findFreePort } from '@holdfast/lab/ports';
import { runProgram } from '@holdfast/lab/program';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
  endGuard();
  rmSync(directory, { recursive: true, force: true });
});

function start(executable: string, args: readonly string[]): ChildProcess {
  const child = spawn(executable, args, { stdio: 'ignore', env: environment() });
  started.push(child);
  return child;
}

function environment(): NodeJS.ProcessEnv {
  const own = {
    HOLDFAST_STATE_DIR: path.join(directory, 'state'),
    HOLDFAST_RUN_DIR: path.join(directory, 'run'),
  };
  return { ...process.env, ...own, NO_COLOR: '1' };
}

async function holdfast(
  ...args: readonly string[]
): Promise<{ readonly code: number | undefined; readonly stdout: string }> {
  const own = environment();
  const { HOLDFAST_STATE_DIR = '', HOLDFAST_RUN_DIR = '' } = own;
  return runProgram(holdfastCommand, args, {
    timeoutMs: 20_000,
    environment: { HOLDFAST_STATE_DIR, HOLDFAST_RUN_DIR, NO_COLOR: '1' },
  });
}

/** The guard outlives its daemon: it is ended by the record that it keeps. */
function endGuard(): void {
  const record = JSON.parse(readFileSync(path.join(directory, 'run', 'guard.json'), 'utf8')) as {
    readonly guard: { readonly pid: number };
  };
  process.kill(record.guard.pid, 'SIGKILL');
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
