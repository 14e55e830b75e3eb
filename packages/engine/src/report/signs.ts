import type { ReportPhase } from '@holdfast/contract';
import type {
  Hierarchy,
  HierarchyId,
  HierarchyStatus,
  InstantMs,
  Reason,
  ServerName,
  StoreView,
  Tag,
  Term,
} from '@holdfast/core';
import type { EngineEvent } from '../ports.ts';

/** One look at the store, with what this server knew besides at that moment. Instants are this server's own (S9). */
export interface Look {
  /** When the read was sent: all that it shows was so then or later. */
  readonly sentAt: InstantMs;
  readonly seenAt: InstantMs;
  readonly view: StoreView;
  readonly statuses: readonly HierarchyStatus[];
  /** When each other server last answered a heartbeat. */
  readonly heardAt: Readonly<Record<ServerName, InstantMs>>;
  readonly leaseTtlMs: number;
}

/** What a report is made from. */
export type Sign =
  | { readonly kind: 'event'; readonly event: EngineEvent }
  | { readonly kind: 'look'; readonly look: Look }
  /** A check of something that runs here was answered well. */
  | { readonly kind: 'good'; readonly at: InstantMs; readonly tag: Tag; readonly depth: 'quick' | 'deep' }
  /** This server has decided something else, or for another reason, than before. */
  | { readonly kind: 'decided'; readonly at: InstantMs; readonly reason: Reason };

/** A step of a report before it is told relative to the beginning. */
export interface Step {
  readonly at: InstantMs;
  readonly server: ServerName;
  readonly tag: Tag | undefined;
  readonly code: string;
  readonly facts: Reason['facts'];
  readonly phase: ReportPhase;
}

/** A time in which a hierarchy is not in service, from the last good sign on. */
export interface Incident {
  readonly from: ServerName | undefined;
  readonly steps: readonly Step[];
  readonly omitted: number;
  readonly cause: Reason | undefined;
  /** Where an operator asked it to go. */
  readonly target: ServerName | undefined;
  /** Another server than `from` and this one has had it in between, or this one while it came from itself. */
  readonly elsewhere: boolean;
  readonly skipped: readonly { readonly server: ServerName; readonly reason: Reason }[];
  /** A report that it rests has been made already. */
  readonly rested: boolean;
}

/** What is remembered of one hierarchy between two signs. */
export interface ReportMemory {
  readonly server: ServerName;
  readonly id: HierarchyId;
  readonly hierarchy: Hierarchy | undefined;
  readonly view: StoreView | undefined;
  readonly owner: ServerName | undefined;
  readonly term: Term;
  /** What the owner, where that is another server, says of its instances. */
  readonly status: HierarchyStatus | undefined;
  /** The last look at which all was well on another server. */
  readonly lastGood: { readonly at: InstantMs; readonly server: ServerName } | undefined;
  /** Last good answers of checks here, by tag and depth. */
  readonly goodChecks: Readonly<Record<string, InstantMs>>;
  /** What does not run here yet, while this server is the owner. */
  readonly down: readonly Tag[];
  /** What is being started or stopped here. */
  readonly busy: readonly Tag[];
  /** Steps that may belong to an incident that begins later with an earlier sign. */
  readonly recent: readonly Step[];
  readonly incident: Incident | undefined;
}

/** What `server` remembers of a hierarchy of which it has seen nothing yet. */
export function createReportMemory(server: ServerName, id: HierarchyId): ReportMemory {
  return {
    server,
    id,
    hierarchy: undefined,
    view: undefined,
    owner: undefined,
    term: 0,
    status: undefined,
    lastGood: undefined,
    goodChecks: {},
    down: [],
    busy: [],
    recent: [],
    incident: undefined,
  };
}
