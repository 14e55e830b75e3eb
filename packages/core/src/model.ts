import type { ProfileName } from './profile.ts';
import type { WallTime } from './time.ts';
import type { Reason } from './verdict.ts';

/** Name of a server, unique in the cluster: lower-case letters, digits, `-`. */
export type ServerName = string;
/** Unique name of a resource (K-04). */
export type Tag = string;
/** Name of a hierarchy: the tag of its root at creation. It stays when the root changes. */
export type HierarchyId = string;
/** Name of one operation that somebody asked for. */
export type OperationId = string;
/** Names one life of a server's lease. A new guard that cannot continue the old lease starts a new incarnation. */
export type Incarnation = string;
/** Counts the owners of a hierarchy; it only grows (S4). */
export type Term = number;

/** Parameters of a kit: what its schema says, checked at the border. */
export type Parameters = Readonly<Record<string, unknown>>;

/** One protected thing, as the whole cluster knows it. */
export interface Resource {
  readonly tag: Tag;
  readonly kit: string;
  /** Parameters that hold on every server. */
  readonly parameters: Parameters;
  /** Resources that must run before this one starts, and until it has stopped (S7). */
  readonly children: readonly Tag[];
  /** Parameters of one server, laid over the shared ones. */
  readonly instances: Readonly<Record<ServerName, Parameters>>;
  readonly checks: Checks;
  /** Limits of the kit that were set for this resource, over those of the cluster and of the server (K-18). */
  readonly tunables: Tunables;
}

/** Settings of a kit by their names in the defaults file: whole numbers (K-18). */
export type Tunables = Readonly<Record<string, number>>;

/** When a resource is checked, and what counts as its failure. */
export interface Checks {
  /** Milliseconds between two checks; 0 turns that check off. */
  readonly quickEveryMs: number;
  readonly deepEveryMs: number;
  /** Milliseconds that one check may take. */
  readonly quickDeadlineMs: number;
  readonly deepDeadlineMs: number;
  /** Bad answers in a row that are a failure. */
  readonly badQuick: number;
  readonly badDeep: number;
}

/** How a hierarchy is repaired where it runs before it moves. */
export interface RecoveryPolicy {
  readonly localRecovery: boolean;
  /** At most this many local recoveries in `windowMs`; the next failure in the window moves the hierarchy. */
  readonly attempts: number;
  readonly windowMs: number;
  /** A server that failed is tried again after this rest. */
  readonly restMs: number;
  /**
   * At most this many moves in `failoverWindowMs` that nobody asked for; then the hierarchy rests where it is, or without an
   * owner, until the window has passed or an operator asks.
   */
  readonly failovers: number;
  readonly failoverWindowMs: number;
}

/** Whether a hierarchy goes back to a more preferred server once that is healthy again (H-05). */
export type Switchback =
  { readonly kind: 'intelligent' } | { readonly kind: 'automatic'; readonly healthyForMs: number };

/** Resources joined by dependencies. In service on at most one server, and moves as a whole (S1). */
export interface Hierarchy {
  readonly id: HierarchyId;
  readonly resources: readonly Resource[];
  /** 1 to 999, the smaller the more preferred; a server that is not here cannot run the hierarchy. */
  readonly priorities: Readonly<Record<ServerName, number>>;
  readonly recovery: RecoveryPolicy;
  readonly switchback: Switchback;
  /** It is watched and reported, and nothing of it is moved, repaired or started. */
  readonly maintenance: boolean;
}

/** `switchover`: it goes to the next server. `stop`: it stays stopped, and starts again there when that server is back (C-07). */
export type ShutdownStrategy = 'switchover' | 'stop';

export interface Server {
  readonly name: ServerName;
  readonly role: 'member' | 'witness';
  /** First address: where the daemon listens and etcd's member is. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly etcdClientPort: number;
  readonly etcdPeerPort: number;
  /**
   * `voter`: an etcd member of its own has a vote; `learner`: it is on its way to that; `client`: it turns to the voters'
   * members; `external`: its etcd is tended by somebody else.
   */
  readonly etcd: 'voter' | 'learner' | 'client' | 'external';
  /** When this server dies, what ran here is taken over only once an operator has agreed. */
  readonly confirmFailover: boolean;
  /**
   * A failed resource does not leave this server, and nothing comes here that nobody asked for; an operator may still move it
   * . The death of the whole server is the business of `confirmFailover`.
   */
  readonly blockFailover: boolean;
  /** What becomes of what runs here when this server is shut down in order (C-07). */
  readonly shutdownStrategy: ShutdownStrategy;
  /** Those with which this server may prove who it is; they are revoked when it leaves the cluster (S-01). */
  readonly certificates: readonly ServerCertificate[];
}

