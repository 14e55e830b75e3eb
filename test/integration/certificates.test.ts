import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { createKeys, type CertificatesAnswer } from '@holdfast/contract';
import {
  createRequest,
  issueEtcdClientCertificate,
  issueServerCertificate,
} from '@holdfast/daemon/pki/authority';
import { pkiPaths, writePairs, type Pki } from '@holdfast/daemon/pki/files';
import { inspectCertificate } from '@holdfast/daemon/pki/inspect';
import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import type { LabServer } from '@holdfast/lab/lab-server';
import { sendSignal } from '@holdfast/lab/processes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { etcdAnswers, pathIsAnswered, pkiOf, portStaysOpen, serialsIn } from './certificates-testing.ts';
import { putKey } from './etcd-calls.ts';
import { createTestCluster, daemonOf, etcdOf, guardOf, recoveryMs, termOf, whileWriting } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ mode: 'loopback' });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

async function certificates(): Promise<CertificatesAnswer['certificates']> {
  const text = await cluster.server('server1').holdfast(['certificate', 'list', '-o', 'json']);
  return (JSON.parse(text) as CertificatesAnswer).certificates;
}

/** What the cluster has on record as valid for a server. */
async function serialsOnRecord(server: string): Promise<readonly string[]> {
  const found = (await certificates()).filter((one) => one.server === server && one.state === 'valid');
  return found.map(({ serial }) => serial).toSorted();
}

async function expectPrivate(server: LabServer): Promise<void> {
  const { directory } = pkiPaths(server.box.directories.state);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  for (const name of await readdir(directory))
    expect([name, (await stat(path.join(directory, name))).mode & 0o777]).toEqual([name, 0o600]);
}

async function waitForCertificates(server: LabServer): Promise<void> {
  let seen: unknown;
  await waitFor(
    async () => {
      const has = serialsIn(await pkiOf(server));
      const known = await serialsOnRecord(server.name).catch(() => []);
      seen = { has, known };
      return has.join() === known.join();
    },
    {
      what: `the record of ${server.name}'s certificates`,
      timeoutMs: recoveryMs,
      describe: () => JSON.stringify(seen),
    },
  );
}

/** Paths that were made with certificates before are made anew. */
async function waitForPaths(name: string): Promise<void> {
  const states = async () =>
    (await cluster.server(name).api.status()).servers.flatMap((one) => one.paths.map(({ state }) => state));
  await waitFor(async () => (await states()).every((state) => state === 'alive'), {
    what: `the paths of ${name}`,
    timeoutMs: recoveryMs,
  });
}

test('S-01 every server is given new certificates while a client writes, and nothing restarts or moves', async () => {
  const servers = cluster.servers;
  for (const server of servers) await waitForCertificates(server);
  const before = new Map(
    await Promise.all(servers.map(async (one) => [one.name, await pkiOf(one)] as const)),
  );
  const term = await termOf(cluster);
  const running = (): readonly number[] =>
    servers.flatMap((one) => [daemonOf(one), guardOf(one), etcdOf(one)].map(({ pid }) => pid));
  const pids = running();
  await whileWriting(cluster, async ({ client, flows }) => {
    for (const { name } of servers) {
      await cluster.server('server1').holdfast(['certificate', 'renew', name]);
      await flows();
      await waitForCertificates(cluster.server(name));
      await waitForPaths(name);
    }
    expect(await client.outages(cluster.profile.leaseTtlMs)).toEqual([]);
  });
  expect(await termOf(cluster)).toBe(term);
  expect(running()).toEqual(pids);
  for (const server of servers) {
    const [old, now] = [before.get(server.name), await pkiOf(server)];
    if (!old) throw new Error(`${server.name} had no certificates`);
    expect(serialsIn(now)).not.toEqual(serialsIn(old));
    expect(await serialsOnRecord(server.name)).toEqual(serialsIn(now));
    await expectPrivate(server);
    for (const asked of servers) {
      expect([server.name, asked.name, await etcdAnswers(asked, now)]).toEqual([
        server.name,
        asked.name,
        true,
      ]);
      expect([server.name, asked.name, await etcdAnswers(asked, old)]).toEqual([
        server.name,
        asked.name,
        false,
      ]);
      expect(await portStaysOpen(asked, old)).toBe(false);
      expect(await portStaysOpen(asked, now)).toBe(true);
      expect(await pathIsAnswered(asked, old)).toBe(false);
      expect(await pathIsAnswered(asked, now)).toBe(true);
    }
  }
  await cluster.waitForServer('server2', recoveryMs);
}, 180_000);

