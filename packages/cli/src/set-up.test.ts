import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './testing.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-setup-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

async function initArguments(stateDir: string): Promise<string[]> {
  const ports = await Promise.all([freePort(), freePort(), freePort()]);
  const [port, client, peer] = ports.map(String);
  return [
    ...[
      'init',
      '--cluster',
      'office',
      '--name',
      'server1',
      '--address',
      '127.0.0.1',
      '--state-dir',
      stateDir,
    ],
    ...['--port', port ?? '', '--etcd-client-port', client ?? '', '--etcd-peer-port', peer ?? ''],
    ...['--service-manager', 'direct', '--address-kind', 'loopback', '--process-scope', 'own'],
  ];
}

test('C-01 init makes the first server of a cluster, once', async () => {
  const stateDir = join(directory, 'server1');
  const first = await run([...(await initArguments(stateDir)), '--profile', 'fast', '-o', 'json']);
  expect(first).toMatchObject({ exitCode: 0, err: '' });
  expect(JSON.parse(first.out)).toMatchObject({ cluster: 'office', server: 'server1' });
  expect(JSON.parse(await readFile(join(stateDir, 'server.json'), 'utf8'))).toMatchObject({
    cluster: 'office',
    server: 'server1',
    profile: 'fast',
    serviceManager: 'direct',
    processScope: 'own',
    watchdog: null,
  });
  const second = await run(await initArguments(stateDir));
  expect(second.exitCode).toBe(3);
  expect(second.err).toContain('HF-CLUSTER-001');
});

test('C-01 init and join name what is wrong with their options, and leave nothing behind', async () => {
  const stateDir = join(directory, 'server2');
  const argv = (await initArguments(stateDir)).slice(3);
  const wrongName = await run(['init', ...argv, '--name', 'Server 1']);
  expect(wrongName.exitCode).toBe(2);
  const wrongToken = await run(['join', 'nonsense', ...argv]);
  expect(wrongToken.exitCode).toBe(2);
  expect(wrongToken.err).toContain('HF-CLUSTER-004');
  await expect(readFile(join(stateDir, 'server.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('C-05 certificates of an existing etcd are given whole, and to an existing etcd only', async () => {
  const argv = await initArguments(join(directory, 'server3'));
  const files = ['--etcd-ca', 'ca.crt', '--etcd-cert', 'client.crt', '--etcd-key', 'client.key'];
  const incomplete = await run([...argv, '--etcd-endpoint', 'https://127.0.0.1:1', ...files.slice(2)]);
  const superfluous = await run([...argv, ...files]);
  const missing = await run([...argv, '--etcd-endpoint', 'https://127.0.0.1:1', ...files]);
  expect([incomplete.err, superfluous.err]).toEqual([
    expect.stringMatching(/HF-CLI-004.*--etcd-key/),
    expect.stringMatching(/HF-CLI-004.*--etcd-endpoint/),
  ]);
  expect(missing.err).toMatch(/HF-CFG-003 .*\/ca\.crt/);
});
