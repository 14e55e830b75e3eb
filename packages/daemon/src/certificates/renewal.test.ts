import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '@holdfast/engine/ports';
import { createTestingStore, keys, type TestingStore } from '@holdfast/engine/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeTestPki } from '../etcd/testing.ts';
import { createTrust } from '../paths/index.ts';
import { createAuthority, createRequest, issueServerCertificate } from '../pki/authority.ts';
import { readPki } from '../pki/files.ts';
import { describeIssued, inspectCertificate } from '../pki/inspect.ts';
import { createIdentity, toCredentials } from './identity.ts';
import { issueCertificates } from './issue.ts';
import { createRenewal, isDue, type Renewal } from './renewal.ts';

const server = 'server1';
let directory: string;
let memory: TestingStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-renewal-'));
  await writeTestPki(directory, ['10.0.0.1']);
  memory = createTestingStore();
  memory.set(keys.revision, { revision: 1 });
  const certificates = describeIssued(await readPki(directory));
  const ports = { port: 7600, etcdClientPort: 2379, etcdPeerPort: 2380, etcd: 'voter' };
  memory.set(keys.server(server), {
    name: server,
    role: 'member',
    addresses: ['10.0.0.1'],
    ...ports,
    certificates,
  });
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

function createStore(commit: Store['commit']): Store {
  return {
    read: (prefix) =>
      Promise.resolve({ revision: 1, entries: memory.entries().filter(({ key }) => key.startsWith(prefix)) }),
    commit,
    watch: () => () => {},
  };
}

/** The moments at which a life of the daemon may end, in the order of a renewal. */
const moments = [
  'before-issue',
  'after-issue',
  'at-etcd',
  'at-gateway',
  'at-guard',
  'before-commit',
  'after-commit',
];

/** One life of a daemon: reads its files, and dies at the moment that is named. */
async function live(dies?: string): Promise<Renewal> {
  const die = (at: string): void => {
    if (at === dies) throw new Error(`died ${at}`);
  };
  const pki = await readPki(directory);
  const identity = createIdentity(pki, {
    stateDirectory: directory,
    trust: createTrust(toCredentials(pki)),
    gateway: { setTls: () => die('at-gateway') },
    guard: { setTls: () => Promise.resolve().then(() => die('at-guard')) },
    isForEtcd: true,
    onError: (error) => expect(error).toBeUndefined(),
  });
  const store = createStore(async (transaction) => {
    die('before-commit');
    const isDone = memory.commit(transaction);
    die('after-commit');
    return await Promise.resolve(isDone);
  });
  const issuing = createStore((transaction) => Promise.resolve(memory.commit(transaction)));
  return createRenewal({
    ...{ server, store, keys, identity },
    async issue(request) {
      die('before-issue');
      const issued = await issueCertificates(server, request, { self: server, pki, store: issuing, keys });
      die('after-issue');
      return issued;
    },
    tryAtEtcd: () => Promise.resolve().then(() => die('at-etcd')),
  });
}

function certificatesOnRecord(): readonly string[] {
  return (memory.snapshot().view.servers[server]?.certificates ?? []).map(({ serial }) => serial);
}

async function certificatesInFiles(): Promise<readonly string[]> {
  return describeIssued(await readPki(directory)).map(({ serial }) => serial);
}

test('S-01 a renewal replaces both certificates, and the ones before are revoked', async () => {
  const before = await certificatesInFiles();
  const renewal = await live();
  await renewal.renew();
  const after = await certificatesInFiles();
  expect(after).not.toEqual(before);
  expect(certificatesOnRecord()).toEqual([...before, ...after]);
  expect(memory.snapshot().revoked).toEqual({});
  await renewal.settle();
  expect(certificatesOnRecord()).toEqual(after);
  expect(Object.keys(memory.snapshot().revoked).toSorted()).toEqual([...before].toSorted());
});

test.each(moments)('S-01 S8 a renewal that ends %s is put in order by the next life', async (moment) => {
  const issued = new Set(await certificatesInFiles());
  const dying = await live(moment);
  await dying
    .renew()
    .then(() => dying.settle())
    .catch(() => undefined);
  for (const serial of [...certificatesOnRecord(), ...(await certificatesInFiles())]) issued.add(serial);
  const next = await live();
  await next.settle();
  const valid = await certificatesInFiles();
  expect(certificatesOnRecord()).toEqual(valid);
  const revoked = Object.keys(memory.snapshot().revoked);
  expect([...valid, ...revoked].toSorted()).toEqual([...issued].toSorted());
});

test('S-01 what etcd does not answer is never taken up', async () => {
  const before = await certificatesInFiles();
  await expect((await live('at-etcd')).renew()).rejects.toMatchObject({ code: 'HF-CLUSTER-061' });
  expect(await certificatesInFiles()).toEqual(before);
});

test('S-01 the old certificates are not revoked while the guard has not taken up the new ones', async () => {
  const deaf = await live('at-guard');
  await expect(deaf.renew()).rejects.toMatchObject({ code: 'HF-CLUSTER-061' });
  await expect(deaf.settle()).rejects.toThrow('at-guard');
  expect(memory.snapshot().revoked).toEqual({});
});

test('S-01 renewals that fail again and again leave no more than a handful of certificates on record', async () => {
  const renewal = await live('at-etcd');
  for (let n = 0; n < 6; n += 1) await renewal.renew().catch(() => undefined);
  expect(certificatesOnRecord()).toHaveLength(4);
});

test('S-01 a revocation is forgotten once its certificate has expired everywhere', async () => {
  const at = (daysAgo: number): string => new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  memory.set(keys.revoked('0A'), { server, notAfter: at(-1) });
  memory.set(keys.revoked('0B'), { server, notAfter: at(0.5) });
  memory.set(keys.revoked('0C'), { server, notAfter: at(2) });
  await (await live()).forgetExpired();
  expect(Object.keys(memory.snapshot().revoked)).toEqual(['0A', '0B']);
});

test('S-01 a certificate is due in the last third of its life', async () => {
  const { request } = await createRequest();
  const authority = await createAuthority('test');
  const pem = await issueServerCertificate(authority, { server, addresses: [], request });
  const { notBefore, notAfter } = inspectCertificate(pem);
  const [from, until] = [Date.parse(notBefore), Date.parse(notAfter)];
  const at = (part: number): Date => new Date(from + (until - from) * part);
  expect([0.1, 0.66, 0.67, 1.1].map((part) => isDue(pem, at(part)))).toEqual([false, false, true, true]);
});

test('C-01 S-01 a machine whose place was given to another one leaves the record to that', async () => {
  const record = memory.get(keys.server(server)) ?? {};
  const notAfter = new Date(Date.now() + 86_400_000).toISOString();
  for (const serial of await certificatesInFiles()) memory.set(keys.revoked(serial), { server, notAfter });
  const other = { serial: '0A', use: 'server', authority: '0'.repeat(64), notAfter };
  memory.set(keys.server(server), { ...record, certificates: [other] });
  await (await live()).settle();
  expect(certificatesOnRecord()).toEqual(['0A']);
});