test('S-01 a dry run renews nothing, and a server that is not there is named', async () => {
  const server = cluster.server('server2');
  const before = serialsIn(await pkiOf(server));
  await cluster.server('server1').holdfast(['certificate', 'renew', 'server2', '--dry-run']);
  expect(serialsIn(await pkiOf(server))).toEqual(before);
  await expect(cluster.server('server1').holdfast(['certificate', 'renew', 'server9'])).rejects.toThrow(
    'HF-HIER-005',
  );
});

test.each(['server2', 'witness'])(
  'S-01 kill -9 of the daemon of %s anywhere in a renewal leaves certificates that work',
  async (name) => {
    const server = cluster.server(name);
    for (const afterMs of [5, 20, 40, 60, 90, 140]) {
      const renewal = server.holdfast(['certificate', 'renew']).catch(() => undefined);
      // A kill at another moment each time is the very thing that is tried.
      await new Promise((resolve) => setTimeout(resolve, 300 + afterMs));
      sendSignal(daemonOf(server), 'SIGKILL');
      await renewal;
      await server.waitForDaemon(recoveryMs);
      await waitForCertificates(server);
      expect(await etcdAnswers(server, await pkiOf(server))).toBe(true);
      await expectPrivate(server);
    }
    await waitForPaths(name);
    expect(await serialsOnRecord(name)).toHaveLength(2);
  },
  180_000,
);

const dayMs = 86_400_000;
test.each([
  ['in the last third of their life', 600],
  ['that ended while it was away', 800],
])(
  'S-01 a server with certificates %s has new ones after its start',
  async (_title, daysAgo) => {
    const server = cluster.server('server2');
    server.daemon.hold();
    sendSignal(daemonOf(server), 'SIGTERM');
    await waitFor(() => server.daemon.current() === undefined, { what: 'its end', timeoutMs: recoveryMs });
    const pki = await pkiOf(server);
    await writePairs(server.box.directories.state, { ...pki, ...(await issueAged(server, pki, daysAgo)) });
    server.daemon.start();
    await server.waitForDaemon(recoveryMs);
    await waitFor(
      async () => inspectCertificate((await pkiOf(server)).serverCertificate).remainingMs > 700 * dayMs,
      { what: 'new certificates', timeoutMs: recoveryMs },
    );
    await waitForCertificates(server);
    await cluster.waitForServer('server2', recoveryMs);
  },
  120_000,
);

async function issueAged(server: LabServer, { caCertificate, caKey }: Pki, daysAgo: number) {
  if (!caKey) throw new Error('a member holds the key of the authority');
  const authority = { certificate: caCertificate, key: caKey };
  const [forServer, forEtcd] = [await createRequest(), await createRequest()];
  const now = new Date(Date.now() - daysAgo * dayMs);
  const subject = { server: server.name, addresses: [server.box.address], request: forServer.request, now };
  return {
    serverCertificate: await issueServerCertificate(authority, subject),
    serverKey: forServer.key,
    etcdClientCertificate: await issueEtcdClientCertificate(authority, { request: forEtcd.request, now }),
    etcdClientKey: forEtcd.key,
  };
}

test('S-01 what is revoked opens no path, no port and no etcd any more, at once', async () => {
  const [server, witness] = [cluster.server('server1'), cluster.server('witness')];
  const pki = await pkiOf(witness);
  expect([await etcdAnswers(server, pki), await portStaysOpen(server, pki)]).toEqual([true, true]);
  const keys = createKeys((await server.api.status()).cluster);
  const { notAfter } = inspectCertificate(pki.serverCertificate);
  for (const serial of serialsIn(pki)) {
    const record = { formatVersion: 1, server: 'witness', notAfter };
    await putKey(server, keys.revoked(serial), JSON.stringify(record));
  }
  const refuses = async (): Promise<boolean> =>
    !(await etcdAnswers(server, pki)) && !(await portStaysOpen(server, pki));
  await waitFor(refuses, { what: 'the port and etcd to refuse it', timeoutMs: recoveryMs });
  const pathTo = async (name: string): Promise<readonly string[]> => {
    const seen = (await cluster.server(name).api.status()).servers.find((one) => one.name === 'witness');
    return seen?.paths.map(({ state }) => state) ?? [];
  };
  for (const name of ['server1', 'server2'])
    await waitFor(async () => (await pathTo(name)).every((state) => state === 'dead'), {
      what: `the paths from ${name}`,
      timeoutMs: recoveryMs,
    });
  const revoked = (await certificates()).filter(({ state }) => state === 'revoked');
  expect(revoked.map(({ serial }) => serial)).toEqual(expect.arrayContaining([...serialsIn(pki)]));
}, 120_000);
