import 'reflect-metadata';
import { X509Certificate, webcrypto } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  RequestInvalidError,
  createAuthority,
  createRequest,
  issueEtcdClientCertificate,
  issueServerCertificate,
  type Authority,
} from './authority.ts';
import { pkiPaths, readPki, writePki } from './files.ts';
import { commonNameOf, fingerprintOf, inspectCertificate } from './inspect.ts';
import { Secret } from './secret.ts';

const dayMs = 86_400_000;
const now = new Date('2026-03-01T12:00:00Z');
const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';

let authority: Authority;
let directory: string;

beforeAll(async () => {
  authority = await createAuthority('prod', now);
  directory = await mkdtemp(join(tmpdir(), 'holdfast-pki-'));
});
afterAll(async () => await rm(directory, { recursive: true, force: true }));

async function issueServer(options: { addresses?: string[]; now?: Date } = {}): Promise<X509Certificate> {
  const { request } = await createRequest();
  const addresses = options.addresses ?? ['10.0.0.1', 'fd00::1'];
  return new X509Certificate(
    await issueServerCertificate(authority, { server: 'db1', addresses, request, now: options.now ?? now }),
  );
}

describe('the cluster authority', () => {
  test('S-01 it is valid for ten years, from an hour ago, and signs itself', () => {
    const certificate = new X509Certificate(authority.certificate);
    const view = inspectCertificate(authority.certificate, now);
    expect(view).toMatchObject({ isAuthority: true, state: 'valid', commonName: 'prod cluster authority' });
    expect(view.notBefore).toBe('2026-03-01T11:00:00.000Z');
    expect(view.remainingMs / dayMs).toBe(3650);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  test('S-01 a server certificate names its server and its addresses, for two years', async () => {
    const certificate = await issueServer();
    const view = inspectCertificate(certificate.toString(), now);
    expect(view).toMatchObject({
      commonName: 'db1',
      isAuthority: false,
      issuer: 'O=holdfast, CN=prod cluster authority',
    });
    expect(view.remainingMs / dayMs).toBe(730);
    expect(certificate.keyUsage).toEqual([serverAuth, clientAuth]);
    expect(certificate.checkHost('db1')).toBe('db1');
    for (const address of ['10.0.0.1', 'fd00::1', '127.0.0.1', '::1'])
      expect(certificate.checkIP(address)).toBe(address);
    expect(certificate.checkIP('10.0.0.2')).toBeUndefined();
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
  });

  test('S-01 an etcd client certificate has no common name and is no server', async () => {
    const { request } = await createRequest();
    const certificate = new X509Certificate(await issueEtcdClientCertificate(authority, { request, now }));
    expect(commonNameOf(certificate)).toBeUndefined();
    expect(certificate.subject).toBe('O=holdfast');
    expect(certificate.keyUsage).toEqual([clientAuth]);
  });

  test('S-01 two certificates never have the same serial number', async () => {
    const [one, two] = [await issueServer(), await issueServer()];
    expect(one.serialNumber).not.toBe(two.serialNumber);
  });

  test('S-01 no certificate outlives its authority', async () => {
    const late = new Date(now.getTime() + 3649 * dayMs);
    const certificate = await issueServer({ now: late });
    expect(certificate.validToDate).toEqual(new X509Certificate(authority.certificate).validToDate);
  });
});

describe('a certificate request', () => {
  test('S-04 nothing but its public key is used', async () => {
    const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      name: 'CN=intruder',
      keys,
      signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
      extensions: [
        new x509.BasicConstraintsExtension(true),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'intruder' }]),
      ],
    });
    const text = request.toString('pem');
    const certificate = new X509Certificate(
      await issueServerCertificate(authority, { server: 'db1', addresses: ['10.0.0.1'], request: text, now }),
    );
    expect(certificate.ca).toBe(false);
    expect(commonNameOf(certificate)).toBe('db1');
    expect(certificate.subjectAltName).not.toContain('intruder');
  });

  test('S-04 one that is not signed by its own key is refused', async () => {
    const { request } = await createRequest();
    const bytes = Buffer.from(request.replaceAll(/-----.*-----|\s/g, ''), 'base64');
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    const text = x509.PemConverter.encode(bytes, 'CERTIFICATE REQUEST');
    await expect(issueEtcdClientCertificate(authority, { request: text })).rejects.toThrow(
      RequestInvalidError,
    );
  });

  test.each(['', 'nonsense', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----'])(
    'S-04 one that cannot be read is refused: %j',
    async (request) => {
      await expect(issueEtcdClientCertificate(authority, { request })).rejects.toThrow(RequestInvalidError);
    },
  );

  test('S-04 one for another kind of key is refused', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const request = await x509.Pkcs10CertificateRequestGenerator.create({
      keys,
      signingAlgorithm: algorithm,
    });
    const text = request.toString('pem');
    await expect(issueEtcdClientCertificate(authority, { request: text })).rejects.toThrow(
      RequestInvalidError,
    );
  });
});

describe('the files', () => {
  test('S-04 keys and certificates are read back as written, and nobody else may read them', async () => {
    const server = await createRequest();
    const client = await createRequest();
    const pki = {
      caCertificate: authority.certificate,
      caKey: authority.key,
      serverCertificate: await issueServerCertificate(authority, {
        server: 'db1',
        addresses: [],
        request: server.request,
      }),
      serverKey: server.key,
      etcdClientCertificate: await issueEtcdClientCertificate(authority, { request: client.request }),
      etcdClientKey: client.key,
    };
    await writePki(directory, pki);
    const read = await readPki(directory);
    expect(read.serverKey.reveal()).toBe(pki.serverKey.reveal());
    expect(fingerprintOf(read.caCertificate)).toBe(fingerprintOf(authority.certificate));
    const paths = pkiPaths(directory);
    expect((await stat(paths.directory)).mode & 0o777).toBe(0o700);
    const names = await readdir(paths.directory);
    expect(names.toSorted()).toEqual(['ca.crt', 'ca.key', 'etcd-client.pem', 'revoked.crl', 'server.pem']);
    for (const name of names) expect((await stat(join(paths.directory, name))).mode & 0o777).toBe(0o600);
  });

  test('S-04 a secret is not printed', () => {
    const secret = new Secret('hush');
    expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain('hush');
  });

  test('S-01 the age of a certificate is judged', async () => {
    const text = (await issueServer()).toString();
    expect(inspectCertificate(text, new Date('2026-03-01T10:00:00Z')).state).toBe('not-yet-valid');
    expect(inspectCertificate(text, new Date('2029-03-01T10:00:00Z'))).toMatchObject({ state: 'expired' });
    expect(inspectCertificate(text, new Date('2029-03-01T10:00:00Z')).remainingMs).toBeLessThan(0);
  });
});