/** Hexadecimal digits in capitals, as OpenSSL shows them; unique among the certificates of one authority. */
export type CertificateSerial = string;

/** A certificate that was issued to a server: for its port and its etcd member, or for its calls to etcd (S-01). */
export interface ServerCertificate {
  readonly serial: CertificateSerial;
  readonly use: 'server' | 'etcd-client';
  /** Which authority issued it: SHA-256 of that one's certificate, in lower-case hexadecimal digits. */
  readonly authority: string;
  readonly notAfter: WallTime;
}

/** A certificate that opens nothing any more, although its time has not ended (S-01). */
export interface Revocation {
  readonly server: ServerName;
  readonly notAfter: WallTime;
}

/** What holds for the whole cluster. */
export interface Settings {
  readonly profile: ProfileName;
  /** Every hierarchy is in maintenance. */
  readonly maintenance: boolean;
  /** What runs goes on while etcd has no majority and all servers see each other (C-08); on unless it is false. */
  readonly failsafe?: boolean | undefined;
  readonly tunables: Tunables;
}

/** One communication path: two ends, each an address of its server (C-02). */
export interface CommunicationPath {
  readonly id: string;
  readonly ends: readonly [PathEnd, PathEnd];
  readonly priority: number;
  readonly intervalMs: number;
  readonly misses: number;
}

export interface PathEnd {
  readonly server: ServerName;
  readonly address: string;
}

/** What an operator wants of a hierarchy. `target` is set only while a move is under way. */
export type Desired =
  | {
      readonly kind: 'in-service';
      readonly operation: OperationId | undefined;
      readonly target: ServerName | undefined;
      /** Where it ran when the move was asked for: it goes back there when the target fails (H-04). */
      readonly from: ServerName | undefined;
      /** An operator has agreed that what its owner of this term left may be taken over. */
      readonly confirmed?: Term | undefined;
      /** Where an operator put it: automatic switchback does not undo that (H-05). */
      readonly chosen?: ServerName | undefined;
      /** The server of this term was shut down in order, stopped it, and keeps it for itself (C-07). */
      readonly kept?: Term | undefined;
    }
  | { readonly kind: 'out-of-service'; readonly operation: OperationId | undefined; readonly by: string };

/** Who holds a lease: the store's number of it, and the incarnation that its keys carry. */
export interface LeaseHolder {
  readonly lease: string;
  readonly incarnation: Incarnation;
}

/** The ownership key: lives under the owner's lease. */
export interface Owner {
  readonly server: ServerName;
  readonly incarnation: Incarnation;
  readonly term: Term;
}

/** Proof that a server is there: lives under its lease. */
export interface Session {
  readonly server: ServerName;
  readonly incarnation: Incarnation;
  readonly version: string;
  /** The lease under which a hierarchy is handed to this server. */
  readonly lease: string;
  /** False while the server is being shut down or cannot run any kit: it is handed nothing. */
  readonly accepting: boolean;
}

/** Why a server is kept from running a hierarchy. Void as soon as the server has another incarnation. */
export interface FailureMark {
  readonly hierarchy: HierarchyId;
  readonly server: ServerName;
  readonly incarnation: Incarnation;
  readonly reason: Reason;
  readonly at: WallTime;
}

export type OperationKind = 'in-service' | 'out-of-service';

/** Something that an operator asked for. It ends as done or failed, whatever dies in between (H-07). */
export interface Operation {
  readonly id: OperationId;
  readonly kind: OperationKind;
  readonly hierarchy: HierarchyId;
  readonly target: ServerName | undefined;
  readonly state: 'running' | 'done' | 'failed';
  readonly by: string;
  readonly at: WallTime;
  readonly reason: Reason | undefined;
}

export type InstanceState =
  'in-service' | 'standby' | 'starting' | 'stopping' | 'failed' | 'degraded' | 'unknown';

/** What a server says of its instances of one hierarchy: for people and for other servers' pages. */
export interface HierarchyStatus {
  readonly server: ServerName;
  readonly hierarchy: HierarchyId;
  readonly incarnation: Incarnation;
  readonly instances: Readonly<
    Record<Tag, { readonly state: InstanceState; readonly reason: Reason | undefined }>
  >;
}
