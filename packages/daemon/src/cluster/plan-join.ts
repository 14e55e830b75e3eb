import { createError, recordFormat, type Keys } from '@holdfast/contract';
import type { ServerCertificate } from '@holdfast/core';
import { revokeCertificates } from '@holdfast/engine';
import type { Compare, StoreEntry, Transaction, Write } from '@holdfast/engine/ports';
import {
  etcdPortsOf,
  putRecord,
  raiseRevision,
  type Membership,
  type PathRecord,
  type ServerRecord,
  initialPolicy,
} from './records.ts';
import { defaultPaths } from './default-paths.ts';
import type { JoinRequest } from './wire.ts';

/** C: up to 32 servers in a cluster (K-24). */
export const maxServers = 32;

/**
 * The one transaction that admits a server: the token is used up, the server has its record, and
 * communication paths lead to every other server. It takes place only if nothing of that was touched since it
 * was read.
 *
 * A name is taken as soon as its server has come up once. Before that a join may be repeated, with a new
 * token and also with other addresses: its first attempt may have ended anywhere on the way. What that one was issued is
 * revoked.
 *
 * Throws HF-CLUSTER-007 (name taken), -010 (too many servers), -018 (address and port taken).
 */
export function planJoin(
  keys: Keys,
  membership: Membership,
  asked: {
    readonly request: JoinRequest;
    readonly certificates: readonly ServerCertificate[];
    /** It gets its vote once it is up; see `decideVoters`. */
    readonly etcd: 'client' | 'external';
    readonly token: StoreEntry;
    readonly at: string;
  },
): Transaction {
  const { request, certificates, token, at } = asked;
  const { server: name } = request;
  const repeated = membership.joining.has(name);
  if (!repeated && membership.servers.some((known) => known.name === name)) {
    throw createError('HF-CLUSTER-007', { server: name });
  }
  const others = membership.servers.filter((known) => known.name !== name);
  if (others.length >= maxServers) throw createError('HF-CLUSTER-010', { servers: others.length });
  for (const other of others) checkApart(request, other);
  const record: ServerRecord = {
    formatVersion: recordFormat,
    name,
    role: request.role,
    addresses: request.addresses,
    port: request.port,
    ...etcdPortsOf(request.etcd ?? undefined),
    etcd: asked.etcd,
    ...initialPolicy,
    certificates: [...certificates],
  };
  const own = [keys.revision, keys.server(name), keys.joining(name)];
  const compare: Compare[] = own.map((key) => membership.seen(key));
  return {
    compare: [{ key: token.key, is: 'unchanged', modRevision: token.modRevision }, ...compare],
    write: [
      { delete: token.key },
      raiseRevision(keys, membership),
      ...revokeEarlier(keys, membership, name),
      putRecord(keys.server(name), record),
      putRecord(keys.joining(name), { server: name, at }),
      ...replacePaths(keys, membership, record, others),
    ],
  };
}

function revokeEarlier(keys: Keys, membership: Membership, server: string): readonly Write[] {
  return membership.servers
    .filter(({ name }) => name === server)
    .flatMap((one) => revokeCertificates(keys, one));
}

function replacePaths(
  keys: Keys,
  membership: Membership,
  server: ServerRecord,
  others: readonly ServerRecord[],
): readonly Write[] {
  const paths = others.flatMap((other) => defaultPaths(server, other));
  const kept = new Set(paths.map(({ id }) => id));
  const stale = pathsOf(membership, server.name).filter(({ id }) => !kept.has(id));
  return [
    ...stale.map(({ id }): Write => ({ delete: keys.path(id) })),
    ...paths.map((path) => putRecord(keys.path(path.id), path)),
  ];
}

function pathsOf(membership: Membership, server: string): readonly PathRecord[] {
  return membership.paths.filter(({ ends }) => ends.some((end) => end.server === server));
}

/** Two servers on one address (containers of one host, a mistyped address) must not use the same port. */
function checkApart(request: JoinRequest, other: ServerRecord): void {
  const asked = [request.port, ...(request.etcd ? [request.etcd.clientPort, request.etcd.peerPort] : [])];
  const port = asked.find((one) => [other.port, other.etcdClientPort, other.etcdPeerPort].includes(one));
  const address = request.addresses.find((one) => other.addresses.includes(one));
  if (port === undefined || address === undefined) return;
  throw createError('HF-CLUSTER-018', { server: other.name, address, port });
}
