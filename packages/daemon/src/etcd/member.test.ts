import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { profiles, type Reason } from '@holdfast/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readProcessNumbers } from '../host/linux/proc.ts';
import { readPki } from '../pki/files.ts';
import { toClientTls } from './client-tls.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { createMember, type Member, type MemberOptions } from './member.ts';
import { freePort, waitFor, writeTestPki } from './testing.ts';

const readyMs = 10_000;

let directory: string;
let options: MemberOptions;
let member: Member;
let reported: Reason[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-member-'));
  await writeTestPki(directory, ['127.0.0.1']);
  reported = [];
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  options = {
    cluster: 'test',
    server: 'server1',
    addresses: ['127.0.0.1'],
    etcd: {
      kind: 'embedded',
      binary: '/usr/bin/etcd',
      clientPort,
      peerPort,
      initialState: 'new',
      initialCluster: `server1=https://127.0.0.1:${peerPort}`,
    },
    profile: profiles.test,
    stateDir: directory,
    runDir: join(directory, 'run'),
    report: (reason) => reported.push(reason),
  };
  member = createMember(options);
});
afterEach(async () => {
  await member.stop();
  rmSync(directory, { recursive: true, force: true });
});

function pidOf(of: Member): number {
  const state = of.state();
  if (state.kind !== 'running') throw new Error(`the member is ${JSON.stringify(state)}`);
  return state.pid;
}

async function startReady(): Promise<number> {
  await member.start();
  await member.ready({ timeoutMs: readyMs });
  return pidOf(member);
}

/** As a daemon that goes, and the next one that comes. */
async function replaceDaemon(changes: Partial<MemberOptions> = {}): Promise<void> {
  member.release();
  member = createMember({ ...options, ...changes });
  await member.start();
}

async function withGateway<T>(use: (gateway: Gateway) => Promise<T>): Promise<T> {
  const tls = toClientTls(await readPki(directory));
  const gateway = createGateway({ endpoints: [member.clientUrl], tls, callTimeoutMs: 2_000 });
  try {
    return await use(gateway);
  } finally {
    gateway.close();
  }
}

test('C-05 the daemon starts its own member, which serves with the certificates of the cluster', async () => {
  const pid = await startReady();
  await withGateway((gateway) => gateway.put('/k', '1'));
  expect(await withGateway((gateway) => gateway.memberList())).toMatchObject([
    { name: 'server1', isLearner: false, clientUrls: [member.clientUrl] },
  ]);
  expect(reported.map(({ code }) => code)).toContain('etcd-member-started');
  await member.stop();
  expect(readProcessNumbers(pid)).toBeUndefined();
  expect(member.state()).toEqual({ kind: 'stopped' });
});

test('C-10 the member outlives the daemon, and the next daemon takes it over running', async () => {
  const pid = await startReady();
  await replaceDaemon();
  expect(member.state()).toMatchObject({ kind: 'running', pid, adopted: true, outdated: false });
  await member.ready({ timeoutMs: readyMs });
});

test('C-10 a running member is found also when its record is lost or of another process', async () => {
  const pid = await startReady();
  unlinkSync(join(directory, 'run/etcd.json'));
  await replaceDaemon();
  expect(pidOf(member)).toBe(pid);
  const wrong = { formatVersion: 1, pid: process.pid, startTicks: 1, dataDir: join(directory, 'etcd') };
  writeFileSync(join(directory, 'run/etcd.json'), JSON.stringify(wrong));
  await replaceDaemon();
  expect(pidOf(member)).toBe(pid);
});

test('a member that dies is started again by itself, with its data', async () => {
  const pid = await startReady();
  await withGateway((gateway) => gateway.put('/k', 'kept'));
  process.kill(pid, 'SIGKILL');
  await waitFor(() => member.state().kind === 'running' && pidOf(member) !== pid, {
    timeoutMs: 10_000,
    what: 'another process',
    state: () => [member.state(), reported],
  });
  await member.ready({ timeoutMs: readyMs });
  const read = await withGateway((gateway) => gateway.range({ key: '/k', prefix: false }));
  expect(read.entries[0]?.value).toBe('kept');
  expect(reported).toContainEqual(
    expect.objectContaining({
      code: 'etcd-member-ended',
      facts: expect.objectContaining({ ending: 'SIGKILL' }),
    }),
  );
});

test('a member that another daemon had started and that dies is started again, too', async () => {
  const pid = await startReady();
  await replaceDaemon();
  process.kill(pid, 'SIGKILL');
  await waitFor(() => member.state().kind === 'running' && pidOf(member) !== pid, {
    timeoutMs: 10_000,
    what: 'another process',
    state: () => [member.state(), reported],
  });
});

