import type { Keys } from '@holdfast/contract';
import type { HierarchyId, Operation } from '@holdfast/core';
import type { Write } from './ports.ts';
import type { Snapshot } from './snapshot.ts';

/** Ended operations are kept for people; of each hierarchy at most this many. */
const keptOperations = 10;

/** Deletes operations of the hierarchy beyond those, the oldest by the store's own order: wall clocks decide nothing (S9). */
export function deleteOldOperations(
  { keys, snapshot }: { readonly keys: Keys; readonly snapshot: Snapshot },
  hierarchy: HierarchyId,
): Write[] {
  const revisionOf = ({ id }: Operation): number => snapshot.modRevisions.get(keys.operation(id)) ?? 0;
  return Object.values(snapshot.view.operations)
    .filter((operation) => operation.hierarchy === hierarchy && operation.state !== 'running')
    .sort((a, b) => revisionOf(b) - revisionOf(a))
    .slice(keptOperations)
    .map(({ id }) => ({ delete: keys.operation(id) }));
}
