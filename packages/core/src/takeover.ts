import { promisedUntil } from './failsafe.ts';
import type { FailureMark, Hierarchy, ServerName } from './model.ts';
import type { HierarchyMemory, Observation, StoreView } from './observation.ts';
import {
  confirmationEnds,
  judgeBlock,
  judgeConfirmation,
  judgeKeeping,
  restsUntil,
  tooManyMoves,
  unsteadyServers,
} from './policy.ts';
import type { InstantMs } from './time.ts';
import { allow, because, refuse, type Reason, type Verdict } from './verdict.ts';

/** The mark that keeps a server from running a hierarchy; one of an earlier incarnation is void. */
export function failureOf(view: StoreView, hierarchy: string, server: ServerName): FailureMark | undefined {
  const incarnation = view.sessions[server]?.incarnation;
  return view.failures.find(
    (mark) => mark.hierarchy === hierarchy && mark.server === server && mark.incarnation === incarnation,
  );
}

/** Says whether a server could run the hierarchy now. Refuses when in doubt: waiting is safe, two owners are not. */
export function judgeEligible(view: StoreView, hierarchy: Hierarchy, server: ServerName): Verdict {
  if (hierarchy.priorities[server] === undefined)
    return refuse('not-extended', { hierarchy: hierarchy.id, server });
  if (view.servers[server]?.role !== 'member') return refuse('not-a-member', { server });
  const session = view.sessions[server];
  if (!session) return refuse('server-not-there', { server });
  if (!session.accepting) return refuse('server-not-accepting', { server });
  const mark = failureOf(view, hierarchy.id, server);
  if (mark) return refuse('failed-there', { server, cause: mark.reason.code });
  return allow();
}

/** Says whether the hierarchy could come to a server without anybody asking for that. */
export function judgeFailover(view: StoreView, hierarchy: Hierarchy, server: ServerName): Verdict {
  const verdicts = [
    judgeEligible(view, hierarchy, server),
    judgeKeeping(view, hierarchy, server),
    judgeBlock(view, hierarchy, server),
  ];
  return verdicts.find(({ allowed }) => !allowed) ?? allow();
}

/**
 * The servers that could take the hierarchy, the most preferred first; the target of a move comes before all, `unsteady` ones
 * come last.
 */
export function candidates(
  view: StoreView,
  hierarchy: Hierarchy,
  unsteady: ReadonlySet<ServerName> = new Set(),
): readonly ServerName[] {
  const desired = view.desired[hierarchy.id];
  const target = desired?.kind === 'in-service' ? desired.target : undefined;
  const weight = (server: ServerName): number => {
    if (server === target) return 0;
    return (hierarchy.priorities[server] ?? Number.POSITIVE_INFINITY) + (unsteady.has(server) ? 1_000 : 0);
  };
  return Object.keys(hierarchy.priorities)
    .filter((server) => judgeFailover(view, hierarchy, server).allowed)
    .sort((a, b) => weight(a) - weight(b) || (a < b ? -1 : 1));
}

export type Takeover =
  | { readonly kind: 'now' }
  | { readonly kind: 'later'; readonly at: InstantMs; readonly reason: Reason }
  /** Its last owner has died, and an operator must agree; `at`: or this server's clock. */
  | { readonly kind: 'unconfirmed'; readonly at: InstantMs | undefined; readonly reason: Reason }
  /** It has moved too often. */
  | { readonly kind: 'used-up'; readonly at: InstantMs; readonly reason: Reason }
  | { readonly kind: 'no'; readonly reason: Reason };

/**
 * Says whether this server takes a hierarchy that has no owner. The most preferred candidate acts at once, each further
 * one a candidate delay later: a mute favourite cannot block, and the transaction settles every race.
 */
