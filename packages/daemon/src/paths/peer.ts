import type { TLSSocket } from 'node:tls';
import type { ServerName } from '@holdfast/core';
import { commonNameOf } from '../pki/inspect.ts';
import type { Secret } from '../pki/secret.ts';
import type { Trust } from './trust.ts';

/** What a server shows on its port and checks others against. PEM. */
export interface Credentials {
  readonly caCertificate: string;
  readonly certificate: string;
  readonly key: Secret;
}

/**
 * The server at the other end of a TLS connection, by its certificate: issued by this cluster's authority,
 * within its time, not revoked, and with a common name. `undefined` for everybody else (S-01).
 *
 * The time is looked at again because a resumed TLS session is not checked against it.
 */
export function identifyPeer(
  socket: TLSSocket,
  trust: Pick<Trust, 'isRevoked'>,
  now = new Date(),
): ServerName | undefined {
  if (!socket.authorized || showsRevoked(socket, trust)) return undefined;
  const certificate = socket.getPeerX509Certificate();
  if (!certificate || certificate.validToDate < now || certificate.validFromDate > now) return undefined;
  return commonNameOf(certificate);
}

/** Has the other end shown a certificate that opens nothing any more? */
export function showsRevoked(socket: TLSSocket, trust: Pick<Trust, 'isRevoked'>): boolean {
  const certificate = socket.getPeerX509Certificate();
  return certificate !== undefined && trust.isRevoked(certificate.serialNumber);
}
