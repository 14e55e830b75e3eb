import { createError, joinTokenRecord, type Keys, type ServerFile } from '@holdfast/contract';
import { compareAll, createSnapshotReader, forget, judgeReplaceable } from '@holdfast/engine';
import type { Store, StoreEntry } from '@holdfast/engine/ports';
import { refusalError } from '../api/refusal.ts';
import { signRequests } from '../certificates/issue.ts';
import type { Pki } from '../pki/files.ts';
import { describeIssued } from '../pki/inspect.ts';
import { canonicalAddress } from './addresses.ts';
import { planJoin } from './plan-join.ts';
import { parseRecord, readMembership, type Membership } from './records.ts';
import { parseInput } from './setup.ts';
import { findToken } from './token.ts';
import { clientUrlsOfVoters } from './voters.ts';
import { joinRequest, type JoinAnswer, type JoinRequest } from './wire.ts';

export interface AdmitDeps {
  /** This server's own file. */
  readonly file: ServerFile;
  /** As it is now: it may be renewed while the daemon runs. */
  readonly pki: () => Pick<Pki, 'caCertificate' | 'caKey'>;
  readonly keys: Keys;
  readonly store: Store;
  /** Wall clock, for the token's expiry and for records. */
  readonly now?: () => Date;
}

/**
 * A change of the configuration by somebody else makes the transaction fail; it is planned anew this often.
 */
const attempts = 5;

/**
 * Admits a server to the cluster (C-01, S-01), in one transaction that uses up the token and registers the server. Etcd is
 * not touched: the server begins as a client of the voters' members and gets its own vote when it is up; see
 * `decideVoters`. So whatever dies on the way, nothing is left in etcd.
 *
 * A joining server may ask again with a new token under the same name until it has come up once; see
 * `planJoin`.
 *
 * Throws errors of the catalogue, which the API answers with: HF-API-001 (form), HF-CLUSTER-003 (token),
 * -007, -010, -018, -022, -052, -053, -058, HF-HIER-005, HF-STORE-006, and those of the store.
 */
export async function handleJoin(body: unknown, deps: AdmitDeps): Promise<JoinAnswer> {
  const { file, keys, store } = deps;
  const pki = deps.pki();
  const now = deps.now ?? (() => new Date());
  const request = canonical(parseInput(joinRequest, body));
  const shown = { id: request.tokenId, secret: request.secret };
  await findToken(store, keys, { ...shown, now: now() });
  const issued = await signRequests({ pki, self: file.server }, request, request);
  const certificates = describeIssued({ ...issued, caCertificate: pki.caCertificate });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const token = await findToken(store, keys, { ...shown, now: now() });
    const membership = await readMembership(store, keys);
    const place = placeInEtcd(file, membership, request);
    const at = now().toISOString();
    const replaced = await findReplaced({ store, keys, at }, token);
    const asked = { request, certificates, etcd: place.etcd, token, at, ...(replaced && { replaced }) };
    if (!(await store.commit(planJoin(keys, membership, asked)))) continue;
    return {
      formatVersion: 1,
      cluster: file.cluster,
      profile: membership.profile ?? file.profile,
      caCertificate: pki.caCertificate,
      // Every member can admit others, so that losing the first server does not close the cluster. Whoever is
      // root on a member can act for the cluster anyway; a witness, which is often somebody else's machine,
      // gets no key.
      caKey: request.role === 'member' ? (pki.caKey?.reveal() ?? null) : null,
      ...issued,
      ...place,
    };
  }
  throw createError('HF-STORE-006', { attempts });
}

/**
 * The server whose place the token gives away, and what its life has left. Throws HF-HIER-005 (gone meanwhile), HF-CLUSTER-052
 * (alive), -053 (it owns something).
 */
async function findReplaced(
  { store, keys, at }: Pick<AdmitDeps, 'store' | 'keys'> & { readonly at: string },
  token: StoreEntry,
): Promise<Parameters<typeof planJoin>[2]['replaced']> {
  const { replaces: server } = parseRecord(joinTokenRecord, token);
  if (server === undefined) return undefined;
  const { revision, entries } = await store.read(keys.prefix);
  const snapshot = createSnapshotReader(keys)(revision, entries);
  if (!snapshot.view.servers[server]) throw createError('HF-HIER-005', { server });
  const verdict = judgeReplaceable(snapshot.view, server);
  if (!verdict.allowed) throw refusalError(verdict.reason);
  const context = { keys, snapshot, by: server, wallTime: at };
  return { server, compare: compareAll(context, [keys.session(server)]), forget: forget(context, server) };
}

/** Where the cluster has no voter, somebody else tends its etcd, and this server turns to it as the others do. */
function placeInEtcd(
  file: ServerFile,
  { servers }: Membership,
  request: JoinRequest,
): Pick<JoinAnswer, 'etcd' | 'etcdEndpoints'> {
  const etcdEndpoints = clientUrlsOfVoters(servers);
  if (etcdEndpoints.length === 0) return { etcd: 'external', etcdEndpoints: file.etcdEndpoints };
  return { etcd: request.etcd ? 'client' : 'external', etcdEndpoints: [...etcdEndpoints] };
}

/**
 * The server has come up: from now on its name is taken. Its daemon says so at every start; once is enough.
 */
export async function confirmJoined(store: Store, keys: Keys, server: string): Promise<void> {
  await store.commit({ compare: [], write: [{ delete: keys.joining(server) }] });
}

function canonical(request: JoinRequest): JoinRequest {
  return { ...request, addresses: request.addresses.map(canonicalAddress) };
}
