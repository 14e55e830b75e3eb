import { sign } from 'node:crypto';
import type { CertificateSerial } from '@holdfast/core';
import type { Secret } from './secret.ts';

/**
 * The list of revoked certificates for this server's own etcd member: etcd takes revocations from a file only, which it reads
 * anew for each connection. It looks at the serial numbers alone, neither at the signature nor at the times (etcd
 * 3.4.23 by experiment, 3.6 by its source, `checkCRL`); without a file that it can read, it refuses everybody. So each server
 * makes its own list from the cluster's configuration, signed with its own key: no authority is needed for that, which a
 * witness does not have. The cluster's configuration says what is revoked, this file only passes it on.
 *
 * CertificateList of RFC 5280, 5.1, DER; `key` is ECDSA P-256.
 */
export function formatRevocationList(
  serials: readonly CertificateSerial[],
  key: Secret,
  now: Date,
): Uint8Array {
  const at = generalizedTime(now);
  const entries = serials.map((serial) => sequence(integer(Buffer.from(serial, 'hex')), at));
  const list = sequence(
    integer(Buffer.from([1])),
    ecdsaWithSha256,
    issuer,
    at,
    noEnd,
    ...(entries.length > 0 ? [sequence(...entries)] : []),
  );
  const signature = sign('sha256', list, key.reveal());
  return sequence(list, ecdsaWithSha256, tagged(0x03, Buffer.from([0]), signature));
}

function tagged(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = length.toString(16);
  const size = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 + size.length]), size, content]);
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return tagged(0x30, ...parts);
}

/** Of big-endian bytes, which are never negative: a first bit that is set gets a zero before it. */
function integer(bytes: Buffer): Buffer {
  const isNegative = (bytes[0] ?? 0) >= 0x80;
  return tagged(0x02, isNegative ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

function generalizedTime(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  return tagged(0x18, Buffer.from(digits, 'ascii'));
}

/** RFC 5280, 4.1.2.5: the time that stands for no end. */
const noEnd = tagged(0x18, Buffer.from('99991231235959Z', 'ascii'));
const ecdsaWithSha256 = sequence(tagged(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
const organization = tagged(0x06, Buffer.from('55040a', 'hex'));
const issuer = sequence(tagged(0x31, sequence(organization, tagged(0x0c, Buffer.from('holdfast', 'utf8')))));
