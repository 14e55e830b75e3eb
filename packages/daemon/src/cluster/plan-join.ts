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
 * revoked. Whoever takes the place of a server that is dead gets its name with everything that is set for it; hierarchies
 * name their servers by name, so nothing of them changes.
 *
 * Throws HF-CLUSTER-007 (name taken), -010 (too many servers), -018 (address and port taken), -058 (the token is for
 * another place).
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
    /** The server whose place the token gives away, judged to be dead; what its life has left in the store goes. */
    readonly replaced?: {
      readonly server: string;
      readonly compare: readonly Compare[];
      readonly forget: readonly Write[];
    };
  },
): Transaction {
  const { request, certificates, token, at, replaced } = asked;
  const { server: name } = request;
  const before = membership.servers.find((known) => known.name === name);
  if (replaced) checkPlace(request, { ...replaced, role: before?.role });
  else if (before && !membership.joining.has(name)) throw createError('HF-CLUSTER-007', { server: name });
  const others = membership.servers.filter((known) => known.name !== name);
  if (others.length >= maxServers) throw createError('HF-CLUSTER-010', { servers: others.length });
  for (const other of others) checkApart(request, other);
  const record: ServerRecord = {
    ...initialPolicy,
    ...before,
    formatVersion: recordFormat,
    name,
    role: request.role,
    addresses: request.addresses,
    port: request.port,
    ...etcdPortsOf(request.etcd ?? undefined),
    etcd: asked.etcd,
    certificates: [...certificates],
  };
  const own = [keys.revision, keys.server(name), keys.joining(name)];
  const compare: Compare[] = own.map((key) => membership.seen(key));
  return {
    compare: [
      { key: token.key, is: 'unchanged', modRevision: token.modRevision },
      ...compare,
      ...(replaced?.compare ?? []),
    ],
    write: [
      { delete: token.key },
      raiseRevision(keys, membership),
      ...revokeEarlier(keys, membership, name),
      putRecord(keys.server(name), record),
      putRecord(keys.joining(name), { server: name, at }),
      ...(replaced?.forget ?? []),
      ...replacePaths(keys, membership, record, { others, keep: replaced !== undefined }),
    ],
  };
}

function revokeEarlier(keys: Keys, membership: Membership, server: string): readonly Write[] {
  return membership.servers
    .filter(({ name }) => name === server)
    .flatMap((one) => revokeCertificates(keys, one));
}

/** `keep`: paths that lead from addresses which the server still has stay as they are. */
function replacePaths(
  keys: Keys,
  membership: Membership,
  server: ServerRecord,
  { others, keep }: { readonly others: readonly ServerRecord[]; readonly keep: boolean },
): readonly Write[] {
  const known = pathsOf(membership, server.name);
  const isStill = ({ ends }: PathRecord): boolean =>
    ends.every((end) => end.server !== server.name || server.addresses.includes(end.address));
  const staying = keep ? known.filter(isStill) : [];
  const isJoined = ({ name }: ServerRecord): boolean =>
    staying.some(({ ends }) => ends.some((end) => end.server === name));
  const paths = others.filter((other) => !isJoined(other)).flatMap((other) => defaultPaths(server, other));
  const kept = new Set([...paths, ...staying].map(({ id }) => id));
  const stale = known.filter(({ id }) => !kept.has(id));
  return [
    ...stale.map(({ id }): Write => ({ delete: keys.path(id) })),
    ...paths.map((path) => putRecord(keys.path(path.id), path)),
  ];
}

/** A token for a place serves nobody else. */
function checkPlace(
  { server, role }: JoinRequest,
  place: { readonly server: string; readonly role: ServerRecord['role'] | undefined },
): void {
  if (place.server !== server || place.role !== role)
    throw createError('HF-CLUSTER-058', { server: place.server, role: place.role ?? role });
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
