import type { Keys } from '@holdfast/contract';
import { failureOf } from '@holdfast/core';
import type { LeaseState, Store } from './ports.ts';
import type { EngineState } from './state.ts';
import { statusOf } from './status.ts';
import { asSeen, put } from './transactions.ts';

export interface StatusPublisher {
  /** Shows this server's instances to the others when something about them has changed. */
  publish(lease: LeaseState | undefined): void;
}

/**
 * Status records hang on this server's lease: when it is gone, so is what it said, and nobody takes it for current.
 * One write at a time; what changes meanwhile goes out with the next round.
 */
export function createStatusPublisher(options: {
  readonly server: string;
  readonly keys: Keys;
  readonly store: Store;
  readonly state: EngineState;
}): StatusPublisher {
  const { server, keys, store, state } = options;
  const published = new Map<string, string>();
  let writing = false;

  function changes(
    lease: LeaseState,
  ): readonly { readonly key: string; readonly status: object; readonly text: string }[] {
    const view = state.snapshot?.view;
    if (view?.sessions[server]?.incarnation !== lease.incarnation) return [];
    return Object.values(view.hierarchies)
      .filter((hierarchy) => hierarchy.priorities[server] !== undefined)
      .flatMap((hierarchy) => {
        const held = state.hierarchies.get(hierarchy.id);
        if (!held) return [];
        const mark = failureOf(view, hierarchy.id, server)?.reason;
        const status = statusOf(hierarchy, held, { server, incarnation: lease.incarnation, mark });
        const text = JSON.stringify(status);
        const key = keys.status(server, hierarchy.id);
        return published.get(key) === text ? [] : [{ key, status, text }];
      });
  }

  function publish(lease: LeaseState | undefined): void {
    if (writing || !lease || !state.snapshot) return;
    const changed = changes(lease).slice(0, 50);
    if (changed.length === 0) return;
    writing = true;
    const compare = [asSeen({ snapshot: state.snapshot }, keys.session(server))];
    const write = changed.map(({ key, status }) => put(key, status, lease.lease));
    store
      .commit({ compare, write })
      .then((done) => {
        if (done) for (const { key, text } of changed) published.set(key, text);
      })
      // An unanswered write may have taken place: the record is written again, whatever was there before.
      .catch(() => {
        for (const { key } of changed) published.delete(key);
      })
      .finally(() => {
        writing = false;
      });
  }

  return { publish };
}
