import { createError } from '@holdfast/contract';
import { formatInitialCluster } from '../cluster/addresses.ts';
import { monotonicNow } from './clock.ts';
import { StoreRefusedError, StoreUnavailableError } from './errors.ts';
import type { EtcdMember, Gateway } from './gateway.ts';

/** What a server needs to start its member for the first time in a cluster that is there. */
export interface Admission {
  readonly memberId: string;
  /** etcd's `--initial-cluster` for it. */
  readonly initialCluster: string;
}

export interface MemberToAdmit {
  readonly server: string;
  readonly peerUrls: readonly string[];
}

export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const pauseMs = 200;

/**
 * Adds a server's member as a learner: it gets the data and has no vote yet, so that it cannot cost the
 * majority while it is on its way. A learner that an earlier attempt of the same server left is replaced,
 * because a member that was begun anew needs a new identity.
 *
 * etcd wants every voter to have been connected for 5 s before it takes another member (`HealthInterval`), so
 * a server that joins right after another one waits for that. And it makes a member's identity out of its
 * addresses and the second, so one that is replaced within the second is refused as removed.
 *
 * Throws HF-CLUSTER-007 (a full member has this name or these addresses), HF-CLUSTER-017 (another server is
 * joining: etcd takes one learner at a time), HF-CLUSTER-016 (etcd takes no member in this time), and the
 * gateway's errors.
 */
export async function admitMember(
  gateway: Gateway,
  wanted: MemberToAdmit,
  patience: Patience,
): Promise<Admission> {
  const before = await gateway.memberList();
  const left = before.find((member) => isOf(member, wanted));
  if (left && !left.isLearner) throw createError('HF-CLUSTER-007', { server: wanted.server });
  const other = before.find((member) => member.isLearner && member !== left);
  if (other) throw createError('HF-CLUSTER-017', { server: other.name || (other.peerUrls[0] ?? other.id) });
  if (left) await dismissMember(gateway, left.id);
  const { id, members } = await retry(
    () => gateway.memberAddLearner(wanted.peerUrls),
    (error) => says(error, 'unhealthy cluster') || says(error, 'member not found'),
    { ...patience, step: 'etcd takes the new member' },
  );
  const named = members.map((member) => ({
    name: member.id === id ? wanted.server : member.name || `member-${member.id}`,
    peerUrls: member.peerUrls,
  }));
  return { memberId: id, initialCluster: formatInitialCluster(named) };
}

/**
 * Gives a learner its vote once it has caught up, asking again until then. One that votes already is a
 * success. Throws HF-CLUSTER-016 when it has not caught up in time, and the gateway's errors other than lack
 * of an answer.
 */
export async function promoteMember(gateway: Gateway, memberId: string, patience: Patience): Promise<void> {
  try {
    await retry(
      () => gateway.memberPromote(memberId),
      (error) => says(error, 'in sync with leader') || error instanceof StoreUnavailableError,
      { ...patience, step: 'the etcd member of the new server catches up' },
    );
  } catch (error) {
    if (!says(error, 'can only promote a learner')) throw error;
  }
}

/** Takes a member out. One that is not there is a success; etcd refuses what would cost the majority. */
export async function dismissMember(gateway: Gateway, memberId: string): Promise<void> {
  try {
    await gateway.memberRemove(memberId);
  } catch (error) {
    if (!says(error, 'member not found')) throw error;
  }
}

async function retry<T>(
  ask: () => Promise<T>,
  mayBeAskedAgain: (error: unknown) => boolean,
  { timeoutMs, signal, step }: Patience & { readonly step: string },
): Promise<T> {
  const deadline = monotonicNow() + timeoutMs;
  for (;;) {
    try {
      return await ask();
    } catch (cause) {
      if (!mayBeAskedAgain(cause)) throw cause;
      signal?.throwIfAborted();
      if (monotonicNow() + pauseMs >= deadline)
        throw createError('HF-CLUSTER-016', { waitedMs: timeoutMs, step }, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function says(error: unknown, words: string): boolean {
  return error instanceof StoreRefusedError && String(error.facts['etcd']).includes(words);
}

function isOf(member: EtcdMember, wanted: MemberToAdmit): boolean {
  return member.name === wanted.server || member.peerUrls.some((url) => wanted.peerUrls.includes(url));
}
