import { createError, type Keys, type ServerFile } from '@holdfast/contract';
import type { Store } from '@holdfast/engine/ports';
import type { Gateway } from '../etcd/gateway.ts';
import { admitMember, dismissMember } from '../etcd/membership.ts';
import type { Pki } from '../pki/files.ts';
import { describeIssued } from '../pki/inspect.ts';
import type { Secret } from '../pki/secret.ts';
import { canonicalAddress, etcdUrls } from './addresses.ts';
import { judgeNewMember, ownerOf } from './etcd-members.ts';
import { planJoin, planWithdrawal } from './plan-join.ts';
import { readMembership } from './records.ts';
import { parseInput } from './setup.ts';
import { findToken } from './token.ts';
import { joinRequest, type JoinAnswer, type JoinRequest } from './wire.ts';

export interface AdmitDeps {
  /** This server's own file. */
  readonly file: ServerFile;
  readonly pki: Pick<Pki, 'caCertificate' | 'caKey'>;
  readonly keys: Keys;
  readonly store: Store;
  /** `undefined` where the cluster uses an etcd that somebody else runs: nobody becomes a member of that. */
  readonly etcd: Gateway | undefined;
  /** Wall clock, for the token's expiry and for records. */
  readonly now?: () => Date;
}

/**
 * A change of the configuration by somebody else makes the transaction fail; it is planned anew this often.
 */
const attempts = 5;
/** Less than the server that joins waits for the answer; etcd may want 5 s before it takes a member. */
const admitTimeoutMs = 20_000;

/**
 * Admits a server to the cluster, on a member that it asks (C-01, S-01). Everything that can refuse it is
 * looked at first; then one transaction uses up the token and registers the server, and only then etcd gets
 * its new member.
 *
 * A joining server may ask again with a new token under the same name until it has come up once; see
 * `planJoin`. If the member cannot be added, the registration is taken back; the token stays used.
 *
 * Throws errors of the catalogue, which the API answers with: HF-API-001 (form), HF-CLUSTER-003 (token),
 * -007, -010,
 * -017, -018, -022, HF-STORE-006, and those of store and gateway.
 */
export async function handleJoin(body: unknown, deps: AdmitDeps): Promise<JoinAnswer> {
  const { file, pki, keys, store, etcd } = deps;
  const now = deps.now ?? (() => new Date());
  const request = canonical(parseInput(joinRequest, body));
  const shown = { id: request.tokenId, secret: request.secret };
  await findToken(store, keys, { ...shown, now: now() });
  if (!pki.caKey) throw createError('HF-CLUSTER-022', { server: file.server });
  const issued = await issue({ caCertificate: pki.caCertificate, caKey: pki.caKey }, request);
  const certificates = describeIssued({ ...issued, caCertificate: pki.caCertificate });
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const token = await findToken(store, keys, { ...shown, now: now() });
    const membership = await readMembership(store, keys);
    const asked = { request, certificates, token, at: now().toISOString() };
    const transaction = planJoin(keys, membership, asked);
    const place =
      etcd && request.etcd && judgeNewMember(await etcd.memberList(), request.server, membership.servers);
    if (!(await store.commit(transaction))) continue;
    return {
      formatVersion: 1,
      cluster: file.cluster,
      profile: membership.profile ?? file.profile,
      caCertificate: pki.caCertificate,
      // Every member can admit others, so that losing the first server does not close the cluster. Whoever is
      // root on a member can act for the cluster anyway; a witness, which is often somebody else's machine,
      // gets no key.
      caKey: request.role === 'member' ? pki.caKey.reveal() : null,
      ...issued,
      ...(await placeInEtcd(deps, request, place)),
    };
  }
  throw createError('HF-STORE-006', { attempts });
}

async function issue(
  authority: { readonly caCertificate: string; readonly caKey: Secret },
  request: JoinRequest,
): Promise<Pick<JoinAnswer, 'serverCertificate' | 'etcdClientCertificate'>> {
  const { issueEtcdClientCertificate, issueServerCertificate, RequestInvalidError } =
    await import('../pki/authority.ts');
  const issuer = { certificate: authority.caCertificate, key: authority.caKey };
  const { server, addresses, serverRequest, etcdClientRequest } = request;
  try {
    return {
      serverCertificate: await issueServerCertificate(issuer, { server, addresses, request: serverRequest }),
      etcdClientCertificate: await issueEtcdClientCertificate(issuer, { request: etcdClientRequest }),
    };
  } catch (cause) {
    if (!(cause instanceof RequestInvalidError)) throw cause;
    throw createError('HF-API-001', { problem: cause.message }, { cause });
  }
}

async function placeInEtcd(
  deps: AdmitDeps,
  request: JoinRequest,
  place: ReturnType<typeof judgeNewMember> | undefined | null,
): Promise<Pick<JoinAnswer, 'initialCluster' | 'etcdEndpoints'>> {
  const { etcd, file } = deps;
  if (!etcd) return { initialCluster: null, etcdEndpoints: file.etcdEndpoints };
  const others = (await etcd.memberList()).flatMap(({ clientUrls }) => clientUrls);
  if (place?.kind !== 'learner' || !request.etcd) return { initialCluster: null, etcdEndpoints: others };
  const { server, addresses } = request;
  const wanted = { server, peerUrls: etcdUrls(addresses, request.etcd.peerPort) };
  try {
    if (place.unfinished) await dismissMember(etcd, place.unfinished.id);
    const { initialCluster } = await admitMember(etcd, wanted, { timeoutMs: admitTimeoutMs });
    // Others first: a member that does not vote yet answers nothing.
    return { initialCluster, etcdEndpoints: [...others, ...etcdUrls(addresses, request.etcd.clientPort)] };
  } catch (error) {
    // If this fails, too, the name stays open to another attempt.
    await withdrawJoin(server, deps).catch(() => false);
    throw error;
  }
}

/**
 * Takes a join back that was not finished: the server's record, its paths, and its etcd member if that never
 * started. Answers false when the server is not joining (it came up, or it is not there). Throws as {@link
 * handleJoin} does.
 */
export async function withdrawJoin(
  server: string,
  deps: Pick<AdmitDeps, 'keys' | 'store' | 'etcd'>,
): Promise<boolean> {
  const { keys, store, etcd } = deps;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const membership = await readMembership(store, keys);
    if (!membership.joining.has(server)) return false;
    const members = (await etcd?.memberList()) ?? [];
    if (members.some(({ name }) => name === server)) return false;
    const left = members.find(
      (member) => member.name === '' && ownerOf(member, membership.servers) === server,
    );
    if (etcd && left) await dismissMember(etcd, left.id);
    if (await store.commit(planWithdrawal(keys, membership, server))) return true;
  }
  throw createError('HF-STORE-006', { attempts });
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
