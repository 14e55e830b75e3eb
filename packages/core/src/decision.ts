import type { HierarchyId, OperationId, ServerName, Tag, Term } from './model.ts';
import type { InstantMs } from './time.ts';
import type { Reason } from './verdict.ts';

/** How an operation ends, together with the change that ends it. */
export interface OperationEnd {
  readonly operation: OperationId;
  readonly state: 'done' | 'failed';
  readonly reason: Reason | undefined;
}

/**
 * What one server may do for one hierarchy. Actions on instances carry their term; the executor tests term and lease
 * again right before each act (S4). Changes of the store carry no revision: the executor compares with what was observed.
 */
export type Action =
  | { readonly kind: 'check'; readonly tag: Tag }
  | { readonly kind: 'restore'; readonly tag: Tag; readonly term: Term }
  | { readonly kind: 'recover'; readonly tag: Tag; readonly term: Term }
  /** `recovery`: this stop begins a local recovery, and counts as one. */
  | { readonly kind: 'remove'; readonly tag: Tag; readonly recovery: boolean }
  /** A start that is under way is no longer wanted. */
  | { readonly kind: 'abort'; readonly tag: Tag }
  /** Stopping failed: end everything of the hierarchy by force. */
  | { readonly kind: 'kill' }
  | {
      readonly kind: 'give-up';
      readonly term: Term;
      readonly scope: 'server' | 'data';
      readonly reason: Reason;
    }
  | { readonly kind: 'forget-giving-up' }
  | { readonly kind: 'acquire'; readonly term: Term }
  /** `kept`: the term whose server keeps it for itself; nobody else takes it unasked (C-07). */
  | { readonly kind: 'release'; readonly kept: Term | undefined; readonly end: OperationEnd | undefined }
  /** `mark`: why this server is not eligible from now on. */
  | {
      readonly kind: 'hand-over';
      readonly to: ServerName;
      readonly term: Term;
      readonly mark: Reason | undefined;
      readonly end: OperationEnd | undefined;
    }
  | { readonly kind: 'mark-and-release'; readonly mark: Reason; readonly end: OperationEnd | undefined }
  /** Asks for the return to a preferred server, as an operator would (H-05). */
  | { readonly kind: 'begin-switchback'; readonly to: ServerName; readonly operation: OperationId }
  /** The guard holds the plan of what a person may start by hand (S3, R-07). */
  | { readonly kind: 'protect'; readonly term: Term }
  | { readonly kind: 'clear-mark' }
  | { readonly kind: 'end-operation'; readonly end: OperationEnd };

export interface HierarchyDecision {
  readonly hierarchy: HierarchyId;
  /** Number of the row of `hierarchyTable` that was taken. */
  readonly row: number;
  readonly reason: Reason;
  readonly actions: readonly Action[];
}

export interface Decision {
  /** Put this server's session under its lease: it is there. */
  readonly openSession: boolean;
  readonly hierarchies: readonly HierarchyDecision[];
  /** Decide again at this instant at the latest, even if nothing happens. */
  readonly wakeAt: InstantMs | undefined;
}
