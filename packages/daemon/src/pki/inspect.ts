import { X509Certificate } from 'node:crypto';
import type { ServerCertificate, WallTime } from '@holdfast/core';

/** What a certificate says, for people and for the check of its age. */
export interface CertificateView {
  readonly commonName: string | undefined;
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  /** SHA-256 of the certificate's bytes, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly alternativeNames: readonly string[];
  readonly isAuthority: boolean;
  readonly notBefore: WallTime;
  readonly notAfter: WallTime;
  readonly state: 'valid' | 'not-yet-valid' | 'expired';
  /** Negative once it has expired. */
  readonly remainingMs: number;
}

/** Reads the first certificate of a PEM text. Throws what `X509Certificate` throws when there is none. */
export function inspectCertificate(pem: string | X509Certificate, now = new Date()): CertificateView {
  const certificate = typeof pem === 'string' ? new X509Certificate(pem) : pem;
  const remainingMs = certificate.validToDate.getTime() - now.getTime();
  const early = certificate.validFromDate.getTime() > now.getTime();
  return {
    commonName: commonNameOf(certificate),
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    serial: certificate.serialNumber,
    fingerprint: fingerprintOf(certificate),
    alternativeNames: certificate.subjectAltName?.split(', ') ?? [],
    isAuthority: certificate.ca,
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    state: early ? 'not-yet-valid' : remainingMs < 0 ? 'expired' : 'valid',
    remainingMs,
  };
}

/** What the cluster keeps of the two certificates that were issued to a server. */
export function describeIssued(issued: {
  readonly caCertificate: string;
  readonly serverCertificate: string;
  readonly etcdClientCertificate: string;
}): readonly ServerCertificate[] {
  const describe = (use: ServerCertificate['use'], pem: string): ServerCertificate => {
    const { serial, notAfter } = inspectCertificate(pem);
    return { serial, use, authority: fingerprintOf(issuerOf(pem, issued.caCertificate)), notAfter };
  };
  return [
    describe('server', issued.serverCertificate),
    describe('etcd-client', issued.etcdClientCertificate),
  ];
}

/** The certificates of a PEM text, in their order. */
export function certificatesIn(bundle: string): readonly X509Certificate[] {
  const texts = bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return texts.map((text) => new X509Certificate(text));
}

/** The authority among the trusted ones that has issued the certificate. Throws an Error when none has. */
function issuerOf(pem: string, trusted: string): X509Certificate {
  const certificate = new X509Certificate(pem);
  const issuer = certificatesIn(trusted).find((one) => certificate.verify(one.publicKey));
  if (!issuer) throw new Error('the certificate is of no authority that is trusted here');
  return issuer;
}

/** The one common name of a certificate; `undefined` when it has none or more than one. */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const name: unknown = certificate.toLegacyObject().subject.CN;
  return typeof name === 'string' && name.length > 0 ? name : undefined;
}

/** SHA-256 of the certificate's bytes, 64 lower-case hexadecimal digits. */
export function fingerprintOf(certificate: X509Certificate | string): string {
  const parsed = typeof certificate === 'string' ? new X509Certificate(certificate) : certificate;
  return parsed.fingerprint256.replaceAll(':', '').toLowerCase();
}
