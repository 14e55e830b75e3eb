import type { ActionContext, ActionResult, KillStep } from '@holdfast/engine/ports';
import type { InstantMs, Parameters, Reason, Tunables } from '@holdfast/core';
import type { z } from 'zod';
import type { Host } from './host.ts';
import type { Tunable } from './tunables.ts';

/** A field of a kit's form, in both languages: the wizard, the CLI's options and the reference page are made from it. */
export interface FieldText {
  readonly label: { readonly en: string; readonly ja: string };
  readonly help: { readonly en: string; readonly ja: string };
}

/** What a kit works with besides its parameters. */
export interface KitContext<P> extends ActionContext {
  readonly tag: string;
  /** Terms count per hierarchy of a cluster: a term elsewhere is compared only together with these two. */
  readonly cluster: string;
  readonly hierarchy: string;
  readonly server: string;
  /** Names this life of the server: written on a volume beside the term. */
  readonly incarnation: string;
  readonly host: Host;
  readonly parameters: P;
  /** The kit's limits as they hold for this resource now, each by its name (K-18). */
  readonly tunables: Tunables;
}

export type CheckContext<P> = Omit<
  KitContext<P>,
  'permit' | 'term' | 'progress' | 'cluster' | 'hierarchy'
> & {
  readonly deadline: InstantMs;
  /** Of the account that a new service runs as, where there is one: a function, so that nothing prints it (K-04). */
  readonly password?: (() => string) | undefined;
};

/** `owns`: what runs of the resource is this server's own. On a server that is to stand by it is another one's. */
export type AdoptContext<P> = CheckContext<P> & { readonly owns: boolean };

/**
 * `told` is what the server that has the resource in service says of it, see {@link Kit.tell}; absent where it does not
 * answer, or nobody has it. `volumes`: where the volumes of the hierarchy are in service.
 */
export type StandbyContext<P> = CheckContext<P> & {
  readonly told?: Reason['facts'];
  readonly volumes?: readonly string[];
};

/** `in-service`: the resource is this server's own now. */
export type ExamineContext<P> = StandbyContext<P> & { readonly role: 'in-service' | 'standby' };

/** One finding of a check before creation or extension, or of the doctor's; all are shown together (K-05, K-10). */
export interface Finding {
  readonly check: string;
  readonly outcome: 'passed' | 'warned' | 'failed';
  readonly reason: Reason;
  /** The kit can put it right, when somebody asks for that (K-06). */
  readonly fixable?: boolean;
}

export type FixContext<P> = CheckContext<P> & Pick<KitContext<P>, 'progress'>;

/** What came of putting a finding right. `undo` is for a creation that fails later (K-09). */
export type FixResult =
  | { readonly state: 'fixed'; readonly findings: readonly Finding[]; undo(): Promise<void> }
  | { readonly state: 'failed'; readonly finding: Finding };

/** How long a failover would take to bring the data up to date, were the server to die now (B-06). */
export interface TakeoverEstimate {
  /** Bytes of write-ahead log that a crash recovery would replay. */
  readonly walBytes: number;
  readonly estimateMs: number;
  /** `measured`: by the rate of earlier crash recoveries here; `default`: by a cautious rate for any machine. */
  readonly basis: 'measured' | 'default';
  /** Bytes of write-ahead log replayed in a second, by which it was reckoned. */
  readonly replayBytesPerSecond: number;
}

/** What a kit found to be needed beneath a new resource (K-07), or that it cannot be protected. */
export interface Requirement {
  readonly path: string;
  readonly why: string;
}

/** What a kit says of a form that is filled in so far. */
export interface FormVerdict {
  /** The fields that a person is asked for now, in that order; it may depend on what they have answered. */
  readonly asked: readonly string[];
  /** The service is new, and its manager wants the password of its account (K-01). */
  readonly passwordNeeded: boolean;
  /** What is wrong with single values, as far as it can be told before the form is complete. */
  readonly problems: readonly { readonly field: string; readonly reason: Reason }[];
}

