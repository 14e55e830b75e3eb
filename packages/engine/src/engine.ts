import {
  decide,
  maintenanceOf,
  type Decision,
  type Hierarchy,
  type InstantMs,
  type Observation,
  type Promises,
  type Reason,
  type TimingProfile,
} from '@holdfast/core';
import type { Keys } from '@holdfast/contract';
import { createAnnouncer } from './announce.ts';
import { describeCommit } from './describe-commit.ts';
import { Executor, type ExecutorLimits } from './executor.ts';
import { messageOf } from './instance-ref.ts';
import { createMonitor, watchedOf, type Monitor } from './monitor.ts';
import { observe } from './observe.ts';
import {
  heldUntil,
  type Clock,
  type EngineEvent,
  type Guard,
  type Instances,
  type Reporter,
  type Store,
} from './ports.ts';
import { createSnapshotReader, RecordError, type Snapshot } from './snapshot.ts';
import { acceptSnapshot, createEngineState, hierarchyState, remember, type EngineState } from './state.ts';
import { createStatusPublisher, type StatusPublisher } from './publish.ts';
import {
  createSessionTransaction,
  createTransaction,
  type StoreAction,
  type TransactionContext,
} from './transactions.ts';

export interface EngineOptions {
  readonly server: string;
  readonly role: 'member' | 'witness';
  readonly version: string;
  readonly keys: Keys;
  readonly profile: () => TimingProfile;
  readonly clock: Clock;
  readonly store: Store;
  readonly guard: Guard;
  readonly instances: Instances;
  readonly kits: readonly string[];
  /** What this server has promised others (C-08); nothing when left out. */
  readonly promises?: () => Promises;
  readonly reporter: Reporter;
  readonly limits?: Partial<ExecutorLimits>;
  /** Reads snapshots; the simulator shares one reader among its servers. */
  readonly readSnapshot?: ReturnType<typeof createSnapshotReader>;
  /** Told of every new look at the store and when it was sent, for what follows the configuration beside the decisions. Must not throw. */
  readonly onSnapshot?: (snapshot: Snapshot, sentAt: InstantMs) => void;
  /** The decision function: the shipped one, unless a test proves that a broken one is caught. */
  readonly decide?: (observation: Observation) => Decision;
}

/** What the daemon's API shows of the engine. */
export interface Engine {
  /** Decides again soon: something may have changed. */
  wake(): void;
  /** Stops deciding; what runs goes on running (C-10). */
  stop(): void;
  state(): Readonly<EngineState>;
  lastDecision(): Decision | undefined;
  /** What would be decided from now. */
  observation(): Observation;
  /** A fresh look at the store, for an answer that must not be older than the question. */
  refresh(): Promise<Snapshot>;
  setAccepting(accepting: boolean): void;
  /**
   * Before a hierarchy is created of what runs here already, or has that added: the guard holds its plan from the first
   * moment, so that it ends with the lease whatever becomes of this daemon (S3). Rejects when the guard does not answer.
   */
  protect(hierarchy: Hierarchy): Promise<void>;
  /** The creation or the addition did not take place after all. */
  unprotect(hierarchy: string): Promise<void>;
}

const defaultLimits: ExecutorLimits = {
  checkMs: 5_000,
  removeMs: 180_000,
  abortMs: 3_000,
  lookAgainMs: 500,
  killAgainMs: 2_000,
};

/** Rounds come at least this often: the guard takes them as the sign that the daemon lives. Milliseconds. */
const longestPauseMs = 400;
/** A round that leads to the next one at once must not keep the process from everything else. Milliseconds. */
const shortestPauseMs = 1;

/**
 * The loop of one server: observe, decide, act. Wake-ups only mark it dirty; one round is synchronous from the frozen
 * observation to the started actions.
 */
export function createEngine(options: EngineOptions): Engine {
  const loop = new Loop(options);
  loop.start();
  return loop;
}

class Loop implements Engine {
  readonly #options: EngineOptions;
  readonly #state: EngineState;
  readonly #executor: Executor;
  readonly #monitor: Monitor;
  readonly #publisher: StatusPublisher;
  readonly #parse: ReturnType<typeof createSnapshotReader>;
  readonly #announce: (decision: Decision) => void;
  readonly #endings: (() => void)[] = [];
  #cancelRound: (() => void) | undefined;
  #roundAt: InstantMs | undefined;
  #roundedAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<Snapshot> | undefined;
  #readAgain = false;
  #readCount = 0;
  #acceptedRead = 0;
  #readFailed = false;
  #decision: Decision | undefined;
  #journalled = '';
  #hadLease: string | undefined;
  #stopped = false;

  constructor(options: EngineOptions) {
    const { server, clock, guard, instances, keys, store } = options;
    this.#options = options;
    this.#state = createEngineState(clock.now());
    this.#parse = options.readSnapshot ?? createSnapshotReader(keys);
    const shared = {
      server,
      clock,
      instances,
      state: this.#state,
      onChange: () => this.wake(),
      tell: this.#tell,
    };
    const limits = { ...defaultLimits, ...options.limits };
    this.#executor = new Executor({ ...shared, guard, limits });
    this.#monitor = createMonitor(shared);
    this.#announce = createAnnouncer(this.#tell);
    this.#publisher = createStatusPublisher({ server, keys, store, state: this.#state });
  }

