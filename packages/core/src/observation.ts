import type {
  CommunicationPath,
  Desired,
  FailureMark,
  Hierarchy,
  HierarchyId,
  Incarnation,
  Operation,
  OperationId,
  Owner,
  Server,
  ServerName,
  Session,
  Settings,
  Tag,
  Term,
} from './model.ts';
import type { TimingProfile } from './profile.ts';
import type { Promises } from './failsafe.ts';
import type { InstantMs } from './time.ts';
import type { Reason } from './verdict.ts';

/** What is known of something that lives elsewhere. `unknown` is never read as false, stopped or dead (S5). */
export type Observed<T> =
  | { readonly state: 'known'; readonly value: T; readonly at: InstantMs }
  | { readonly state: 'unknown'; readonly since: InstantMs; readonly why: string };

/** The store at one revision, as records. */
export interface StoreView {
  readonly revision: number;
  /** `undefined` before the cluster has any. */
  readonly settings: Settings | undefined;
  readonly servers: Readonly<Record<ServerName, Server>>;
  readonly paths: readonly CommunicationPath[];
  readonly hierarchies: Readonly<Record<HierarchyId, Hierarchy>>;
  readonly desired: Readonly<Record<HierarchyId, Desired>>;
  readonly terms: Readonly<Record<HierarchyId, Term>>;
  readonly owners: Readonly<Record<HierarchyId, Owner>>;
  /** Who owned it in its last term, also when the owner key has gone with its lease. */
  readonly lastOwners: Readonly<Record<HierarchyId, ServerName>>;
  readonly sessions: Readonly<Record<ServerName, Session>>;
  readonly failures: readonly FailureMark[];
  readonly operations: Readonly<Record<OperationId, Operation>>;
}

/** One instance on this server, as the last action or check left it. */
export type InstanceActivity =
  /** Not looked at yet. */
  | { readonly state: 'unknown' }
  | { readonly state: 'stopped' }
  /** Started or found running in `term`. */
  | { readonly state: 'running'; readonly term: Term }
  /** Dead, half there, or it could not be started or stopped: something of it may be active. */
  | {
      readonly state: 'failed';
      readonly during: 'restore' | 'running' | 'remove' | 'kill';
      readonly scope: 'server' | 'data';
      readonly reason: Reason;
    }
  | { readonly state: 'busy'; readonly action: 'check' | 'restore' | 'recover' | 'remove' | 'kill' };

/** What this server remembers of a hierarchy between two rounds. */
export interface HierarchyMemory {
  /** Since when this server has seen no owner key. */
  readonly ownerAbsentSince: InstantMs | undefined;
  /** When local recoveries began, oldest first. */
  readonly recoveries: readonly InstantMs[];
  /** This server has given the hierarchy up in this term. */
  readonly givenUp:
    | {
        readonly term: Term;
        readonly scope: 'server' | 'data';
        readonly reason: Reason;
        readonly at: InstantMs;
      }
    | undefined;
  /** Since when this server has known its own failure mark. */
  readonly markedSince: InstantMs | undefined;
  /** A change of ownership or of an operation is on its way to the store. */
  readonly committing: boolean;
  /** Do not try to kill again before this instant. */
  readonly killAgainAt: InstantMs | undefined;
  /** When this server saw it get another owner without anybody asking for that, oldest first. */
  readonly moves: readonly InstantMs[];
  /** Since when a server could have run it, without a pause, in one life of its session (H-05). */
  readonly healthy: Readonly<Record<ServerName, HealthySince>>;
}

export interface HealthySince {
  readonly incarnation: Incarnation;
  readonly since: InstantMs;
}

export interface HierarchyObservation {
  readonly instances: Readonly<Record<Tag, InstanceActivity>>;
  readonly memory: HierarchyMemory;
}

/** Everything that one decision may depend on: plain data, frozen, enough to decide the same again (B-04). */
export interface Observation {
  readonly now: InstantMs;
  readonly self: {
    readonly server: ServerName;
    readonly role: 'member' | 'witness';
    readonly version: string;
    /** False while this server is being shut down. */
    readonly accepting: boolean;
  };
  readonly profile: TimingProfile;
  readonly lease:
    | {
        readonly lease: string;
        readonly incarnation: Incarnation;
        readonly goodUntil: InstantMs;
        /** What runs may go on until then, because every other server has promised to take nothing (C-08). */
        readonly failsafeUntil?: InstantMs | undefined;
      }
    | undefined;
  /** What this server has promised others; nothing where it is left out. */
  readonly promises?: Promises | undefined;
  readonly store: Observed<StoreView>;
  /** The configuration as last read: what runs here must be stopped in order also when the store is unknown. */
  readonly lastHierarchies: Readonly<Record<HierarchyId, Hierarchy>>;
  readonly hierarchies: Readonly<Record<HierarchyId, HierarchyObservation>>;
  /** Kits whose resources are repaired beneath their running parents. */
  readonly repairedInPlace: readonly string[];
  readonly sessionCommitting: boolean;
  /** When this server saw the session of a server end, oldest first: one that comes and goes is not steady. */
  readonly sessionEnds: Readonly<Record<ServerName, readonly InstantMs[]>>;
}

export const noMemory: HierarchyMemory = {
  ownerAbsentSince: undefined,
  recoveries: [],
  givenUp: undefined,
  markedSince: undefined,
  committing: false,
  killAgainAt: undefined,
  moves: [],
  healthy: {},
};