export function judgeTakeover(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  memory: Pick<HierarchyMemory, 'ownerAbsentSince' | 'moves'>,
): Takeover {
  const { self, profile, now } = observation;
  if (!self.accepting) return no('server-not-accepting', { server: self.server });
  if (view.sessions[self.server]?.incarnation !== observation.lease?.incarnation)
    return no('session-not-open', { server: self.server });
  const verdict = judgeFailover(view, hierarchy, self.server);
  if (!verdict.allowed) return { kind: 'no', reason: verdict.reason };
  const absentSince = memory.ownerAbsentSince ?? now;
  const confirmation = judgeConfirmation(view, hierarchy, self.server);
  if (!confirmation.allowed) {
    const at = confirmationEnds(view, absentSince);
    if (at === undefined || now < at) return { kind: 'unconfirmed', at, reason: confirmation.reason };
  }
  const promised = untilPromiseEnds(observation, view, hierarchy);
  if (promised) return promised;
  const until = isMove(view, hierarchy, self.server) ? restsUntil(hierarchy, memory, now) : undefined;
  if (until !== undefined) return { kind: 'used-up', at: until, reason: tooManyMoves(hierarchy).reason };
  const unsteady = unsteadyServers(observation, hierarchy);
  const rank = candidates(view, hierarchy, unsteady).indexOf(self.server);
  const at = absentSince + rank * profile.candidateDelayMs;
  if (now >= at) return { kind: 'now' };
  const code = unsteady.has(self.server) ? 'steadier-servers-first' : 'preferred-server-first';
  return { kind: 'later', at, reason: because(code, { rank }) };
}

/** Its last owner may still run it, and this server has promised to take nothing of that one's until then (C-08). */
function untilPromiseEnds(
  { promises, self, now }: Observation,
  view: StoreView,
  { id }: Hierarchy,
): Takeover | undefined {
  const last = view.lastOwners[id];
  if (last === self.server || view.terms[id] === undefined) return undefined;
  const at = promisedUntil(promises, last, now);
  return at === undefined
    ? undefined
    : { kind: 'later', at, reason: because('promised-to-take-nothing', { server: last ?? '' }) };
}

/** To start again where it ran is no move, and neither is the first start of all. */
function isMove(view: StoreView, { id }: Hierarchy, server: ServerName): boolean {
  return view.terms[id] !== undefined && view.lastOwners[id] !== server;
}

export type SwitchbackVerdict =
  | { readonly kind: 'none' }
  | { readonly kind: 'later'; readonly at: InstantMs }
  | { readonly kind: 'due'; readonly to: ServerName };

/**
 * Says whether the owner returns the hierarchy to a more preferred server: one that has been able to run it for the healthy
 * time of the owner's clock, in one life of its session (H-05, S9). A server that failed as the target is marked, and begins
 * another healthy time when its mark ends (L2). What an operator put here stays here.
 */
export function judgeSwitchback(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  memory: Pick<HierarchyMemory, 'healthy' | 'moves'>,
): SwitchbackVerdict {
  const { now, self } = observation;
  const { switchback, priorities } = hierarchy;
  const desired = view.desired[hierarchy.id];
  if (switchback.kind === 'intelligent' || desired?.kind !== 'in-service') return { kind: 'none' };
  if (desired.target !== undefined || desired.chosen === self.server) return { kind: 'none' };
  if (view.servers[self.server]?.blockFailover === true) return { kind: 'none' };
  const unsteady = unsteadyServers(observation, hierarchy);
  const [best] = candidates(view, hierarchy, unsteady);
  const isBetter = best !== undefined && (priorities[best] ?? 1_000) < (priorities[self.server] ?? 1_000);
  if (!isBetter || unsteady.has(best)) return { kind: 'none' };
  const healthy = memory.healthy[best];
  if (!healthy || healthy.incarnation !== view.sessions[best]?.incarnation) return { kind: 'none' };
  const at = Math.max(healthy.since + switchback.healthyForMs, restsUntil(hierarchy, memory, now) ?? now);
  return now >= at ? { kind: 'due', to: best } : { kind: 'later', at };
}

function no(code: string, facts: Reason['facts']): Takeover {
  return { kind: 'no', reason: { code, facts } };
}
