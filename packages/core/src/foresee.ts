import { decide } from './decide.ts';
import type { Action, HierarchyDecision } from './decision.ts';
import type { Hierarchy, ServerName, Tag } from './model.ts';
import {
  noMemory,
  type HierarchyMemory,
  type InstanceActivity,
  type Observation,
  type StoreView,
} from './observation.ts';
import { maintenanceOf } from './policy.ts';
import { judgeTakeover } from './takeover.ts';
import { because, type Reason } from './verdict.ts';

/** What one server would do once a hierarchy has no owner any more. `row`: of the decision table. */
export interface ForeseenTakeover {
  readonly server: ServerName;
  /** Milliseconds from the end of the ownership until it takes the hierarchy; `undefined`: it never does by itself. */
  readonly afterMs: number | undefined;
  readonly row: number;
  readonly reason: Reason;
}

/**
 * What each other server would decide if the owner died now, whoever acts first at the head: the shipped decision, asked
 * about a world without that server. What other servers remember is taken to be what this one does.
 */
export function foreseeLoss(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
): readonly ForeseenTakeover[] {
  const lost = view.owners[hierarchy.id]?.server;
  if (lost === undefined) return [];
  const after = withoutOwner(view, hierarchy, lost);
  return Object.keys(hierarchy.priorities)
    .filter((server) => server !== lost)
    .map((server) => foreseeTakeover(observation, after, hierarchy, server))
    .toSorted((a, b) => {
      const [first, second] = [a.afterMs ?? Infinity, b.afterMs ?? Infinity];
      if (first !== second) return first - second;
      return (hierarchy.priorities[a.server] ?? 0) - (hierarchy.priorities[b.server] ?? 0);
    });
}

/** The store once the owner's lease has ended: its session and its ownership are gone, what it was stays known. */
function withoutOwner(view: StoreView, hierarchy: Hierarchy, lost: ServerName): StoreView {
  const { [hierarchy.id]: _owner, ...owners } = view.owners;
  const { [lost]: _session, ...sessions } = view.sessions;
  const hierarchies = { [hierarchy.id]: hierarchy };
  return { ...view, hierarchies, owners, sessions, lastOwners: { ...view.lastOwners, [hierarchy.id]: lost } };
}

function foreseeTakeover(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  server: ServerName,
): ForeseenTakeover {
  const { now } = observation;
  const memory: HierarchyMemory = {
    ...noMemory,
    moves: observation.hierarchies[hierarchy.id]?.memory.moves ?? [],
    ownerAbsentSince: now,
  };
  const there = lookFrom(observation, view, hierarchy, {
    server,
    instances: allIn(hierarchy, 'stopped'),
    memory,
  });
  const decision = decisionOn(there, hierarchy);
  const takeover = judgeTakeover(there, view, hierarchy, memory);
  const acquires = decision.actions.some(({ kind }) => kind === 'acquire');
  const waits =
    takeover.kind !== 'now' && takeover.kind !== 'no' && maintenanceOf(view, hierarchy) === 'none';
  const at = waits ? takeover.at : undefined;
  return {
    server,
    afterMs: acquires ? 0 : at === undefined ? undefined : at - now,
    row: decision.row,
    reason: decision.reason,
  };
}

export type ForeseenRepair =
  /** Repaired where it runs. */
  | { readonly kind: 'local-recovery' }
  | { readonly kind: 'failover'; readonly to: ServerName }
  /** It stays out of service, here or anywhere, until something changes. */
  | { readonly kind: 'rest' }
  /** Only watched. */
  | { readonly kind: 'watch' };

/** What the owner would do about one failed resource. */
export type ForeseenFailure = ForeseenRepair & { readonly row: number; readonly reason: Reason };

/**
 * What the owner would decide if a resource failed there. `recoveries`: how many local recoveries it has begun within the
 * window of the policy.
 */
export function foreseeFailure(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  failure: { readonly tag: Tag; readonly recoveries: number },
): ForeseenFailure | undefined {
  const owner = view.owners[hierarchy.id];
  if (!owner) return undefined;
  const { server, term } = owner;
  const { now } = observation;
  const reason = because('resource-would-fail', { tag: failure.tag });
  const failed: InstanceActivity = { state: 'failed', during: 'running', scope: 'server', reason };
  const running = Object.fromEntries(
    hierarchy.resources.map(({ tag }) => [tag, { state: 'running', term } as const]),
  );
  const memory: HierarchyMemory = {
    ...noMemory,
    moves: observation.hierarchies[hierarchy.id]?.memory.moves ?? [],
    recoveries: Array.from({ length: failure.recoveries }, () => now),
  };
  const alone = { ...view, hierarchies: { [hierarchy.id]: hierarchy } };
  const instances = { ...running, [failure.tag]: failed };
  const first = decisionOn(lookFrom(observation, alone, hierarchy, { server, instances, memory }), hierarchy);
  const said = { row: first.row, reason: first.reason };
  const gaveUp = first.actions.find(({ kind }) => kind === 'give-up');
  if (!gaveUp)
    return first.actions.some(isRepair) ? { kind: 'local-recovery', ...said } : { kind: 'watch', ...said };
  const stopped = {
    server,
    instances: allIn(hierarchy, 'stopped'),
    memory: { ...memory, givenUp: { term, scope: 'server', reason, at: now } as const },
  };
  const then = decisionOn(lookFrom(observation, alone, hierarchy, stopped), hierarchy);
  const handOver = then.actions.find((action) => action.kind === 'hand-over');
  const told = { row: then.row, reason: then.reason };
  return handOver ? { kind: 'failover', to: handOver.to, ...told } : { kind: 'rest', ...told };
}

function isRepair({ kind }: Action): boolean {
  return kind === 'recover' || kind === 'remove';
}

function allIn(hierarchy: Hierarchy, state: 'stopped'): Readonly<Record<Tag, InstanceActivity>> {
  return Object.fromEntries(hierarchy.resources.map(({ tag }) => [tag, { state }]));
}

/** The world as another server would see it in a moment like this one, under a good lease. */
function lookFrom(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  from: {
    readonly server: ServerName;
    readonly instances: Readonly<Record<Tag, InstanceActivity>>;
    readonly memory: HierarchyMemory;
  },
): Observation {
  const { server, instances, memory } = from;
  const { now } = observation;
  const session = view.sessions[server];
  return {
    ...observation,
    self: {
      server,
      role: view.servers[server]?.role ?? 'member',
      version: session?.version ?? '',
      accepting: session?.accepting ?? true,
    },
    lease: {
      lease: session?.lease ?? '',
      incarnation: session?.incarnation ?? '',
      goodUntil: now + observation.profile.leaseTtlMs,
    },
    store: { state: 'known', value: view, at: now },
    lastHierarchies: view.hierarchies,
    hierarchies: { [hierarchy.id]: { instances, memory } },
    sessionCommitting: false,
  };
}

function decisionOn(observation: Observation, hierarchy: Hierarchy): HierarchyDecision {
  const [decision] = decide(observation).hierarchies;
  return decision ?? { hierarchy: hierarchy.id, row: 0, reason: because('not-configured'), actions: [] };
}
