import type { FailureMark, Hierarchy, ServerName } from './model.ts';
import type { Observation, StoreView } from './observation.ts';
import type { InstantMs } from './time.ts';
import { allow, refuse, type Reason, type Verdict } from './verdict.ts';

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

/** The servers that could take the hierarchy, the most preferred first; the target of a move comes before all. */
export function candidates(view: StoreView, hierarchy: Hierarchy): readonly ServerName[] {
  const desired = view.desired[hierarchy.id];
  const target = desired?.kind === 'in-service' ? desired.target : undefined;
  const weight = (server: ServerName): number =>
    server === target ? 0 : (hierarchy.priorities[server] ?? Number.POSITIVE_INFINITY);
  return Object.keys(hierarchy.priorities)
    .filter((server) => judgeEligible(view, hierarchy, server).allowed)
    .sort((a, b) => weight(a) - weight(b) || (a < b ? -1 : 1));
}

export type Takeover =
  | { readonly kind: 'now' }
  | { readonly kind: 'later'; readonly at: InstantMs; readonly reason: Reason }
  | { readonly kind: 'no'; readonly reason: Reason };

/**
 * Says whether this server takes a hierarchy that has no owner. The most preferred candidate acts at once, each further
 * one a candidate delay later: a mute favourite cannot block, and the transaction settles every race.
 */
export function judgeTakeover(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  ownerAbsentSince: InstantMs | undefined,
): Takeover {
  const { self, profile, now } = observation;
  if (!self.accepting) return no('server-not-accepting', { server: self.server });
  if (view.sessions[self.server]?.incarnation !== observation.lease?.incarnation)
    return no('session-not-open', { server: self.server });
  const verdict = judgeEligible(view, hierarchy, self.server);
  if (!verdict.allowed) return { kind: 'no', reason: verdict.reason };
  const rank = candidates(view, hierarchy).indexOf(self.server);
  const at = (ownerAbsentSince ?? now) + rank * profile.candidateDelayMs;
  if (now >= at) return { kind: 'now' };
  return { kind: 'later', at, reason: { code: 'preferred-server-first', facts: { rank } } };
}

function no(code: string, facts: Reason['facts']): Takeover {
  return { kind: 'no', reason: { code, facts } };
}
