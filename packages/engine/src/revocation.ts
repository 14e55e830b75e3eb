import type { Keys } from '@holdfast/contract';
import type { Server } from '@holdfast/core';
import type { Write } from './ports.ts';
import { put } from './transactions.ts';

/**
 * What a transaction writes so that no certificate of the server opens anything any more (S-01). It belongs into the one
 * that takes the server out of the cluster or gives its name to another machine, and must compare with the server's record.
 */
export function revokeCertificates(
  keys: Keys,
  { name: server, certificates }: Pick<Server, 'name' | 'certificates'>,
): readonly Write[] {
  return certificates.map(({ serial, notAfter }) => put(keys.revoked(serial), { server, notAfter }));
}
