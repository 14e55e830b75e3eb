import { createKeys, type EtcdFiles } from '@holdfast/contract';
import { readEtcdFiles } from '@holdfast/daemon/etcd/existing-tls';
import { tryAtEtcd } from '@holdfast/daemon/etcd/gateway';
import {
  createAuthority,
  createRequest,
  issueEtcdClientCertificate,
  issueServerCertificate,
  type Authority,
} from '@holdfast/daemon/pki/authority';
import { pkiPaths } from '@holdfast/daemon/pki/files';
import { joinPair, splitPair } from '@holdfast/daemon/pki/pair';
import { holdfastCommand, waitFor } from '@holdfast/lab';
import { findFreePort } from '@holdfast/lab/ports';
import { runProgram } from '@holdfast/lab/program';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const started: ChildProcess[] = [];
const local = ['--service-manager', 'direct', '--address-kind', 'loopback', '--process-scope', 'own'];
let directory: string;
let endpoint: string;
let first: ChildProcess;
/** Of an etcd that has certificates of its own. */
let secureEndpoint: string;
let theirs: Authority;
let firstSecure: ChildProcess;

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
  for (const server of ['server1', 'server2', 'secure1', 'secure2']) {
    const pid = guardOf(server);
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }
}

/** The process id of the server's guard; `undefined` where there is none. */
function guardOf(server: string): number | undefined {
  const file = path.join(directory, server, 'run', 'guard.json');
  if (!existsSync(file)) return undefined;
  const record = JSON.parse(readFileSync(file, 'utf8')) as { readonly guard: { readonly pid: number } };
  return record.guard.pid;
}

async function countMembers(): Promise<number> {
  const answer = await fetch(`${endpoint}/v3/cluster/member/list`, { method: 'POST', body: '{}' });
  const { members } = (await answer.json()) as { readonly members: readonly unknown[] };
  return members.length;
}

/** Waits until so many servers have good leases, by the word of one of them. */
async function waitForLeases(server: string, count: number): Promise<string> {
  return await waitFor(
    async () => {
      const { code, stdout } = await ask(server, ['status', '-o', 'json']);
      return code === 0 && stdout.match(/"lease":\s*"good"/g)?.length === count ? stdout : undefined;
    },
    {
      what: `${count} good leases`,
      timeoutMs: 30_000,
      everyMs: 100,
      describe: async () => (await ask(server, ['status'])).stdout,
    },
  );
}

test('C-05 an etcd that is there already is used instead of a member of our own', async () => {
  const port = String(await findFreePort());
  const server = ['--name', 'server1', '--address', '127.0.0.1', '--port', port, '--profile', 'test'];
  expect(await holdfast('init', ...server, '--etcd-endpoint', endpoint, ...local)).toMatchObject({ code: 0 });
  first = start(holdfastCommand, ['run']);
  expect(await waitForLeases('server1', 1)).toMatch(/"state":\s*"available"/);
}, 90_000);

/** Calls the gateway of the etcd that asks for no certificates; keys and values are base64. */
async function callEtcd(route: string, body: Readonly<Record<string, string>>): Promise<unknown> {
  const encoded = Object.entries(body).map(([name, text]) => [name, Buffer.from(text).toString('base64')]);
  const answer = await fetch(`${endpoint}${route}`, {
    method: 'POST',
    body: JSON.stringify(Object.fromEntries(encoded)),
  });
  return await answer.json();
}