/** A resource beneath the one that is judged. */
export interface ChildView {
  readonly tag: string;
  readonly kit: string;
  readonly parameters: Parameters;
}

/**
 * A recovery kit: one folder with one object. Actions are idempotent: twice, or after a crash in the middle,
 * ends the same; they keep their own deadline, and ask `permit()` immediately before each act that starts something.
 */
export interface Kit<P = Parameters> {
  readonly name: string;
  /** Parameters as stored: checked here, typed inside. Shared and per-server ones together. */
  readonly schema: z.ZodType<P>;
  readonly fields: Readonly<Record<string, FieldText>>;
  /** Fields whose values belong to one server and may differ on the next. */
  readonly perServer: readonly string[];
  /** Fields that may change while the resource runs: nothing that runs was started with them. */
  readonly live?: readonly string[];
  /** Limits that administrators may set; none when left out (K-18). */
  readonly tunables?: readonly Tunable[];
  /** Values for fields that were not given, found on this server. */
  defaults(given: Parameters, host: Host): Promise<Parameters>;
  /** A tag for a new resource, from its parameters. */
  defaultTag(parameters: P): string;
  /** Judges a form: what was given together with what was found; any field may be open or wrong. Changes nothing. */
  judgeForm(filledIn: Parameters, host: Host): Promise<FormVerdict>;
  /** The field that a check of a creation is about, by the name of the check. */
  readonly checkedFields: Readonly<Record<string, string>>;
  /** Checks of a creation on the server where it is created. */
  validate(context: CheckContext<P>): Promise<readonly Finding[]>;
  /** Puts a finding of `validate` right that is fixable. What fails leaves nothing changed (K-06). */
  fix?(context: FixContext<P>, finding: Finding): Promise<FixResult>;
  /** Checks of an extension, run on the target server. */
  prepareExtend(context: StandbyContext<P>): Promise<readonly Finding[]>;
  /**
   * What only the server that has the resource in service can tell, and the checks of other servers need. `memoryBytes`:
   * what its start takes.
   */
  tell?(context: CheckContext<P>): Promise<Reason['facts']>;
  /** The doctor's checks of a resource that is there, on one of its servers. They change nothing. */
  examine?(context: ExamineContext<P>): Promise<readonly Finding[]>;
  /** Paths that must lie on volumes of the same hierarchy. */
  requirements(context: CheckContext<P>): Promise<readonly Requirement[]>;
  /** Does it go together with what stands beneath it (K-08)? */
  judgeChildren?(context: CheckContext<P>, children: readonly ChildView[]): Promise<readonly Finding[]>;
  /** The path this kind of resource provides to its parents, where it is a volume. */
  provides?(parameters: P): string;
  /** Parameters of a new resource that would provide this path, where one can be named. */
  suggest?(path: string, host: Host): Promise<Parameters | undefined>;
  restore(context: KitContext<P>): Promise<ActionResult>;
  remove(context: Omit<KitContext<P>, 'permit'>): Promise<ActionResult>;
  /** Present where the resource is repaired beneath its running parents. */
  recover?(context: KitContext<P>): Promise<ActionResult>;
  quickCheck(context: CheckContext<P>): Promise<ActionResult>;
  deepCheck(context: CheckContext<P>): Promise<ActionResult>;
  /** Called once when the resource is taken into Holdfast's care, and once when it is let go (K-02, K-03). */
  adopt(context: AdoptContext<P>): Promise<ActionResult>;
  letGo(context: CheckContext<P>): Promise<ActionResult>;
  /** A sign that what runs has ended, without polling where the host can tell. */
  watch(parameters: P, host: Host, onEnd: () => void): () => void;
  killPlan(parameters: P, host: Host): readonly KillStep[];
  /** Milliseconds that `remove` may take at most with these limits, where that may be more than three minutes. */
  removeLimitMs?(tunables: Tunables): number;
  /**
   * How long a crash recovery of what runs here would take now (B-06). Cheap, and within the deadline; `undefined` when
   * nothing runs here or it cannot be told.
   */
  estimateTakeover?(context: CheckContext<P>): Promise<TakeoverEstimate | undefined>;
}