test('C-12 another profile makes the running member outdated, and a restart applies it', async () => {
  const pid = await startReady();
  await replaceDaemon({ profile: profiles.safe });
  expect(member.state()).toMatchObject({ kind: 'running', pid, outdated: true });
  await member.restart(profiles.safe);
  await member.ready({ timeoutMs: readyMs });
  expect(member.state()).toMatchObject({ kind: 'running', adopted: false, outdated: false });
  expect(pidOf(member)).not.toBe(pid);
  const { ttlMs } = await withGateway((gateway) => gateway.leaseGrant(1_000));
  expect(ttlMs).toBe(2_000);
});

test('a port in use is named, and nothing is started', async () => {
  const squatter = createServer();
  await new Promise<void>((resolve) => squatter.listen(options.etcd.peerPort, '127.0.0.1', resolve));
  await expect(member.start()).rejects.toMatchObject({
    code: 'HF-CLUSTER-009',
    facts: { address: '127.0.0.1', port: options.etcd.peerPort },
  });
  expect(member.state()).toEqual({ kind: 'stopped' });
  await new Promise((resolve) => squatter.close(resolve));
  await startReady();
});

test('a missing program is named', async () => {
  member = createMember({ ...options, etcd: { ...options.etcd, binary: join(directory, 'no-etcd') } });
  await expect(member.start()).rejects.toMatchObject({ code: 'HF-STORE-010' });
  member = createMember({ ...options, etcd: { ...options.etcd, binary: '/bin/true' } });
  await expect(member.start()).rejects.toMatchObject({ code: 'HF-STORE-010' });
});

test('an address that this server does not have is left out, unless it is the only one', async () => {
  member = createMember({ ...options, addresses: ['192.0.2.7'] });
  await expect(member.start()).rejects.toMatchObject({
    code: 'HF-CLUSTER-008',
    facts: { address: '192.0.2.7' },
  });
  const both = `${options.etcd.initialCluster},server1=https://192.0.2.7:${options.etcd.peerPort}`;
  const etcd = { ...options.etcd, initialCluster: both };
  member = createMember({ ...options, etcd, addresses: ['127.0.0.1', '192.0.2.7'] });
  await startReady();
  expect(reported).toContainEqual({ code: 'etcd-address-missing', facts: { address: '192.0.2.7' } });
});

test('data of another cluster, of another server, or of nobody known are not touched', async () => {
  await startReady();
  await member.stop();
  for (const other of [{ cluster: 'other' }, { server: 'server2' }]) {
    member = createMember({ ...options, ...other });
    await expect(member.start()).rejects.toMatchObject({
      code: 'HF-STORE-015',
      facts: { problem: 'they belong to server server1 of cluster test' },
    });
  }
  const mark = join(directory, 'etcd-member.json');
  const text = readFileSync(mark, 'utf8');
  unlinkSync(mark);
  member = createMember(options);
  await expect(member.start()).rejects.toMatchObject({ code: 'HF-STORE-015' });
  writeFileSync(mark, text.replace('"formatVersion":1', '"formatVersion":2'));
  await expect(member.start()).rejects.toMatchObject({ code: 'HF-STORE-004', facts: { formatVersion: 2 } });
  writeFileSync(mark, text);
  await startReady();
});

test('S1 a member that has lost its data does not found a second cluster under its old name', async () => {
  await startReady();
  await member.stop();
  renameSync(join(directory, 'etcd'), join(directory, 'lost'));
  await expect(member.start()).rejects.toMatchObject({
    code: 'HF-STORE-015',
    facts: { problem: 'they are gone' },
  });
});

test("a member that cannot start says why in etcd's own words", async () => {
  const block = (label: string): string => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  writeFileSync(join(directory, 'pki/server.pem'), `${block('CERTIFICATE')}${block('PRIVATE KEY')}`);
  await member.start();
  await expect(member.ready({ timeoutMs: 1_500 })).rejects.toMatchObject({
    code: 'HF-STORE-012',
    facts: { detail: expect.stringContaining('x509') },
  });
  expect(['waiting', 'running']).toContain(member.state().kind);
});

test('a member without its majority is not ready, and says so by the deadline', async () => {
  const [address, other] = [options.etcd.initialCluster, await freePort()];
  const etcd = { ...options.etcd, initialCluster: `${address},server2=https://127.0.0.1:${other}` };
  member = createMember({ ...options, etcd });
  await member.start();
  await expect(member.ready({ timeoutMs: 800 })).rejects.toMatchObject({ code: 'HF-STORE-011' });
});

test('K-16 a zombie is no running member', async () => {
  mkdirSync(join(directory, 'run'));
  // A shell that never reaps its child leaves a zombie with this record.
  const parent = spawn('/bin/sh', ['-c', '/bin/sleep 0.2 & echo $!; exec /bin/sleep 30'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (data) => resolve(Number(data))),
  );
  await waitFor(() => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')), {
    timeoutMs: 5_000,
    what: 'a zombie',
  });
  const startTicks = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]);
  const record = { formatVersion: 1, pid, startTicks, dataDir: join(directory, 'etcd') };
  writeFileSync(join(directory, 'run/etcd.json'), JSON.stringify(record));
  await startReady();
  expect(pidOf(member)).not.toBe(pid);
  parent.kill('SIGKILL');
});