async function readRecord(key: string): Promise<Readonly<Record<string, unknown>>> {
  const { kvs } = (await callEtcd('/v3/kv/range', { key })) as { readonly kvs: readonly { value: string }[] };
  const text = Buffer.from(kvs[0]?.value ?? '', 'base64').toString('utf8');
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

test('C-10 a record of an earlier version, which does not say whose etcd it is: its members are left alone, and it is completed', async () => {
  const key = createKeys('holdfast').server('server1');
  const { etcd, certificates, shutdownStrategy, ...earlier } = await readRecord(key);
  expect([etcd, shutdownStrategy]).toEqual(['external', 'switchover']);
  await callEtcd('/v3/kv/put', { key, value: JSON.stringify(earlier) });
  first.kill('SIGKILL');
  first = start(holdfastCommand, ['run']);
  let seen = await readRecord(key);
  const isWhole = async (): Promise<boolean> => {
    seen = await readRecord(key);
    return (
      seen['etcd'] === 'external' && JSON.stringify(seen['certificates']) === JSON.stringify(certificates)
    );
  };
  const describe = (): string => JSON.stringify(seen);
  await waitFor(isWhole, { what: 'the whole record', timeoutMs: 30_000, everyMs: 100, describe });
  expect(seen).toMatchObject({ ...earlier, shutdownStrategy });
  await waitForLeases('server1', 1);
  expect(await countMembers()).toBe(1);
}, 90_000);

test('C-01 with an etcd of somebody else servers join and leave, and its members are left alone', async () => {
  const { stdout: token } = await holdfast('token');
  const port = String(await findFreePort());
  const server = ['--name', 'server2', '--address', '127.0.0.2', '--port', port, '--etcd-endpoint', endpoint];
  expect(await ask('server2', ['join', '-', ...server, ...local], token)).toMatchObject({ code: 0 });
  start(holdfastCommand, ['run'], 'server2');
  await waitForLeases('server1', 2);
  expect(await ask('server2', ['leave'])).toMatchObject({ code: 0 });
  await waitFor(async () => !(await holdfast('status', '-o', 'json')).stdout.includes('server2'), {
    what: 'the end of server2',
    timeoutMs: 30_000,
    everyMs: 100,
  });
  expect(existsSync(path.join(directory, 'server2', 'state', 'server.json'))).toBe(false);
  expect(await countMembers()).toBe(1);
}, 120_000);

/** Files that the authority of somebody's etcd has given a server; a second call for the same server renews them. */
async function issueFiles(name: string, authority: Authority): Promise<EtcdFiles> {
  const { request, key } = await createRequest();
  const certificate = await issueEtcdClientCertificate(authority, { request });
  const put = (ending: string, text: string): string => {
    const file = path.join(directory, `${name}.${ending}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  return {
    ca: put('ca', theirs.certificate),
    certificate: put('crt', certificate),
    key: put('key', key.reveal()),
  };
}

function etcdOptions({ ca, certificate, key }: EtcdFiles): readonly string[] {
  const files = ['--etcd-ca', ca, '--etcd-cert', certificate, '--etcd-key', key];
  return ['--etcd-endpoint', secureEndpoint, ...files];
}

async function startSecureEtcd(): Promise<void> {
  theirs = await createAuthority('theirs');
  const { request, key } = await createRequest();
  const subject = { server: 'etcd', addresses: ['127.0.0.1'], request };
  const pair = path.join(directory, 'etcd.pem');
  const certificate = await issueServerCertificate(theirs, subject);
  writeFileSync(pair, joinPair(certificate, key), { mode: 0o600 });
  const files = await issueFiles('probe', theirs);
  const [client, peer] = await Promise.all([findFreePort(), findFreePort()]);
  secureEndpoint = `https://127.0.0.1:${client}`;
  const peers = `http://127.0.0.1:${peer}`;
  start('/usr/bin/etcd', [
    ...['--name=secure', `--data-dir=${path.join(directory, 'secure')}`, `--initial-cluster=secure=${peers}`],
    ...[`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`],
    ...[`--listen-client-urls=${secureEndpoint}`, `--advertise-client-urls=${secureEndpoint}`],
    ...[`--cert-file=${pair}`, `--key-file=${pair}`, `--trusted-ca-file=${files.ca}`, '--client-cert-auth'],
    ...['--heartbeat-interval=50', '--election-timeout=500'],
  ]);
  const material = await readEtcdFiles(files);
  const answers = (): Promise<boolean> =>
    tryAtEtcd([secureEndpoint], material).then(
      () => true,
      () => false,
    );
  await waitFor(answers, { what: 'etcd with certificates', timeoutMs: 20_000 });
}

test('C-05 an etcd with certificates of its own is used with those that it knows, and others are refused at once', async () => {
  await startSecureEtcd();
  const port = String(await findFreePort());
  const server = ['--name', 'secure1', '--address', '127.0.0.1', '--port', port, '--profile', 'test'];
  const init = (...options: readonly string[]): ReturnType<typeof ask> =>
    ask('secure1', ['init', ...server, ...options, ...local]);
  const files = await issueFiles('secure1', theirs);
  const strange = await issueFiles('strange', await createAuthority('strange'));
  const plain = etcdOptions(files).map((word) => word.replace('https:', 'http:'));
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [etcdOptions(strange), /HF-STORE-014/],
    [etcdOptions({ ...files, key: strange.key }), /HF-STORE-016/],
    [etcdOptions({ ...files, ca: path.join(directory, 'none') }), /HF-CFG-003/],
    [plain, /HF-API-001.*https/],
    [etcdOptions(files).slice(0, -2), /HF-CLI-004.*--etcd-key/],
  ];
  for (const [options, pattern] of cases) {
    const { code, stderr } = await init(...options);
    expect(stderr).toMatch(pattern);
    expect(code).not.toBe(0);
  }
  expect(await init(...etcdOptions(files))).toMatchObject({ code: 0 });
  firstSecure = start(holdfastCommand, ['run'], 'secure1');
  expect(await waitForLeases('secure1', 1)).toMatch(/"state":\s*"available"/);
}, 120_000);

test('C-05 a server that joins shows an etcd with certificates of its own the ones that it was given', async () => {
  const { stdout: token } = await ask('secure1', ['token']);
  const port = String(await findFreePort());
  const server = ['--name', 'secure2', '--address', '127.0.0.2', '--port', port];
  const files = etcdOptions(await issueFiles('secure2', theirs));
  expect(await ask('secure2', ['join', '-', ...server, ...files, ...local], token)).toMatchObject({
    code: 0,
  });
  start(holdfastCommand, ['run'], 'secure2');
  await waitForLeases('secure1', 2);
}, 120_000);

test('S-01 certificates for an existing etcd are taken up when their owner renews them, and the lease goes on', async () => {
  const state = path.join(directory, 'secure1', 'state');
  const { existingEtcdPair } = pkiPaths(state);
  expect(statSync(existingEtcdPair).mode & 0o777).toBe(0o600);
  const guard = guardOf('secure1');
  const { certificate } = await issueFiles('secure1', theirs);
  const renewed = readFileSync(certificate, 'utf8');
  await waitFor(
    async () => (await ask('secure1', ['events', '-o', 'json'])).stdout.includes('certificate-renewed'),
    { what: 'the renewal', timeoutMs: 40_000, everyMs: 200 },
  );
  expect(splitPair(readFileSync(existingEtcdPair, 'utf8')).certificate.trim()).toBe(renewed.trim());
  await waitForLeases('secure1', 2);
  expect(guardOf('secure1')).toBe(guard);
}, 120_000);

test('C-05 certificates that an existing etcd does not know are not taken up, not even by the next daemon', async () => {
  const pair = pkiPaths(path.join(directory, 'secure1', 'state')).existingEtcdPair;
  const before = readFileSync(pair, 'utf8');
  await issueFiles('secure1', await createAuthority('strange'));
  await waitFor(
    async () => (await ask('secure1', ['events', '-o', 'json'])).stdout.includes('certificate-not-renewed'),
    { what: 'the refusal', timeoutMs: 40_000, everyMs: 200 },
  );
  const guard = guardOf('secure1');
  firstSecure.kill('SIGKILL');
  firstSecure = start(holdfastCommand, ['run'], 'secure1');
  await waitForLeases('secure1', 2);
  expect(guardOf('secure1')).toBe(guard);
  expect(readFileSync(pair, 'utf8')).toBe(before);
}, 120_000);
