import type { Hierarchy, HierarchyId, Operation, OperationId, ServerName } from './model.ts';
import type { HierarchyMemory, Observation, StoreView } from './observation.ts';
import type { InstantMs } from './time.ts';
import { allow, refuse, type Refusal, type Verdict } from './verdict.ts';

/** So many ends of its session in the window of the failovers, and a server is not steady. */
export const unsteadyEnds = 3;
/** Of each server at most so many ends of its session are remembered. */
export const rememberedEnds = 8;

/**
 * Settings of the cluster by which a failover goes on without a confirmation, by the names and in the units that LifeKeeper
 * gives them: 0 goes on after that many seconds. By default only an operator confirms.
 */
export const confirmationDefaults: Readonly<Record<'CONFIRMSODEF' | 'CONFIRMSOTO', number>> = {
  CONFIRMSODEF: 1,
  CONFIRMSOTO: 600,
};

/** Whom people are told an automatic switchback was asked for by (H-05). */
export const switchbackActor = 'switchback';

/** The store's revision never comes back: the name is new, also when an earlier switchback in this term has failed. */
export function switchbackOperation(hierarchy: HierarchyId, revision: number): OperationId {
  return `${switchbackActor}-${hierarchy}-${revision}`;
}

/** Was it begun by the cluster itself? Operations that operators ask for have random names. */
export function isSwitchback({ id }: Pick<Operation, 'id'>): boolean {
  return id.startsWith(`${switchbackActor}-`);
}

/** By what it is in maintenance: watched and reported, and nothing of it moved, repaired, started or stopped. */
export function maintenanceOf(view: StoreView, hierarchy: Hierarchy): 'none' | 'hierarchy' | 'cluster' {
  if (view.settings?.maintenance === true) return 'cluster';
  return hierarchy.maintenance ? 'hierarchy' : 'none';
}

/** An operator has asked for it since its last owner went: what follows is no failover. */
export function isConfirmed(view: StoreView, hierarchy: HierarchyId): boolean {
  const desired = view.desired[hierarchy];
  return desired?.kind === 'in-service' && desired.confirmed !== undefined
    ? desired.confirmed === view.terms[hierarchy]
    : false;
}

/** Nobody has ever owned it: its first start is no failover. */
function isNew(view: StoreView, hierarchy: HierarchyId): boolean {
  return view.terms[hierarchy] === undefined;
}

/**
 * Says whether the hierarchy may come to a server by itself. What ran on a blocked server may start there again, and a move
 * that an operator asked for may lead to it, and back.
 */
export function judgeBlock(view: StoreView, hierarchy: Hierarchy, server: ServerName): Verdict {
  const { id } = hierarchy;
  if (view.servers[server]?.blockFailover !== true || isNew(view, id) || isConfirmed(view, id))
    return allow();
  const desired = view.desired[id];
  if (desired?.kind === 'in-service' && (desired.target === server || desired.from === server))
    return allow();
  if (!view.owners[id] && view.lastOwners[id] === server) return allow();
  return refuse('failover-blocked', { server });
}

/**
 * Says whether a hierarchy may come to a server by itself, as far as the server of its last term was shut down in order and keeps
 * it: that one starts it again when it is back (C-07). An operator's wish takes the mark away; a later term makes it void.
 */
export function judgeKeeping(
  view: StoreView,
  hierarchy: Pick<Hierarchy, 'id' | 'priorities'>,
  server: ServerName,
): Verdict {
  const { id } = hierarchy;
  const desired = view.desired[id];
  const last = view.lastOwners[id];
  const isKept =
    desired?.kind === 'in-service' && desired.kept !== undefined && desired.kept === view.terms[id];
  if (!isKept || last === undefined || last === server) return allow();
  const mayReturn = view.servers[last] !== undefined && hierarchy.priorities[last] !== undefined;
  return mayReturn ? refuse('kept-by-server', { server: last }) : allow();
}

/**
 * Says whether a server may take a hierarchy that nobody owns, as far as the death of its last owner has to be confirmed
 * . A last owner that nobody knows might have been one that needs it (S5). One that marked itself has let go alive.
 */
export function judgeConfirmation(view: StoreView, hierarchy: Hierarchy, server: ServerName): Verdict {
  const { id } = hierarchy;
  const desired = view.desired[id];
  if (isNew(view, id) || isConfirmed(view, id)) return allow();
  if (desired?.kind === 'in-service' && desired.target === server) return allow();
  const last = view.lastOwners[id];
  const possible = last === undefined ? Object.keys(hierarchy.priorities) : [last];
  const dead = possible.find((one) => one !== server && mustBeConfirmed(view, id, one));
  return dead === undefined ? allow() : refuse('waiting-for-confirmation', { server: dead });
}

function mustBeConfirmed(view: StoreView, hierarchy: HierarchyId, server: ServerName): boolean {
  const incarnation = view.sessions[server]?.incarnation;
  const letGo = view.failures.some(
    (mark) => mark.hierarchy === hierarchy && mark.server === server && mark.incarnation === incarnation,
  );
  return view.servers[server]?.confirmFailover === true && !letGo;
}

/** When a takeover goes on without an operator's word, where the cluster is set so; `undefined`: never. */
export function confirmationEnds(view: StoreView, ownerAbsentSince: InstantMs): InstantMs | undefined {
  const { CONFIRMSODEF, CONFIRMSOTO } = { ...confirmationDefaults, ...view.settings?.tunables };
  return CONFIRMSODEF === 0 ? ownerAbsentSince + CONFIRMSOTO * 1_000 : undefined;
}

/** Until when the hierarchy rests after too many moves, by the count of this server; `undefined`: it may move. */
export function restsUntil(
  hierarchy: Hierarchy,
  { moves }: Pick<HierarchyMemory, 'moves'>,
  now: InstantMs,
): InstantMs | undefined {
  const { failovers, failoverWindowMs } = hierarchy.recovery;
  const recent = moves.filter((at) => now - at < failoverWindowMs);
  const first = recent[recent.length - failovers];
  return first === undefined ? undefined : first + failoverWindowMs;
}

/** Why it rests, for people. */
export function tooManyMoves({ recovery }: Hierarchy): Refusal {
  return refuse('failovers-used-up', {
    failovers: recovery.failovers,
    windowMs: recovery.failoverWindowMs,
  });
}

/** Servers whose sessions come and go, by the count of this server: they are kept behind every steady one. */
export function unsteadyServers(observation: Observation, hierarchy: Hierarchy): ReadonlySet<ServerName> {
  const { now, sessionEnds } = observation;
  const { failoverWindowMs } = hierarchy.recovery;
  const unsteady = Object.entries(sessionEnds).filter(
    ([, ends]) => ends.filter((at) => now - at < failoverWindowMs).length >= unsteadyEnds,
  );
  return new Set(unsteady.map(([server]) => server));
}
