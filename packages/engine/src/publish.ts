import type { Keys } from '@holdfast/contract';
import { failureOf, type HierarchyStatus, type InstantMs } from '@holdfast/core';
import type { LeaseState, Store } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import type { EngineState } from './state.ts';
import { statusOf } from './status.ts';
import { asSeen, put } from './transactions.ts';

export interface StatusPublisher {
  /** Shows this server's instances to the others when something about them has changed. */
  publish(lease: LeaseState | undefined): void;
}

/** More at once than one transaction may hold (etcd, --max-txn-ops) go out with the next rounds. */
const mostAtOnce = 50;

/**
 * Status records hang on this server's lease: when it is gone, so is what it said, and nobody takes it for current.
 * What the store shows is compared with what is, so that an answer that was lost, or a write that takes place late, is put
 * right by the next one. One write for each look at the store.
 */
export function createStatusPublisher(options: {
  readonly server: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly state: EngineState;
}): StatusPublisher {
  const { server, keys, store, state } = options;
  let writing = false;
  let writtenFrom: InstantMs | undefined;

  function changes(
    snapshot: Snapshot,
    lease: LeaseState,
  ): readonly { readonly key: string; readonly status: HierarchyStatus }[] {
    const { view, statuses } = snapshot;
    if (view.sessions[server]?.incarnation !== lease.incarnation) return [];
    const shown = new Map(
      statuses.filter((status) => status.server === server).map((status) => [status.hierarchy, status]),
    );
    return Object.values(view.hierarchies)
      .filter((hierarchy) => hierarchy.priorities[server] !== undefined)
      .flatMap((hierarchy) => {
        const held = state.hierarchies.get(hierarchy.id);
        if (!held) return [];
        const mark = failureOf(view, hierarchy.id, server)?.reason;
        const status = statusOf(hierarchy, held, { server, incarnation: lease.incarnation, mark });
        const isShown = JSON.stringify(shown.get(hierarchy.id)) === JSON.stringify(status);
        return isShown ? [] : [{ key: keys.status(server, hierarchy.id), status }];
      });
  }

  function publish(lease: LeaseState | undefined): void {
    const { snapshot, snapshotAt } = state;
    if (writing || !lease || !snapshot || snapshotAt === writtenFrom) return;
    const changed = changes(snapshot, lease).slice(0, mostAtOnce);
    if (changed.length === 0) return;
    writing = true;
    writtenFrom = snapshotAt;
    const compared = [keys.session(server), ...changed.map(({ key }) => key)];
    const compare = compared.map((key) => asSeen({ snapshot }, key));
    const write = changed.map(({ key, status }) => put(key, status, lease.lease));
    store
      .commit({ compare, write })
      .catch(() => {})
      .finally(() => {
        writing = false;
      });
  }

  return { publish };
}
