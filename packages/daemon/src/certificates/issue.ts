import { certificateSerial, createError, type Keys } from '@holdfast/contract';
import type { ServerName } from '@holdfast/core';
import { revokeCertificates } from '@holdfast/engine';
import type { Store } from '@holdfast/engine/ports';
import { z } from 'zod';
import { putRecord, raiseRevision, readMembership } from '../cluster/records.ts';
import { describeIssued } from '../pki/inspect.ts';
import type { Pki } from '../pki/files.ts';

const pem = z.string().max(16_384);

/** What a server asks of a member that holds the authority's key: over a path, which says who asks. */
export const issueRequest = z.strictObject({
  serverRequest: pem,
  etcdClientRequest: pem,
  /** The certificates that the server has now: every other one on its record is revoked. */
  inUse: z.array(certificateSerial).max(8),
});
export type IssueRequest = z.infer<typeof issueRequest>;

export const issueAnswer = z.strictObject({ serverCertificate: pem, etcdClientCertificate: pem });
export type IssueAnswer = z.infer<typeof issueAnswer>;

/** A change of the configuration by somebody else makes the transaction fail; it is planned anew this often. */
const attempts = 5;

/**
 * Issues new certificates to a server of the cluster, for the name and the addresses that its record has. They stand on the
 * record before they are handed out: a server that is removed in between takes them nowhere.
 *
 * Rejects with HF-CLUSTER-022 (no key here), HF-HIER-005 (no such server), HF-API-001 (request unusable), HF-STORE-006, and
 * the store's errors.
 */
export async function issueCertificates(
  server: ServerName,
  request: IssueRequest,
  deps: {
    readonly self: ServerName;
    readonly pki: Pick<Pki, 'caCertificate' | 'caKey'>;
    readonly store: Store;
    readonly keys: Keys;
  },
): Promise<IssueAnswer> {
  const { pki, store, keys } = deps;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const membership = await readMembership(store, keys);
    const record = membership.servers.find(({ name }) => name === server);
    if (!record) throw createError('HF-HIER-005', { server });
    const { addresses, certificates } = record;
    const issued = await signRequests(deps, request, { server, addresses });
    const kept = certificates.filter(({ serial }) => request.inUse.includes(serial));
    const forgotten = certificates.filter((one) => !kept.includes(one));
    const known = [...kept, ...describeIssued({ ...issued, caCertificate: pki.caCertificate })];
    const isCommitted = await store.commit({
      compare: [membership.seen(keys.revision), membership.seen(keys.server(server))],
      write: [
        raiseRevision(keys, membership),
        putRecord(keys.server(server), { ...record, certificates: known }),
        ...revokeCertificates(keys, { name: server, certificates: forgotten }),
      ],
    });
    if (isCommitted) return issued;
  }
  throw createError('HF-STORE-006', { attempts });
}

/** Issues both certificates of a server. Rejects with HF-CLUSTER-022 (no key here) or HF-API-001 (request unusable). */
export async function signRequests(
  { pki, self }: { readonly pki: Pick<Pki, 'caCertificate' | 'caKey'>; readonly self: ServerName },
  requests: Pick<IssueRequest, 'serverRequest' | 'etcdClientRequest'>,
  { server, addresses }: { readonly server: ServerName; readonly addresses: readonly string[] },
): Promise<IssueAnswer> {
  if (!pki.caKey) throw createError('HF-CLUSTER-022', { server: self });
  const { issueEtcdClientCertificate, issueServerCertificate, RequestInvalidError } =
    await import('../pki/authority.ts');
  const authority = { certificate: pki.caCertificate, key: pki.caKey };
  const { serverRequest, etcdClientRequest } = requests;
  try {
    return {
      serverCertificate: await issueServerCertificate(authority, {
        server,
        addresses,
        request: serverRequest,
      }),
      etcdClientCertificate: await issueEtcdClientCertificate(authority, { request: etcdClientRequest }),
    };
  } catch (cause) {
    if (!(cause instanceof RequestInvalidError)) throw cause;
    throw createError('HF-API-001', { problem: cause.message }, { cause });
  }
}
