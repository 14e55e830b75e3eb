import {
  isSwitchback,
  judgeEligible,
  noMemory,
  rememberedEnds,
  type Hierarchy,
  type HierarchyId,
  type HierarchyMemory,
  type InstanceActivity,
  type InstantMs,
  type Reason,
  type ServerName,
  type StoreView,
  type Tag,
} from '@holdfast/core';
import type { Snapshot } from './snapshot.ts';

/** What the engine remembers between rounds. The only mutable state of the engine; observations are copies of it. */
export interface EngineState {
  snapshot: Snapshot | undefined;
  /** When the read that brought the snapshot was sent: nothing newer than that is known (S5). */
  snapshotAt: InstantMs | undefined;
  storeUnknown: { readonly since: InstantMs; readonly why: string };
  accepting: boolean;
  sessionCommitting: boolean;
  readonly hierarchies: Map<HierarchyId, HierarchyState>;
  /** When each server's session was seen to end, oldest first. */
  readonly sessionEnds: Map<ServerName, readonly InstantMs[]>;
}

export interface HierarchyState {
  memory: HierarchyMemory;
  readonly instances: Map<Tag, InstanceActivity>;
  /** Warnings of the last checks: the instance runs, and is shown as degraded. */
  readonly warnings: Map<Tag, Reason>;
  /** The operation that was last seen to ask for something. */
  operation: string | undefined;
}

export function createEngineState(now: InstantMs): EngineState {
  return {
    snapshot: undefined,
    snapshotAt: undefined,
    storeUnknown: { since: now, why: 'not-read-yet' },
    accepting: true,
    sessionCommitting: false,
    hierarchies: new Map(),
    sessionEnds: new Map(),
  };
}

export function hierarchyState(state: EngineState, hierarchy: HierarchyId): HierarchyState {
  const found = state.hierarchies.get(hierarchy);
  if (found) return found;
  const created: HierarchyState = {
    memory: noMemory,
    instances: new Map(),
    warnings: new Map(),
    operation: undefined,
  };
  state.hierarchies.set(hierarchy, created);
  return created;
}

export function remember(held: HierarchyState, change: Partial<HierarchyMemory>): void {
  held.memory = { ...held.memory, ...change };
}

/** A new try: what failed counts as a plain failure again, and may be repaired. */
export function forgetGivingUp(held: HierarchyState): void {
  remember(held, { givenUp: undefined, recoveries: [] });
  for (const [tag, activity] of held.instances) {
    if (activity.state === 'failed' && activity.during === 'restore')
      held.instances.set(tag, { ...activity, during: 'running', scope: 'server' });
    else if (activity.state === 'failed') held.instances.set(tag, { ...activity, scope: 'server' });
  }
}

/** More moves than this are never allowed in a window. */
const rememberedMoves = 1_000;

/** Takes a new snapshot in, and notes what has changed since the last one. */
export function acceptSnapshot(
  state: EngineState,
  snapshot: Snapshot,
  context: { readonly sentAt: InstantMs; readonly server: string; readonly now: InstantMs },
): void {
  const before = state.snapshot?.view;
  state.snapshot = snapshot;
  state.snapshotAt = context.sentAt;
  const { view } = snapshot;
  if (before) noteSessionEnds(state, before, view, context.now);
  for (const hierarchy of Object.values(view.hierarchies)) {
    const { id } = hierarchy;
    const held = hierarchyState(state, id);
    forgetOthers(held, new Set(hierarchy.resources.map(({ tag }) => tag)));
    const marked = view.failures.some((mark) => mark.hierarchy === id && mark.server === context.server);
    remember(held, {
      ownerAbsentSince: view.owners[id] ? undefined : (held.memory.ownerAbsentSince ?? context.now),
      markedSince: marked ? (held.memory.markedSince ?? context.now) : undefined,
      healthy: healthyServers(view, hierarchy, held.memory.healthy, context.now),
    });
    noteOperation(held, view, id);
    if (before && hasMoved(before, view, id)) {
      const moves = [...held.memory.moves, context.now].slice(-rememberedMoves);
      remember(held, { moves });
    }
  }
  for (const id of state.hierarchies.keys()) {
    if (!view.hierarchies[id]) state.hierarchies.delete(id);
  }
}

/** What an operator asks for is a new beginning: earlier failures and moves do not count against it. */
function noteOperation(held: HierarchyState, view: StoreView, id: HierarchyId): void {
  const operation = view.desired[id]?.operation;
  if (operation === held.operation) return;
  held.operation = operation;
  if (operation !== undefined && isSwitchback({ id: operation })) return;
  forgetGivingUp(held);
  remember(held, { moves: [] });
}

/** Another server has it, and no operator has asked for that. */
function hasMoved(before: StoreView, view: StoreView, id: HierarchyId): boolean {
  const was = before.lastOwners[id];
  const is = view.lastOwners[id];
  if (was === undefined || is === undefined || was === is) return false;
  const operation = view.operations[view.desired[id]?.operation ?? ''];
  const isAsked =
    operation !== undefined &&
    !isSwitchback(operation) &&
    (operation.state === 'running' || operation.target === is);
  return !isAsked;
}

function healthyServers(
  view: StoreView,
  hierarchy: Hierarchy,
  before: HierarchyMemory['healthy'],
  now: InstantMs,
): HierarchyMemory['healthy'] {
  const healthy = Object.keys(hierarchy.priorities).flatMap((server) => {
    const incarnation = view.sessions[server]?.incarnation;
    if (incarnation === undefined || !judgeEligible(view, hierarchy, server).allowed) return [];
    const known = before[server];
    return [[server, known?.incarnation === incarnation ? known : { incarnation, since: now }] as const];
  });
  return Object.fromEntries(healthy);
}

function noteSessionEnds(state: EngineState, before: StoreView, view: StoreView, now: InstantMs): void {
  for (const [server, { incarnation }] of Object.entries(before.sessions)) {
    if (view.sessions[server]?.incarnation === incarnation) continue;
    const ends = [...(state.sessionEnds.get(server) ?? []), now];
    state.sessionEnds.set(server, ends.slice(-rememberedEnds));
  }
  for (const server of state.sessionEnds.keys()) {
    if (!view.servers[server]) state.sessionEnds.delete(server);
  }
}

/** What has left the hierarchy is looked at anew where it belongs now, and here when it comes back (S5). */
function forgetOthers({ instances, warnings }: HierarchyState, tags: ReadonlySet<Tag>): void {
  for (const tag of [...instances.keys(), ...warnings.keys()]) {
    if (tags.has(tag)) continue;
    instances.delete(tag);
    warnings.delete(tag);
  }
}
