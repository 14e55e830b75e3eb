import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { profiles } from '@holdfast/core';
import { X509Crl } from '@peculiar/x509';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createAuthority,
  createRequest,
  issueEtcdClientCertificate,
  issueServerCertificate,
  type Authority,
} from '../pki/authority.ts';
import { pkiPaths, readPki, writePairs, writeRevocationList, type Pki } from '../pki/files.ts';
import { toClientTls } from './client-tls.ts';
import { createGateway, type Gateway, type TlsMaterial } from './gateway.ts';
import { createMember, type Member } from './member.ts';
import { freePort, writeTestPki } from './testing.ts';

/** One real member; what etcd does with certificates while it runs. */

let directory: string;
let member: Member;
let pki: Pki;
let authority: Authority;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-etcd-pki-'));
  await writeTestPki(directory, ['127.0.0.1']);
  pki = await readPki(directory);
  if (!pki.caKey) throw new Error('no authority');
  authority = { certificate: pki.caCertificate, key: pki.caKey };
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  member = createMember({
    cluster: 'test',
    server: 'server1',
    addresses: ['127.0.0.1'],
    etcd: {
      ...{ kind: 'embedded', binary: '/usr/bin/etcd', clientPort, peerPort, initialState: 'new' },
      initialCluster: `server1=https://127.0.0.1:${peerPort}`,
    },
    profile: profiles.test,
    stateDir: directory,
    runDir: join(directory, 'run'),
  });
  await member.start();
  await member.ready({ timeoutMs: 20_000 });
});
afterAll(async () => {
  await member.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function issueClient(options: { issuer?: Authority; now?: Date } = {}): Promise<TlsMaterial> {
  const { issuer = authority, now = new Date() } = options;
  const { key, request } = await createRequest();
  const cert = await issueEtcdClientCertificate(issuer, { request, now });
  return { ca: pki.caCertificate, cert, key: key.reveal() };
}

async function withGateway<T>(tls: TlsMaterial, use: (gateway: Gateway) => Promise<T>): Promise<T> {
  const gateway = createGateway({ endpoints: [member.clientUrl], tls, callTimeoutMs: 2_000 });
  try {
    return await use(gateway);
  } finally {
    gateway.close();
  }
}

async function isAnswered(tls: TlsMaterial): Promise<boolean> {
  return await withGateway(tls, (gateway) => ask(gateway));
}

async function ask(gateway: Gateway): Promise<boolean> {
  return await gateway.range({ key: 'x', prefix: false }).then(
    () => true,
    () => false,
  );
}

async function revoke(...serials: readonly string[]): Promise<void> {
  await writeRevocationList(directory, pki.serverKey, serials);
}

function serialOf(pem: string): string {
  return new X509Certificate(pem).serialNumber;
}

function shownSerial(): Promise<string | undefined> {
  const { hostname: host, port } = new URL(member.clientUrl);
  const { ca, cert, key } = toClientTls(pki);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), ca, cert, key }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}

test('S-01 the list of revoked certificates is there from the start: without it etcd refuses everybody', async () => {
  const list = readFileSync(pkiPaths(directory).revocationList);
  expect(new X509Crl(list).entries).toEqual([]);
  expect(await isAnswered(toClientTls(pki))).toBe(true);
  rmSync(pkiPaths(directory).revocationList);
  expect(await isAnswered(toClientTls(pki))).toBe(false);
  await revoke();
  expect(await isAnswered(toClientTls(pki))).toBe(true);
});

test('S-01 etcd refuses a certificate once it is on the list, without a restart, and takes every other', async () => {
  const removed = await issueClient();
  const others = await Promise.all(Array.from({ length: 3 }, () => issueClient()));
  await withGateway(removed, async (open) => {
    expect(await ask(open)).toBe(true);
    await revoke('0080', serialOf(removed.cert), '7F');
    expect(await isAnswered(removed)).toBe(false);
    for (const other of [...others, toClientTls(pki)]) expect(await isAnswered(other)).toBe(true);
    // What stands goes on until it ends: docs/security.md says so.
    expect(await ask(open)).toBe(true);
  });
  await revoke();
});

test('S-01 the list is one as RFC 5280 has it, also with many entries, signed by this server', async () => {
  const serials = Array.from({ length: 300 }, (_, n) => (0x80_00 + n).toString(16).toUpperCase());
  await revoke(...serials);
  const list = new X509Crl(readFileSync(pkiPaths(directory).revocationList));
  const found = list.entries.map(({ serialNumber }) => Number.parseInt(serialNumber, 16));
  expect(found).toEqual(serials.map((serial) => Number.parseInt(serial, 16)));
  expect(Date.now() - (list.thisUpdate?.getTime() ?? 0)).toBeLessThan(60_000);
  const { publicKey } = new X509Certificate(pki.serverCertificate);
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const key = await crypto.subtle.importKey('spki', spki, { name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'verify',
  ]);
  expect(await list.verify({ publicKey: key })).toBe(true);
  expect(await isAnswered(toClientTls(pki))).toBe(true);
  await revoke();
});

const yearMs = 365 * 86_400_000;
const strangers = {
  'that has expired': () => issueClient({ now: new Date('2020-01-01T00:00:00Z') }),
  'that is not valid yet': () => issueClient({ now: new Date(Date.now() + yearMs) }),
  'of a foreign cluster': async () => issueClient({ issuer: await createAuthority('test') }),
};
test.each(Object.entries(strangers))('S-01 etcd does not answer a certificate %s', async (_title, issue) => {
  expect(await isAnswered(await issue())).toBe(false);
});

test('S-01 etcd shows a renewed certificate at its next connection, and a gateway goes on with its own', async () => {
  const [server, client] = [await createRequest(), await createRequest()];
  const subject = { server: 'server1', addresses: ['127.0.0.1'], request: server.request };
  const next: Pki = {
    ...pki,
    serverCertificate: await issueServerCertificate(authority, subject),
    serverKey: server.key,
    etcdClientCertificate: await issueEtcdClientCertificate(authority, client),
    etcdClientKey: client.key,
  };
  await withGateway(toClientTls(pki), async (gateway) => {
    expect(await ask(gateway)).toBe(true);
    await writePairs(directory, next);
    expect(await shownSerial()).toBe(serialOf(next.serverCertificate));
    gateway.setTls(toClientTls(next));
    await revoke(serialOf(pki.etcdClientCertificate));
    expect(await ask(gateway)).toBe(true);
    expect(await isAnswered(toClientTls(pki))).toBe(false);
  });
  await revoke();
  pki = next;
});

test('S-04 keys, certificates and the list can be read by the daemon alone', () => {
  const folder = pkiPaths(directory).directory;
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const names = readdirSync(folder).toSorted();
  expect(names).toEqual(['ca.crt', 'ca.key', 'etcd-client.pem', 'revoked.crl', 'server.pem']);
  for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
});
