// The library wants the Reflect polyfill to be there before it is evaluated.
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { Secret } from './secret.ts';

/**
 * The cluster's own certificate authority and what it issues. This file is loaded only where something is
 * issued (`init`, `join`): the library costs some 20 MB, which a daemon at rest need not carry.
 */

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const;

const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
const authorityValidityMs = 10 * yearMs;
const leafValidityMs = 2 * yearMs;
/** Servers whose clocks differ by less than this accept each other's fresh certificates. */
const clockSkewMs = hourMs;

/** A certificate that signs others, and its key. Both PEM. */
export interface Authority {
  readonly certificate: string;
  readonly key: Secret;
}

/**
 * A key pair's private half (PEM, PKCS #8) and the request that proves it to an authority (PEM, PKCS #10).
 */
export interface CertificateRequest {
  readonly key: Secret;
  readonly request: string;
}

/**
 * A request that no certificate may be issued for: unreadable, not signed by its own key, or of another kind
 * of key.
 */
export class RequestInvalidError extends Error {
  override readonly name = 'RequestInvalidError';
}

/**
 * Makes the authority of a new cluster: self-signed, ECDSA P-256, ten years, may sign leaf certificates only.
 */
export async function createAuthority(cluster: string, now = new Date()): Promise<Authority> {
  const keys = await createKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ O: ['holdfast'] }, { CN: [`${cluster} cluster authority`] }],
    notBefore: new Date(now.getTime() - clockSkewMs),
    notAfter: new Date(now.getTime() + authorityValidityMs),
    signingAlgorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: toPem(certificate), key: await exportKey(keys.privateKey) };
}

/** Makes a key pair here and the request for its certificate: the private key never leaves this server. */
export async function createRequest(): Promise<CertificateRequest> {
  const keys = await createKeys();
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'O=holdfast',
    keys,
    signingAlgorithm,
  });
  return { key: await exportKey(keys.privateKey), request: `${request.toString('pem')}\n` };
}

/**
 * Issues the certificate that a server shows on its port and as an etcd member. Name and addresses come from
 * the caller, who has checked them; nothing but the public key is taken from the request.
 *
 * It is for both roles: path connections, etcd peers and etcd's own gateway use it as client, too. Throws
 * {@link RequestInvalidError}.
 */
export async function issueServerCertificate(
  authority: Authority,
  subject: {
    readonly server: string;
    readonly addresses: readonly string[];
    readonly request: string;
    readonly now?: Date;
  },
): Promise<string> {
  const addresses = new Set([...subject.addresses, '127.0.0.1', '::1']);
  return await issue(authority, {
    request: subject.request,
    now: subject.now ?? new Date(),
    name: [{ O: ['holdfast'] }, { CN: [subject.server] }],
    usages: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
    alternativeNames: [
      { type: 'dns', value: subject.server },
      ...[...addresses].map((address) => ({ type: 'ip' as const, value: address })),
    ],
  });
}

/**
 * Issues the certificate with which daemon and guard turn to etcd. It has no common name: where etcd's
 * authentication is on, its JSON gateway refuses every request of a client certificate that has one (etcd,
 * CVE-2018-16886). Throws {@link RequestInvalidError}.
 */
export async function issueEtcdClientCertificate(
  authority: Authority,
  subject: { readonly request: string; readonly now?: Date },
): Promise<string> {
  return await issue(authority, {
    request: subject.request,
    now: subject.now ?? new Date(),
    name: [{ O: ['holdfast'] }],
    usages: [x509.ExtendedKeyUsage.clientAuth],
    alternativeNames: [],
  });
}

interface Issue {
  readonly request: string;
  readonly now: Date;
  readonly name: x509.JsonName;
  readonly usages: readonly x509.ExtendedKeyUsage[];
  readonly alternativeNames: x509.JsonGeneralNames;
}

async function issue(authority: Authority, what: Issue): Promise<string> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const publicKey = await checkRequest(what.request);
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([...what.usages]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(issuer),
  ];
  if (what.alternativeNames.length > 0) {
    extensions.push(new x509.SubjectAlternativeNameExtension(what.alternativeNames));
  }
  const notAfterMs = Math.min(what.now.getTime() + leafValidityMs, issuer.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    subject: what.name,
    issuer: issuer.subjectName,
    notBefore: new Date(what.now.getTime() - clockSkewMs),
    notAfter: new Date(notAfterMs),
    signingAlgorithm,
    publicKey,
    signingKey: await importKey(authority.key),
    extensions,
  });
  return toPem(certificate);
}

/** The signature of a request proves that whoever sent it holds the private key. */
async function checkRequest(text: string): Promise<CryptoKey> {
  let verified: boolean;
  let publicKey: CryptoKey;
  try {
    const request = new x509.Pkcs10CertificateRequest(text);
    publicKey = await request.publicKey.export(keyAlgorithm, ['verify']);
    verified = await request.verify();
  } catch (cause) {
    throw new RequestInvalidError('certificate request cannot be read or has no ECDSA P-256 key', { cause });
  }
  if (!verified) throw new RequestInvalidError('certificate request is not signed by its own key');
  return publicKey;
}

async function createKeys(): Promise<webcrypto.CryptoKeyPair> {
  return await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
}

async function exportKey(key: CryptoKey): Promise<Secret> {
  const bytes = await crypto.subtle.exportKey('pkcs8', key);
  return new Secret(`${x509.PemConverter.encode(bytes, 'PRIVATE KEY')}\n`);
}

async function importKey(key: Secret): Promise<CryptoKey> {
  const bytes = x509.PemConverter.decodeFirst(key.reveal());
  return await crypto.subtle.importKey('pkcs8', bytes, keyAlgorithm, false, ['sign']);
}

function toPem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
