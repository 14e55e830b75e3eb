import { mkdtemp, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EtcdFiles } from '@holdfast/contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAuthority, createRequest, issueEtcdClientCertificate } from '../pki/authority.ts';
import { joinPair, splitPair } from '../pki/pair.ts';
import { Secret } from '../pki/secret.ts';
import { readEtcdFiles } from './existing-tls.ts';

let directory: string;
let good: EtcdFiles;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-existing-tls-'));
  const authority = await createAuthority('theirs');
  const { request, key } = await createRequest();
  const certificate = await issueEtcdClientCertificate(authority, { request });
  good = {
    ca: await put('ca.pem', authority.certificate),
    certificate: await put('client.pem', `${certificate}${authority.certificate}`),
    key: await put('client.key', key.reveal()),
  };
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, text, { mode });
  return file;
}

test('C-05 files of an existing etcd become what is shown to it, the certificates between it and its authority too', async () => {
  const material = await readEtcdFiles(good);
  expect(material.ca).toBe(await readFile(good.ca, 'utf8'));
  expect(material.cert.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
  const pair = splitPair(joinPair(material.cert, new Secret(material.key)));
  expect(pair).toEqual({ certificate: material.cert, key: material.key });
});

test('C-05 a file that is missing, or holds something else, is named', async () => {
  const none = join(directory, 'none.pem');
  const nonsense = await put('nonsense.pem', 'nonsense');
  const broken = await put('broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  for (const part of ['ca', 'certificate', 'key'] as const) {
    const refusal = (file: string): Promise<unknown> => readEtcdFiles({ ...good, [part]: file });
    await expect(refusal(none)).rejects.toMatchObject({ code: 'HF-CFG-003', facts: { file: none } });
    for (const file of [nonsense, broken])
      await expect(refusal(file)).rejects.toMatchObject({ code: 'HF-CFG-001', facts: { file } });
  }
});

test('C-05 a key of another certificate is refused', async () => {
  const { key } = await createRequest();
  const other = await put('other.key', key.reveal());
  const refused = { code: 'HF-STORE-016', facts: { key: other, certificate: good.certificate } };
  await expect(readEtcdFiles({ ...good, key: other })).rejects.toMatchObject(refused);
});

test('S-04 a key that others may read is refused; the group may', async () => {
  const key = await put('open.key', await readFile(good.key, 'utf8'));
  await chmod(key, 0o644);
  const refused = { code: 'HF-STORE-017', facts: { key, mode: '644' } };
  await expect(readEtcdFiles({ ...good, key })).rejects.toMatchObject(refused);
  await chmod(key, 0o640);
  await expect(readEtcdFiles({ ...good, key })).resolves.toMatchObject({ cert: expect.any(String) });
});