  start(): void {
    const { store, keys, guard } = this.#options;
    this.#endings.push(store.watch(keys.prefix, () => this.#readSoon()));
    this.#endings.push(guard.onChange(() => this.wake()));
    this.#readSoon();
    this.wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRound?.();
    this.#monitor.stop();
    for (const end of this.#endings) end();
  }

  state(): Readonly<EngineState> {
    return this.#state;
  }

  lastDecision(): Decision | undefined {
    return this.#decision;
  }

  observation(): Observation {
    return observe(this.#options, this.#state);
  }

  setAccepting(accepting: boolean): void {
    this.#state.accepting = accepting;
    this.wake();
  }

  protect(hierarchy: Hierarchy): Promise<void> {
    const { terms = {}, owners = {} } = this.#state.snapshot?.view ?? {};
    const owner = owners[hierarchy.id];
    const term =
      owner?.server === this.#options.server ? owner.term : Math.max(0, ...Object.values(terms)) + 1;
    return this.#executor.reservePlan(hierarchy, term);
  }

  unprotect(hierarchy: string): Promise<void> {
    return this.#executor.unreservePlan(hierarchy);
  }

  wake(): void {
    this.#roundBy(Math.max(this.#options.clock.now(), this.#roundedAt + shortestPauseMs));
  }

  refresh(): Promise<Snapshot> {
    this.#readAgain = this.#reading !== undefined;
    return this.#reading ? this.#reading.then(() => this.#read()) : this.#read();
  }

  #roundBy(at: InstantMs): void {
    if (this.#stopped || (this.#roundAt !== undefined && this.#roundAt <= at)) return;
    this.#cancelRound?.();
    this.#roundAt = at;
    this.#cancelRound = this.#options.clock.wakeAt(at, () => {
      this.#roundAt = undefined;
      this.#round();
    });
  }

  #round(): void {
    if (this.#stopped) return;
    const { clock, guard } = this.#options;
    this.#roundedAt = clock.now();
    this.#noteLease();
    const observation = observe(this.#options, this.#state);
    const decision = (this.#options.decide ?? decide)(observation);
    this.#decision = decision;
    this.#writeJournal(observation, decision);
    this.#announce(decision);
    this.#perform(observation, decision);
    this.#watchWhatRuns(observation, decision);
    this.#publisher.publish(guard.state());
    guard.alive();
    const now = clock.now();
    if (this.#snapshotAge(now) >= this.#options.profile().renewEveryMs) this.#readSoon();
    this.#roundBy(
      Math.max(now + shortestPauseMs, Math.min(decision.wakeAt ?? Infinity, now + longestPauseMs)),
    );
  }

  #snapshotAge(now: InstantMs): number {
    return now - (this.#state.snapshotAt ?? Number.NEGATIVE_INFINITY);
  }

  #perform(observation: Observation, decision: Decision): void {
    if (decision.openSession) void this.#openSession();
    for (const { hierarchy, actions } of decision.hierarchies) {
      const known = knownHierarchy(observation, hierarchy);
      if (!known) continue;
      for (const action of actions) {
        switch (action.kind) {
          case 'acquire':
          case 'release':
          case 'hand-over':
          case 'mark-and-release':
          case 'begin-switchback':
          case 'clear-mark':
          case 'end-operation':
            void this.#commit(hierarchy, action);
            break;
          default:
            this.#executor.perform(known, action);
        }
      }
    }
  }

  #watchWhatRuns(observation: Observation, decision: Decision): void {
    const watched = decision.hierarchies.flatMap(({ hierarchy }) => {
      const known = knownHierarchy(observation, hierarchy);
      if (!known || !this.#owns(hierarchy)) return [];
      return watchedOf(known, hierarchyState(this.#state, hierarchy), isMaintained(observation, known));
    });
    this.#monitor.watch(watched);
  }

  /** By the last look, however old: what runs is watched while the store does not answer, too. */
  #owns(hierarchy: string): boolean {
    const { server, guard } = this.#options;
    const owner = this.#state.snapshot?.view.owners[hierarchy];
    return owner?.server === server && owner.incarnation === guard.state()?.incarnation;
  }

  /** Ownership is given away only after the guard has let go: a late kill must not hit the next owner's work. */
  async #commit(hierarchy: string, action: StoreAction): Promise<void> {
    const held = hierarchyState(this.#state, hierarchy);
    const context = this.#transactionContext();
    if (!context) return;
    remember(held, { committing: true });
    const givesAway =
      action.kind === 'release' || action.kind === 'hand-over' || action.kind === 'mark-and-release';
    try {
      if (givesAway) await this.#executor.dropPlan(hierarchy);
      const done = await this.#options.store.commit(createTransaction(context, hierarchy, action));
      this.#tell({ severity: 'info', hierarchy, ...describeCommit(action, done) });
    } catch (error) {
      this.#tell({
        code: 'commit-unanswered',
        severity: 'warning',
        hierarchy,
        facts: { action: action.kind, message: messageOf(error) },
      });
    }
    await this.#settleRead();
    remember(held, { committing: false });
    this.wake();
  }

