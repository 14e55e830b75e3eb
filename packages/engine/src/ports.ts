import type { EventCode } from '@holdfast/contract';
import type {
  Checks,
  Decision,
  InstantMs,
  Incarnation,
  HierarchyId,
  Observation,
  Parameters,
  Promised,
  Reason,
  ServerName,
  Tag,
  Term,
  Tunables,
  Verdict,
} from '@holdfast/core';

/** The only clock the engine may look at: this server's monotonic one. */
export interface Clock {
  now(): InstantMs;
  /** Wall clock for records that people read. */
  wallTime(): string;
  /** Calls back once, not before `at`. Returns how to take that back. */
  wakeAt(at: InstantMs, callback: () => void): () => void;
}

/** One key as the store has it. Revisions are etcd's: they grow with every change of the whole store. */
export interface StoreEntry {
  readonly key: string;
  readonly value: string;
  readonly createRevision: number;
  readonly modRevision: number;
  /** The lease the key hangs on, as etcd's decimal number; `0` for none. */
  readonly lease: string;
}

/** A condition of a transaction. `absent` is etcd's "create revision = 0". */
export type Compare =
  | { readonly key: string; readonly is: 'absent' }
  | { readonly key: string; readonly is: 'present' }
  | { readonly key: string; readonly is: 'unchanged'; readonly modRevision: number };

export type Write =
  { readonly put: string; readonly value: string; readonly lease?: string } | { readonly delete: string };

export interface Transaction {
  readonly compare: readonly Compare[];
  readonly write: readonly Write[];
}

/**
 * The arbiter, as little of etcd as Holdfast needs. Every call has a deadline of its own and rejects when it passes;
 * a rejected commit may still have taken place, so the caller reads again before it concludes anything.
 */
export interface Store {
  /** Linearizable: at least as new as every commit that was answered before the call. Sorted by key. */
  read(prefix: string): Promise<{ readonly revision: number; readonly entries: readonly StoreEntry[] }>;
  /** All or nothing. Answers whether the conditions held. */
  commit(transaction: Transaction): Promise<boolean>;
  /** Calls back after a change below the prefix: a hint to read, which may come late, twice or never. */
  watch(prefix: string, onChange: () => void): () => void;
}

/** What the guard says of the lease it keeps. `goodUntil` is S2's: send time of the last answered renewal + TTL - allowance. */
export interface LeaseState {
  readonly lease: string;
  readonly incarnation: Incarnation;
  readonly goodUntil: InstantMs;
  /** What runs may go on until then although the lease is not renewed: all others have promised to take nothing (C-08). */
  readonly failsafeUntil?: InstantMs | undefined;
}

/** Until when what runs may go on running; from then on the guard stops it (S3). Nothing is started after `goodUntil` (S2). */
export function heldUntil({
  goodUntil,
  failsafeUntil,
}: Omit<LeaseState, 'lease' | 'incarnation'>): InstantMs {
  return Math.max(goodUntil, failsafeUntil ?? Number.NEGATIVE_INFINITY);
}

/** One step of ending a hierarchy without asking it. Steps are carried out in order, each idempotent. */
export type KillStep =
  /** Takes an address off its interface. */
  | { readonly kind: 'address'; readonly address: string; readonly device: string }
  /**
   * Ends every process of a family at once: those that run `executable` with `directory` as working directory. `mark`
   * only where several servers share the machine: `NAME=value` in the environment of this server's own. What has another
   * value there is another server's, and is left alone.
   */
  | {
      readonly kind: 'processes';
      readonly executable: string;
      readonly directory: string;
      readonly mark?: string;
    }
  /** Kills every process of a service unit. */
  | { readonly kind: 'unit'; readonly unit: string }
  /** Takes a mounted volume away, and ends whoever uses it when it is busy. */
  | { readonly kind: 'unmount'; readonly mountPoint: string }
  /** Forgets a bookkeeping file that stands for "up" where the kernel has no such state. */
  | { readonly kind: 'forget'; readonly file: string };

