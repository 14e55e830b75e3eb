import type { Reason } from '@holdfast/core';
import type { EngineState } from '@holdfast/engine/state';
import type { Gateway } from './gateway.ts';

export interface LeadershipOptions {
  readonly gateway: Pick<Gateway, 'status' | 'memberList' | 'health' | 'moveLeader'>;
  /** Client address of this server's own member. */
  readonly endpoint: string;
  /** Whose members may lead instead, the best first; empty while this server's member may go on leading. */
  readonly heirs: () => readonly string[];
  readonly report: (reason: Reason) => void;
}

const lookEveryMs = 2_000;
/** After a move, and after one that did not succeed: for a moment a change of the leader holds up every write. */
const restMs = 20_000;

/**
 * Keeps etcd's leadership off a server that runs a hierarchy. When both are lost together, the others elect a leader
 * first, and that one prolongs every lease to its full time again (etcd, lease/lessor.go, Promote): the outage grows
 * by more than a second. Returns how to end it.
 */
export function tendLeadership(options: LeadershipOptions): () => void {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const again = (afterMs: number): void => {
    if (!ended) timer = setTimeout(look, afterMs).unref();
  };
  const look = (): void => {
    moveLeaderAway(options).then(
      (to) => {
        if (to !== undefined) options.report({ code: 'etcd-leader-moved', facts: { to } });
        again(to === undefined ? lookEveryMs : restMs);
      },
      (error: unknown) => {
        options.report({ code: 'etcd-leader-not-moved', facts: { why: String(error) } });
        again(restMs);
      },
    );
  };
  again(lookEveryMs);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

/** Answers who leads now, if this server's member has led and should not. Rejects with the gateway's errors. */
export async function moveLeaderAway(
  options: Omit<LeadershipOptions, 'report'>,
): Promise<string | undefined> {
  const { gateway, endpoint, heirs } = options;
  if (heirs().length === 0) return undefined;
  const { leaderId, memberId } = await gateway.status(endpoint);
  if (leaderId !== memberId) return undefined;
  const members = await gateway.memberList();
  // Asked again: calls may have taken a while, and now may be no time for a change.
  for (const name of heirs()) {
    const heir = members.find((member) => member.name === name && !member.isLearner);
    const url = heir?.clientUrls[0];
    if (!heir || url === undefined || !(await gateway.health(url).catch(() => false))) continue;
    await gateway.moveLeader(endpoint, heir.id);
    return name;
  }
  return undefined;
}

/**
 * The servers that run nothing, witnesses first, while `server` runs a hierarchy. Nobody while a hierarchy is under
 * way to where it shall run: a change of the leader would cost it time.
 */
export function chooseHeirs(
  { snapshot, hierarchies }: Pick<EngineState, 'snapshot' | 'hierarchies'>,
  server: string,
): readonly string[] {
  if (!snapshot) return [];
  const { desired, owners, servers, sessions } = snapshot.view;
  const isSteady = Object.keys(snapshot.view.hierarchies).every((id) => {
    const wanted = desired[id];
    if (wanted?.kind === 'in-service' && (wanted.target !== undefined || !owners[id])) return false;
    const instances = [...(hierarchies.get(id)?.instances.values() ?? [])];
    return owners[id]?.server !== server || instances.every(({ state }) => state === 'running');
  });
  const busy = new Set(Object.values(owners).map((owner) => owner.server));
  if (!isSteady || !busy.has(server)) return [];
  return Object.values(servers)
    .filter(({ name }) => !busy.has(name) && sessions[name] !== undefined)
    .toSorted(
      (a, b) => Number(b.role === 'witness') - Number(a.role === 'witness') || (a.name < b.name ? -1 : 1),
    )
    .map(({ name }) => name);
}