  async #openSession(): Promise<void> {
    const context = this.#transactionContext();
    if (!context) return;
    this.#state.sessionCommitting = true;
    const session = { version: this.#options.version, accepting: this.#state.accepting };
    try {
      await this.#options.store.commit(createSessionTransaction(context, session));
    } catch (error) {
      this.#tell({
        code: 'commit-unanswered',
        severity: 'warning',
        facts: { action: 'open-session', message: messageOf(error) },
      });
    }
    await this.#settleRead();
    this.#state.sessionCommitting = false;
    this.wake();
  }

  #transactionContext(): TransactionContext | undefined {
    const { keys, server, clock, guard } = this.#options;
    const lease = guard.state();
    const { snapshot } = this.#state;
    return lease && snapshot ? { keys, snapshot, server, lease, wallTime: clock.wallTime() } : undefined;
  }

  #readSoon(): void {
    if (this.#stopped) return;
    if (this.#reading) {
      this.#readAgain = true;
      return;
    }
    this.#read().catch(() => {});
  }

  async #settleRead(): Promise<void> {
    await this.refresh().catch(() => {});
  }

  /** One read at a time; a hint that comes meanwhile leads to another. A failed read leaves the old look, which ages. */
  #read(): Promise<Snapshot> {
    const { store, keys, clock, server } = this.#options;
    const sentAt = clock.now();
    const order = (this.#readCount += 1);
    const reading = store
      .read(keys.prefix)
      .then(({ revision, entries }) => {
        // Answers may come in another order than they were asked for: never go back to an older look.
        const { snapshot: newer } = this.#state;
        if (newer && order < this.#acceptedRead) return newer;
        this.#acceptedRead = order;
        const snapshot = this.#parse(revision, entries);
        this.#tellServers(snapshot);
        acceptSnapshot(this.#state, snapshot, { sentAt, server, now: clock.now() });
        if (this.#readFailed) this.#tell({ code: 'store-read-again', severity: 'info', facts: {} });
        this.#readFailed = false;
        this.#executor.followPlans(snapshot);
        this.#options.onSnapshot?.(snapshot, sentAt);
        return snapshot;
      })
      .catch((error: unknown) => {
        this.#noteReadFailure(error);
        throw error;
      })
      .finally(() => {
        if (this.#reading === reading) this.#reading = undefined;
        if (this.#readAgain && !this.#readFailed) {
          this.#readAgain = false;
          this.#readSoon();
        }
        this.wake();
      });
    this.#reading = reading;
    return reading;
  }

  #noteReadFailure(error: unknown): void {
    const refused = error instanceof RecordError;
    const why = refused ? error.reason.code : 'store-does-not-answer';
    const facts: Reason['facts'] = refused ? error.reason.facts : { message: messageOf(error) };
    // Records that cannot be read make everything unknown at once: nothing is decided from half a store.
    if (refused) this.#state.snapshotAt = undefined;
    if (!this.#readFailed || this.#state.storeUnknown.why !== why) {
      this.#state.storeUnknown = { since: this.#options.clock.now(), why };
      this.#tell({ code: why, severity: 'alarm', facts });
    }
    this.#readFailed = true;
  }

  #tellServers(next: Snapshot): void {
    const before = this.#state.snapshot?.view.sessions;
    if (!before) return;
    const after = next.view.sessions;
    for (const lost of Object.keys(before).filter((name) => !after[name]))
      this.#tell({ code: 'server-lost', severity: 'alarm', facts: { server: lost } });
    for (const found of Object.keys(after).filter((name) => !before[name]))
      this.#tell({ code: 'server-there', severity: 'info', facts: { server: found } });
  }

  #noteLease(): void {
    const { guard, clock } = this.#options;
    const lease = guard.state();
    const incarnation = lease && clock.now() < heldUntil(lease) ? lease.incarnation : undefined;
    if (incarnation === this.#hadLease) return;
    if (incarnation === undefined) this.#tell({ code: 'lease-lost', severity: 'alarm', facts: {} });
    else this.#tell({ code: 'lease-good', severity: 'info', facts: { incarnation } });
    this.#hadLease = incarnation;
    if (incarnation !== undefined) this.#readSoon();
  }

  #writeJournal(observation: Observation, decision: Decision): void {
    const gist = JSON.stringify(decision.hierarchies);
    if (gist === this.#journalled) return;
    this.#journalled = gist;
    this.#options.reporter.journal({ observation, decision });
  }

  readonly #tell = (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>): void => {
    const { reporter, server, clock } = this.#options;
    reporter.event({ server, at: clock.wallTime(), instant: clock.now(), facts: {}, ...event });
  };
}

function knownHierarchy({ store, lastHierarchies }: Observation, id: string): Hierarchy | undefined {
  return (store.state === 'known' ? store.value.hierarchies : lastHierarchies)[id];
}

function isMaintained({ store }: Observation, hierarchy: Hierarchy): boolean {
  return store.state === 'known' && maintenanceOf(store.value, hierarchy) !== 'none';
}
