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
export function inspectCertificate(pem: string, now = new Date()): CertificateView {
  const certificate = new X509Certificate(pem);
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
  const authority = fingerprintOf(issued.caCertificate);
  const describe = (use: ServerCertificate['use'], pem: string): ServerCertificate => {
    const { serial, notAfter } = inspectCertificate(pem);
    return { serial, use, authority, notAfter };
  };
  return [
    describe('server', issued.serverCertificate),
    describe('etcd-client', issued.etcdClientCertificate),
  ];
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