/** The process beside the daemon that keeps the lease and stops what must not outlive it (S3). */
export interface Guard {
  /** `undefined` while there is no lease: none yet, lost, or given back. */
  state(): LeaseState | undefined;
  /** A loop round is complete: the daemon is alive. */
  alive(): void;
  /** Must have answered before anything of the hierarchy is started. Replaces an earlier plan of the hierarchy. */
  plan(hierarchy: HierarchyId, term: Term, steps: readonly KillStep[]): Promise<void>;
  /** After everything of the hierarchy has stopped. */
  drop(hierarchy: HierarchyId): Promise<void>;
  /** Forgets the plans of all other hierarchies: those are not configured any more, or never came to be. */
  retain(hierarchies: readonly HierarchyId[]): Promise<void>;
  /** Carries the plan out now. Rejects when something is still active afterwards. */
  kill(hierarchy: HierarchyId): Promise<void>;
  /**
   * All other servers have promised to take nothing of this one's, counted from `sentAt`, when the sleep clock stood at `sleptMs`.
   * Rejects when the guard does not take it: the lease is another one, or is ending.
   */
  hold(promised: Promised & { readonly sleptMs: number }): Promise<void>;
  /** Calls back when the lease is lost, replaced or granted. */
  onChange(callback: () => void): () => void;
}

/** Which instance an action is for: the resource with this server's parameters laid over the shared ones. */
export interface InstanceRef {
  readonly hierarchy: HierarchyId;
  readonly tag: Tag;
  readonly kit: string;
  readonly parameters: Parameters;
  readonly checks: Checks;
  readonly tunables: Tunables;
}

/**
 * How an action or a check ended.
 * `failed` with scope `data`: the cause would follow the data to any server. `unknown` is never read as stopped (S5).
 */
export type ActionResult =
  | { readonly state: 'ok'; readonly warning?: Reason }
  | { readonly state: 'not-running'; readonly reason: Reason }
  | { readonly state: 'failed'; readonly scope: 'server' | 'data'; readonly reason: Reason }
  | { readonly state: 'unknown'; readonly reason: Reason };

export interface ActionContext {
  /** The term the action belongs to. */
  readonly term: Term;
  /** It belongs to a creation: no server has had the resource before. */
  readonly isFirst?: boolean;
  /** May this still be done? Asked immediately before every act that starts or takes something (S4). */
  permit(): Verdict;
  /** Aborts when the action must not go on: its term ended, the lease is gone, the hierarchy is to stop. */
  readonly signal: AbortSignal;
  /** Tells how far a long action is. */
  progress(reason: Reason): void;
}

/** The recovery kits, applied to this server's instances. Every action is idempotent and ends within its own deadline. */
export interface Instances {
  restore(instance: InstanceRef, context: ActionContext): Promise<ActionResult>;
  /** `ok` when it does not run any more, also when it never did. Needs no permit: stopping is always allowed. */
  remove(instance: InstanceRef, context: Omit<ActionContext, 'permit'>): Promise<ActionResult>;
  /** Repairs beneath running parents. Only where `repairsInPlace`. */
  recover(instance: InstanceRef, context: ActionContext): Promise<ActionResult>;
  repairsInPlace(kit: string): boolean;
  /** `ok`: runs. `not-running`: certainly stopped. `failed`: partly there or dead. Cheap, at most 1 s. */
  quickCheck(instance: InstanceRef): Promise<ActionResult>;
  deepCheck(instance: InstanceRef): Promise<ActionResult>;
  /** Calls back when something that was seen running has ended; a hint to check. */
  watch(instance: InstanceRef, onEnd: () => void): () => void;
  killPlan(instance: InstanceRef): readonly KillStep[];
  /** Milliseconds that `remove` may take, where settings of the resource allow it more than the executor does. */
  removeLimitMs?(instance: InstanceRef): number | undefined;
}

/** Where the engine tells what happened, for people. Never blocks and never throws. */
export interface Reporter {
  event(event: EngineEvent): void;
  /** One decided round that differs from the one before: enough to decide it again (B-04). */
  journal(entry: { readonly observation: Observation; readonly decision: Decision }): void;
}

export interface EngineEvent {
  readonly code: EventCode;
  readonly severity: 'info' | 'warning' | 'alarm';
  readonly server: ServerName;
  readonly hierarchy?: HierarchyId;
  readonly tag?: Tag;
  readonly at: string;
  readonly instant: InstantMs;
  readonly facts: Reason['facts'];
}
