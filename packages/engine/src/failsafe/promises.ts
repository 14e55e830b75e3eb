import { createError, type Keys } from '@holdfast/contract';
import {
  judgePromise,
  longestFailsafeMs,
  promisedUntil,
  refuse,
  type InstantMs,
  type PromiseRequest,
  type PromiserKnowledge,
  type Promises,
  type ServerName,
  type Verdict,
} from '@holdfast/core';
import type { Clock, Store, Transaction } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';

/**
 * Where a server keeps what it has promised: it must be there in the next life of the daemon, and need not be there after
 * the machine has been off. Both are quick; `write` throws when it was not written.
 */
export interface PromiseRecords {
  /** `undefined` when this boot of the machine has none, or none that can be read. */
  read(): Promises | undefined;
  write(promises: Promises): void;
}

/** The rules of a promise: the shipped ones, unless a test proves that broken ones are caught. */
export interface PromiseRules {
  readonly judgePromise: typeof judgePromise;
}

export interface PromiseKeeperOptions {
  readonly server: ServerName;
  readonly keys: Keys;
  readonly clock: Pick<Clock, 'now'>;
  readonly records: PromiseRecords;
  readonly rules?: PromiseRules;
}

/** What this server has promised others (C-08). Made before the store is read for the first time. */
export interface PromiseKeeper {
  /** Answers another server's question; the promise binds before this returns. */
  promise(from: ServerName, asked: PromiseRequest): Verdict;
  /** For decisions: a promise binds what this server takes. */
  promises(): Promises;
  /** Takes a new look at the store in. `sentAt`: when it was asked for. */
  accept(snapshot: Snapshot, sentAt: InstantMs): void;
  /** The newest look, as long as this server knows of no newer configuration. */
  known(): Snapshot | undefined;
  /**
   * The store for whatever changes the configuration or creates something: refused while a promise stands (`HF-FAILSAFE-001`),
   * so that there is never a server that could take something and has not been asked.
   */
  bind(store: Store): Store;
}

/**
 * Keeps this server's promises. In the first life after the machine was off nothing is known of earlier ones: then this server
 * takes nothing of others' for as long as the longest promise may last.
 */
export function createPromiseKeeper(options: PromiseKeeperOptions): PromiseKeeper {
  const { server, keys, clock, records, rules = { judgePromise } } = options;
  let kept: Promises = records.read() ?? { toAll: clock.now() + longestFailsafeMs, to: {} };
  let look: Snapshot | undefined;
  /** A look that was sent before has not seen what this server itself has changed. */
  let seenFrom: InstantMs = Number.NEGATIVE_INFINITY;
  let registering = 0;
  records.write(kept);

  function knowledge(): PromiserKnowledge | undefined {
    return (
      look && {
        isOn: look.settings?.failsafe !== false,
        configuration: look.configRevision,
        sessions: look.view.sessions,
      }
    );
  }

  function promise(from: ServerName, asked: PromiseRequest): Verdict {
    if (from === server) return refuse('asked-itself');
    if (asked.forMs > longestFailsafeMs) return refuse('asked-for-too-long', { forMs: asked.forMs });
    const verdict = rules.judgePromise(knowledge(), from, asked);
    if (!verdict.allowed) return verdict;
    const now = clock.now();
    const standing = Object.entries(kept.to).filter(([, until]) => now < until);
    // Never shortened: an answer to an earlier question may still be on its way.
    const until = Math.max(now + asked.forMs, kept.to[from] ?? Number.NEGATIVE_INFINITY);
    kept = { ...kept, to: { ...Object.fromEntries(standing), [from]: until } };
    try {
      records.write(kept);
    } catch (error) {
      return refuse('promise-not-recorded', {
        message: error instanceof Error ? error.message : String(error),
      });
    }
    return verdict;
  }

  function accept(snapshot: Snapshot, sentAt: InstantMs): void {
    if (registering === 0 && sentAt >= seenFrom) look = snapshot;
  }

  /** Until when some promise that was asked for stands. */
  function standsFor(): number | undefined {
    const now = clock.now();
    const until = promisedUntil({ ...kept, toAll: Number.NEGATIVE_INFINITY }, undefined, now);
    return until === undefined ? undefined : Math.ceil(until - now);
  }

  function names(transaction: Transaction, prefix: string): boolean {
    return transaction.write.some((one) => ('put' in one ? one.put : one.delete).startsWith(prefix));
  }

  function takesSomething({ write }: Transaction): boolean {
    return write.some((one) => 'put' in one && one.put.startsWith(keys.owner('')));
  }

  async function commit(store: Store, transaction: Transaction): Promise<boolean> {
    const isBound = names(transaction, keys.config) || takesSomething(transaction);
    const forMs = isBound ? standsFor() : undefined;
    if (forMs !== undefined) throw createError('HF-FAILSAFE-001', { server, forMs });
    if (!names(transaction, keys.server(''))) return store.commit(transaction);
    // Whoever lets a server in knows of it before it promises anything again, also when the store falls silent now.
    look = undefined;
    registering += 1;
    try {
      return await store.commit(transaction);
    } finally {
      registering -= 1;
      seenFrom = clock.now();
    }
  }

  return {
    promise,
    accept,
    promises: () => kept,
    known: () => look,
    bind: (store) => ({ ...store, commit: (transaction) => commit(store, transaction) }),
  };
}
