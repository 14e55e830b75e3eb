import type { Hierarchy } from '@holdfast/core';
import { heldUntil } from '@holdfast/engine/ports';
import type { ApiContext } from '../api/context.ts';

/** May this server go on with what it runs: under a good lease, or by the promises of all others (C-08)? */
export function holdsLease({ guard, host }: Pick<ApiContext, 'guard' | 'host'>): boolean {
  const lease = guard.state();
  return lease !== undefined && host.clock.now() < heldUntil(lease);
}

/** True while this server owns the hierarchy under a good lease and the resource runs in that term. */
export function isInServiceHere(context: ApiContext, hierarchy: Hierarchy, tag: string): boolean {
  const { engine, guard, file } = context;
  const { snapshot, hierarchies } = engine.state();
  const owner = snapshot?.view.owners[hierarchy.id];
  const activity = hierarchies.get(hierarchy.id)?.instances.get(tag);
  return (
    holdsLease(context) &&
    owner?.server === file.server &&
    owner.incarnation === guard.state()?.incarnation &&
    activity?.state === 'running' &&
    activity.term === owner.term
  );
}
