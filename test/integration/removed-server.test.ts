import { waitFor } from '@holdfast/lab';
import type { CertificatesAnswer } from '@holdfast/contract';
import type { LabCluster } from '@holdfast/lab/cluster';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { etcdAnswers, pathIsAnswered, pkiOf, portStaysOpen, serialsIn } from './certificates-testing.ts';
import { createTestCluster, recoveryMs } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster({ mode: 'loopback' });
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

test('S-01 C-01 the certificates of a server that was taken out open no path, no port and no etcd', async () => {
  const left = ['server1', 'server2'].map((name) => cluster.server(name));
  const gone = cluster.server('witness');
  const pki = await pkiOf(gone);
  for (const server of left)
    expect([
      await etcdAnswers(server, pki),
      await portStaysOpen(server, pki),
      await pathIsAnswered(server, pki),
    ]).toEqual([true, true, true]);
  await gone.box.powerOff();
  const remove = (): Promise<boolean> =>
    cluster
      .server('server1')
      .holdfast(['server', 'remove', 'witness'])
      .then(() => true)
      .catch(() => false);
  // Until its lease has ended it counts as alive.
  await waitFor(remove, { what: 'the removal of the dead server', timeoutMs: recoveryMs });
  for (const server of left) {
    const isRefused = async (): Promise<boolean> =>
      !(await etcdAnswers(server, pki)) &&
      !(await portStaysOpen(server, pki)) &&
      !(await pathIsAnswered(server, pki));
    await waitFor(isRefused, { what: `${server.name} to refuse it`, timeoutMs: recoveryMs });
  }
  const text = await cluster.server('server1').holdfast(['certificate', 'list', '-o', 'json']);
  const { certificates } = JSON.parse(text) as CertificatesAnswer;
  const its = certificates.filter(({ server }) => server === 'witness');
  expect(its.map(({ serial }) => serial).toSorted()).toEqual(expect.arrayContaining([...serialsIn(pki)]));
  expect(new Set(its.map(({ state }) => state))).toEqual(new Set(['revoked']));
}, 120_000);
