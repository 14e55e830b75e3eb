import {
  noMemory,
  type HierarchyId,
  type HierarchyMemory,
  type InstanceActivity,
  type InstantMs,
  type Reason,
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

/** Takes a new snapshot in, and notes what has changed since the last one. */
export function acceptSnapshot(
  state: EngineState,
  snapshot: Snapshot,
  context: { readonly sentAt: InstantMs; readonly server: string; readonly now: InstantMs },
): void {
  state.snapshot = snapshot;
  state.snapshotAt = context.sentAt;
  const { view } = snapshot;
  for (const id of Object.keys(view.hierarchies)) {
    const held = hierarchyState(state, id);
    const marked = view.failures.some((mark) => mark.hierarchy === id && mark.server === context.server);
    remember(held, {
      ownerAbsentSince: view.owners[id] ? undefined : (held.memory.ownerAbsentSince ?? context.now),
      markedSince: marked ? (held.memory.markedSince ?? context.now) : undefined,
    });
    const operation = view.desired[id]?.operation;
    if (operation !== held.operation) {
      held.operation = operation;
      forgetGivingUp(held);
    }
  }
  for (const id of state.hierarchies.keys()) {
    if (!view.hierarchies[id]) state.hierarchies.delete(id);
  }
}
