import type { Readable } from 'node:stream';
import type { Keys, ServerFile } from '@holdfast/contract';
import type { ProfileName } from '@holdfast/core';
import type { Engine, FailsafeState, Guard, Instances, Store } from '@holdfast/engine';
import type { CheckContext, Host, Kit } from '@holdfast/kits';
import type { AuditLog } from '../access/index.ts';
import type { CertificateKeeper } from '../certificates/tend.ts';
import type { CareRecords } from '../care/care-records.ts';
import type { CommandAsked } from '../exec/commands.ts';
import type { Stalls } from '../doctor/stalls.ts';
import type { EventLog } from '../event-log.ts';
import type { KeptOperations } from './kept-operations.ts';
import type { TunableSources } from '../tunables.ts';
import type { ReportLog } from '../reports/report-log.ts';

/** What one end of a communication path knows of it. */
export interface PathView {
  readonly id: string;
  readonly peer: string;
  readonly state: 'alive' | 'dead' | 'unknown';
  readonly roundTripMs: number | undefined;
  readonly misses: number;
  readonly flaps: number;
}

/** What the doctor looks at that nobody else needs. */
export interface Instruments {
  readonly stateDirectory: string;
  /** Of the etcd members that this server turns to. Rejects when none answers. */
  etcdVersions(): Promise<readonly string[]>;
  stalls(): Stalls;
}

/** What leaving the cluster and taking servers out of it needs besides the store. */
export interface MembershipPort {
  /** The other voters of etcd, and how many of them answer; `undefined` where somebody else tends it. */
  votersWithout(server: string): Promise<{ readonly alive: number; readonly voters: number } | undefined>;
  /** Takes this server's vote back. Rejects when etcd refuses; {@link claimVoteAgain} undoes it. */
  giveUpVote(): Promise<void>;
  claimVoteAgain(): void;
  /** Waits a little until etcd has no member of that server. */
  hasNoMember(server: string): Promise<boolean>;
  /** The daemon ends for good: this server is of the cluster no more. */
  leave(): void;
}

/** Everything that the API's answers are made from; the composition root puts it together. */
export interface ApiContext {
  readonly file: ServerFile;
  readonly version: string;
  readonly keys: Keys;
  /** Changes nothing of the configuration while this server has promised to take nothing (HF-FAILSAFE-001). */
  readonly store: Store;
  readonly engine: Engine;
  readonly guard: Guard;
  readonly instances: Instances;
  readonly host: Host;
  readonly kits: ReadonlyMap<string, Kit>;
  readonly events: EventLog;
  readonly tunables: Pick<TunableSources, 'resolve'>;
  readonly audit: AuditLog;
  readonly reports: ReportLog;
  readonly operations: KeptOperations;
  /** What this server has taken into care. */
  readonly care: CareRecords;
  readonly certificates: CertificateKeeper;
  readonly instruments: Instruments;
  readonly membership: MembershipPort;
  profile(): ProfileName;
  /** How it stands with the promises of other servers (C-08). */
  failsafe(): FailsafeState;
  paths(): readonly PathView[];
  /** Asks another server over the best live path. Rejects with an error of the catalogue. */
  ask(server: string, route: string, body: object, timeoutMs: number): Promise<unknown>;
  /** Runs a command on a server: the lines of its answer. Rejects with an error of the catalogue. */
  runOn(server: string, asked: CommandAsked): Promise<Readable>;
  /** Milliseconds for the answer to a form, where they are not the usual ones. */
  readonly formLimitMs?: number;
  createToken(asked: {
    readonly validForMs: number;
    readonly replaces?: string;
  }): Promise<{ readonly token: string; readonly expiresAt: string }>;
}

/** Milliseconds for the checks of one resource before a creation or an extension. */
export const findingLimitMs = 20_000;

/** What the checks of a creation are made with; `checkLimitMs` where somebody waits at a form. */
export type FindingContext = Pick<ApiContext, 'file' | 'host' | 'guard'> & { readonly checkLimitMs?: number };

/** A context for the checks of one resource on this server. */
export function createCheckContext(
  context: FindingContext,
  tag: string,
  parameters: Readonly<Record<string, unknown>>,
  password?: () => string,
): CheckContext<Readonly<Record<string, unknown>>> {
  const { file, host, guard, checkLimitMs = findingLimitMs } = context;
  return {
    tag,
    parameters,
    // Nothing that is looked at before a change waits for a limit that can be set.
    tunables: {},
    server: file.server,
    incarnation: guard.state()?.incarnation ?? '',
    host,
    signal: AbortSignal.timeout(checkLimitMs),
    deadline: host.clock.now() + checkLimitMs,
    password,
  };
}
