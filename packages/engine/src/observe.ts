import type { HierarchyObservation, Observation } from '@holdfast/core';
import type { EngineOptions } from './engine.ts';
import type { EngineState } from './state.ts';

/**
 * Freezes what is known now into plain data. The store counts as known only while its last answered look was sent
 * within one lease time: what is older is not acted on (S5).
 */
export function observe(options: EngineOptions, state: EngineState): Observation {
  const { clock, guard, server, role, version, kits, instances } = options;
  const now = clock.now();
  const profile = options.profile();
  const lease = guard.state();
  const { snapshot, snapshotAt } = state;
  const fresh = snapshot !== undefined && snapshotAt !== undefined && now - snapshotAt < profile.leaseTtlMs;
  return {
    now,
    self: { server, role, version, accepting: state.accepting },
    profile,
    lease,
    promises: options.promises?.(),
    store: fresh
      ? { state: 'known', value: snapshot.view, at: snapshotAt }
      : { state: 'unknown', ...state.storeUnknown },
    lastHierarchies: snapshot?.view.hierarchies ?? {},
    hierarchies: Object.fromEntries([...state.hierarchies].map(([id, held]) => [id, copy(held)])),
    repairedInPlace: kits.filter((kit) => instances.repairsInPlace(kit)),
    sessionCommitting: state.sessionCommitting,
    sessionEnds: Object.fromEntries(state.sessionEnds),
  };
}

function copy(held: {
  readonly memory: HierarchyObservation['memory'];
  readonly instances: ReadonlyMap<string, HierarchyObservation['instances'][string]>;
}): HierarchyObservation {
  return { instances: Object.fromEntries(held.instances), memory: held.memory };
}
