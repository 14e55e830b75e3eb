import { setTimeout as wait } from 'node:timers/promises';
import { createError } from '@holdfast/contract';
import type { EtcdMember, Gateway } from '../etcd/gateway.ts';
import { promoteMember } from '../etcd/membership.ts';
import type { ServerRecord } from './records.ts';
import { etcdUrls } from './addresses.ts';

/**
 * More voters make every write slower and protect from nothing that Holdfast promises; the other servers are
 * clients.
 */
export const maxVoters = 5;

/**
 * Says whether a server gets a member of its own. Looked at before a token is used up, because etcd admits
 * one member without a vote (learner) at a time. `unfinished` is one of an earlier join of the same server
 * that never started.
 *
 * Throws HF-CLUSTER-017 while another server's learner has no vote yet, HF-CLUSTER-007 if the server's own
 * member has been started.
 */
export function judgeNewMember(
  members: readonly EtcdMember[],
  server: string,
  known: readonly ServerRecord[],
): { readonly kind: 'client' } | { readonly kind: 'learner'; readonly unfinished: EtcdMember | undefined } {
  if (members.some(({ name }) => name === server)) throw createError('HF-CLUSTER-007', { server });
  const learner = members.find(({ isLearner }) => isLearner);
  const owner = learner && ownerOf(learner, known);
  if (owner === server) return { kind: 'learner', unfinished: learner };
  if (owner !== undefined) throw createError('HF-CLUSTER-017', { server: owner });
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

const promoteEveryMs = 250;

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
  gateway: Gateway,
  options: { readonly server: string; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Promotion> {
  const { server, timeoutMs, signal } = options;
  const deadline = performance.now() + timeoutMs;
  let last: Promotion = { state: 'not-a-member' };
  while (!signal.aborted && performance.now() < deadline) {
    try {
      const own = (await gateway.memberList()).find(({ name }) => name === server);
      if (own?.isLearner)
        await promoteMember(gateway, own.id, { timeoutMs: deadline - performance.now(), signal });
      if (own) return { state: 'voter' };
      last = { state: 'not-a-member' };
    } catch (error) {
      last = { state: 'learner', error };
    }
    await wait(promoteEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return last;
}
