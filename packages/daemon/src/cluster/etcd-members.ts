import { setTimeout as wait } from 'node:timers/promises';
import { createError } from '@holdfast/contract';
import type { EtcdMember, Gateway } from '../etcd/gateway.ts';
import { StoreUnavailableError } from '../etcd/errors.ts';
import type { ServerRecord } from './records.ts';
import { etcdUrls } from './addresses.ts';

/** The part of etcd's gateway that changes who is a member of it. */
export type EtcdMembers = Pick<Gateway, 'memberList' | 'memberAddLearner' | 'memberPromote' | 'memberRemove'>;

/**
 * More voters make every write slower and protect from nothing that Holdfast promises; the other servers are
 * clients.
 */
export const maxVoters = 5;

/**
 * Says how a server can become a member. etcd admits one member without a vote (learner) at a time;
 * `unfinished` is one of an earlier join of the same server that never started.
 *
 * Throws HF-CLUSTER-017 while another server's learner has no vote yet, HF-CLUSTER-007 if the server's own
 * member runs.
 */
export function judgeNewMember(
  members: readonly EtcdMember[],
  server: string,
  known: readonly ServerRecord[],
): { readonly kind: 'client' } | { readonly kind: 'learner'; readonly unfinished: EtcdMember | undefined } {
  if (members.some(({ name }) => name === server)) throw createError('HF-CLUSTER-007', { server });
  const learner = members.find(({ isLearner }) => isLearner);
  if (learner) {
    const owner = ownerOf(learner, known);
    if (owner !== server) throw createError('HF-CLUSTER-017', { server: owner });
    return { kind: 'learner', unfinished: learner };
  }
  return members.length < maxVoters ? { kind: 'learner', unfinished: undefined } : { kind: 'client' };
}

/** A member has a name only once it has started; before, it is known by where it will listen. */
export function ownerOf(member: EtcdMember, known: readonly ServerRecord[]): string {
  if (member.name !== '') return member.name;
  const owner = known.find(({ addresses, etcdPeerPort }) =>
    etcdUrls(addresses, etcdPeerPort).some((url) => member.peerUrls.includes(url)),
  );
  return owner?.name ?? member.id;
}

/** etcd takes no new member until all voters have been connected for 5 s (etcd, `HealthInterval`). */
const addTimeoutMs = 20_000;
const addEveryMs = 500;

/**
 * Makes the server a learner and answers all members with it. What an earlier join left is used again if it
 * listens at the same place, else replaced. While etcd is not ready it is asked again, for up to 20 s. Throws
 * the gateway's errors.
 */
export async function addLearner(
  etcd: EtcdMembers,
  peerUrls: readonly string[],
  unfinished: EtcdMember | undefined,
): Promise<readonly EtcdMember[]> {
  if (unfinished && isAt(unfinished, peerUrls)) return await etcd.memberList();
  if (unfinished) await etcd.memberRemove(unfinished.id);
  const deadline = performance.now() + addTimeoutMs;
  for (;;) {
    try {
      return (await etcd.memberAddLearner(peerUrls)).members;
    } catch (error) {
      // An answer that was lost does not tell whether the member was added.
      const members = await etcd.memberList();
      if (members.some((member) => isAt(member, peerUrls))) return members;
      if (!(error instanceof StoreUnavailableError) || performance.now() > deadline) throw error;
      await wait(addEveryMs);
    }
  }
}

function isAt(member: EtcdMember, peerUrls: readonly string[]): boolean {
  return member.peerUrls.toSorted().join() === peerUrls.toSorted().join();
}

export type Promotion =
  | { readonly state: 'voter' }
  /** Not started for the first time yet, or no member at all. */
  | { readonly state: 'not-a-member' }
  | { readonly state: 'learner'; readonly error: unknown };

/**
 * Gives this server's etcd member its vote once it has caught up; the daemon of a server that joined calls it
 * after its member has started. A learner answers no such call itself, so the gateway must know other
 * members. Asks until `timeoutMs` has passed or `signal` aborts, and says how far it came: the caller may
 * come back.
 */
export async function promoteWhenInSync(
  etcd: Pick<EtcdMembers, 'memberList' | 'memberPromote'>,
  options: {
    readonly server: string;
    readonly timeoutMs: number;
    readonly everyMs?: number;
    readonly signal: AbortSignal;
  },
): Promise<Promotion> {
  const { server, timeoutMs, everyMs = 250, signal } = options;
  const deadline = performance.now() + timeoutMs;
  let last: Promotion = { state: 'not-a-member' };
  while (!signal.aborted && performance.now() < deadline) {
    last = await promoteOnce(etcd, server);
    if (last.state === 'voter') return last;
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
  return last;
}

async function promoteOnce(
  etcd: Pick<EtcdMembers, 'memberList' | 'memberPromote'>,
  server: string,
): Promise<Promotion> {
  try {
    const own = (await etcd.memberList()).find(({ name }) => name === server);
    if (!own) return { state: 'not-a-member' };
    if (own.isLearner) await etcd.memberPromote(own.id);
    return { state: 'voter' };
  } catch (error) {
    return { state: 'learner', error };
  }
}
