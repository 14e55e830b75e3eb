import { randomBytes } from 'node:crypto';
import {
  abandonedLease,
  because,
  decideGuard,
  failsafeUntil,
  goodUntil,
  grantedLease,
  judgePromised,
  renewedLease,
  revokedLease,
  type GuardDecision,
  type GuardLease,
  type GuardView,
  type HierarchyId,
  type Incarnation,
  type InstantMs,
  type Reason,
  type TimingProfile,
} from '@holdfast/core';
import type { KillOutcome, Plans } from '@holdfast/engine/kill-plans';
import { monotonicNow, pause, sleptBetween } from './clock.ts';
import type { GuardConfig } from './config.ts';
import { inheritLease, inheritPlans, recordLease } from './inheritance.ts';
import { preparePlan } from './kill.ts';
import { createLateness } from './lateness.ts';
import type { Keeper, KeeperOptions } from './keeping.ts';
import type { PromisedAt } from './protocol.ts';
import { createRecordWriter, SupersededError, type GuardRecord, type RecordWriter } from './record.ts';
import { createFeeder, type Feeder } from './watchdog.ts';

type PlanRequest = Parameters<Keeper['plan']>[0];
type Call = NonNullable<GuardDecision['call']>;

const retryPauseMs = 100;
/** Even a short allowance leaves an attempt this long: it is repeated anyway, and each costs a search of /proc. */
const minimumAttemptMs = 250;
/** A grant or a revoke is not in such a hurry as a renewal. */
const minimumCallMs = 500;
const killRequestMs = 5_000;
const shortestLookMs = 100;
const longestLookMs = 5_000;

interface Calls {
  lastSentAt: InstantMs | undefined;
  lastFailed: boolean;
  inFlight: number;
}

function noCalls(): Calls {
  return { lastSentAt: undefined, lastFailed: false, inFlight: 0 };
}

function isSameProfile(one: TimingProfile, other: TimingProfile): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** Starts nothing yet: `start` does. */
export function createKeeper(options: KeeperOptions): Keeper {
  return new LeaseKeeper(options);
}

class LeaseKeeper implements Keeper {
  readonly #options: KeeperOptions;
  readonly #plans: Plans;
  readonly #record: RecordWriter;
  readonly #feeder: Feeder;
  #config: GuardConfig;
  /** Under which the lease was granted. */
  #profile: TimingProfile;
  #lease: GuardLease;
  #sleptAtSend: number;
  #promised: PromisedAt | undefined;
  #daemonAliveAt: InstantMs;
  #calls = noCalls();
  #reason = because('starting');
  #isReleasing = false;
  #isStopping = false;
  #isEnded = false;
  readonly #lateness = createLateness();
  #lookAgainAt = -Infinity;
  #lookAgainPauseMs = shortestLookMs;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: KeeperOptions) {
    const { config, inherited, self } = options;
    this.#options = options;
    this.#config = config;
    this.#plans = inheritPlans(options);
    this.#feeder = createFeeder((why) => options.log('warning', why));
    this.#lease = inheritLease(options);
    this.#profile = this.#lease.state === 'none' ? config.profile : (inherited?.profile ?? config.profile);
    this.#sleptAtSend = inherited?.lease?.sleptMs ?? options.sleepClock.read();
    this.#daemonAliveAt = monotonicNow();
    if (inherited?.bootId === self.bootId) {
      this.#daemonAliveAt = Math.min(this.#daemonAliveAt, inherited.daemonAliveAt);
      this.#promised = inherited.promised;
    }
    this.#record = createRecordWriter(options.runDirectory, () => this.#collect());
  }

  start(): void {
    const plans = this.#plans.list().length;
    this.#options.log('info', because('guard-started', { inherited: this.#lease.state, plans }));
    this.#save();
    this.#step();
  }

  state(): ReturnType<Keeper['state']> {
    const lease = this.#lease;
    const late = this.#lateness.told();
    if (lease.state !== 'held') return { lease: undefined, reason: this.#reason, ...late };
    const until = goodUntil(lease, this.#profile, this.#suspendedMs());
    const held = failsafeUntil(this.#observe());
    const told = {
      lease: lease.lease,
      incarnation: lease.incarnation,
      goodUntil: until,
      ...(held !== undefined && { failsafeUntil: held }),
    };
    return { lease: told, reason: this.#reason, ...late };
  }

  activity(): GuardView['activity'] {
    return this.#plans.activity();
  }

  alive(): void {
    this.#daemonAliveAt = monotonicNow();
    if (this.#reason.code === 'waiting-for-daemon') this.#step();
  }

  async plan(request: PlanRequest): Promise<Reason | undefined> {
    const { hierarchy, term, steps, incarnation } = request;
    const plan = await preparePlan(hierarchy, term, steps);
    this.#step();
    const refusal = this.#judgeIncarnation(incarnation) ?? this.#plans.put(plan) ?? (await this.#saved());
    return refusal ?? this.#judgeIncarnation(incarnation);
  }

  async drop(hierarchy: HierarchyId): Promise<Reason | undefined> {
    this.#plans.drop(hierarchy);
    return await this.#saved();
  }

  async retain(hierarchies: readonly HierarchyId[]): Promise<Reason | undefined> {
    const others = this.#plans.list().filter(({ hierarchy }) => !hierarchies.includes(hierarchy));
    if (others.length === 0) return undefined;
    for (const { hierarchy } of others) this.#plans.drop(hierarchy);
    return await this.#saved();
  }

  async kill(hierarchy: HierarchyId): Promise<Reason | undefined> {
    const outcome = await this.#plans.kill(hierarchy, monotonicNow() + killRequestMs);
    if (outcome === undefined) return because('no-plan', { hierarchy });
    this.#report([outcome]);
    return outcome.complete ? undefined : (outcome.left[0] ?? because('kill-not-complete', { hierarchy }));
  }

  /** What the daemon was promised while the lease is not renewed; an older promise never replaces a newer one. */
  async hold(promised: PromisedAt): Promise<Reason | undefined> {
    this.#step();
    const verdict = judgePromised(this.#lease, promised, monotonicNow());
    if (!verdict.allowed) return verdict.reason;
    const before = this.#promised;
    if (before?.lease === promised.lease && before.sentAt >= promised.sentAt) return undefined;
    this.#promised = promised;
    return await this.#saved();
  }

  configure(config: GuardConfig): Reason | undefined {
    try {
      this.#options.leases.setAccess(config.etcd);
    } catch (error) {
      return because('etcd-access-unusable', { why: String(error) });
    }
    this.#config = config;
    this.#step();
    return undefined;
  }

  release(): void {
    this.#isReleasing = true;
    this.#step();
  }

  /** Everything begins here, also what comes after a freeze: the clock is looked at before anything else is done. */
  #step(): void {
    if (this.#isEnded) return;
    clearTimeout(this.#timer);
    this.#lateness.note();
    const decision = decideGuard(this.#observe());
    if (decision.stop) this.#stop();
    this.#adopt(decision);
    if (decision.feed) this.#feeder.feed();
    if (decision.call !== undefined) this.#perform(decision.call);
    this.#feeder.tend(this.#config.watchdog, this.#profile);
    this.#lookAgain();
    this.#options.onStep();
    if (decision.finished) return this.#finish();
    const heartbeatAt = monotonicNow() + this.#profile.leaseTtlMs / 5;
    const wakeAt = Math.min(decision.wakeAt, heartbeatAt, this.#lookAgainAt);
    const waitMs = Math.max(1, Math.ceil(wakeAt - monotonicNow()));
    this.#lateness.expectIn(waitMs);
    this.#timer = setTimeout(() => this.#step(), waitMs);
  }

  #observe(): GuardView {
    return {
      suspendedMs: this.#suspendedMs(),
      profile: this.#profile,
      profileChanged: !isSameProfile(this.#profile, this.#config.profile),
      lease: this.#lease,
      promised: this.#promised && {
        ...this.#promised,
        suspendedMs: sleptBetween(this.#promised.sleptMs, this.#options.sleepClock.read()),
      },
      daemonAliveAt: this.#daemonAliveAt,
      releasing: this.#isReleasing,
      activity: this.#plans.activity(),
      calls: this.#calls,
      watchdog: this.#feeder.view(),
      now: monotonicNow(),
    };
  }

  #suspendedMs(): number {
    if (this.#lease.state === 'none') return 0;
    return sleptBetween(this.#sleptAtSend, this.#options.sleepClock.read());
  }

  #adopt(decision: GuardDecision): void {
    if (decision.reason.code !== this.#reason.code) {
      const isAlarm = decision.stop && !this.#isReleasing;
      this.#options.log(isAlarm ? 'alarm' : 'info', decision.reason);
    }
    this.#reason = decision.reason;
    const hasChanged = decision.lease.state !== this.#lease.state;
    this.#lease = decision.lease;
    if (!hasChanged) return;
    this.#calls = noCalls();
    this.#save();
  }

  #stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#lookAgainAt = Infinity;
    void this.#plans
      .stop(this.#attemptDeadline())
      .then(async (outcomes) => {
        this.#report(outcomes);
        if (outcomes.some((outcome) => !outcome.complete)) await pause(retryPauseMs);
      })
      .finally(() => {
        this.#isStopping = false;
        this.#lookAgainPauseMs = shortestLookMs;
        this.#lookAgainAt = monotonicNow() + shortestLookMs;
        this.#save();
        this.#step();
      });
  }

  /**
   * Looks after what was stopped, ever less often, until there is a lease again: a program that the daemon had started
   * in the last moment may not have looked like its family yet, and what was frozen in a start may have gone on.
   */
  #lookAgain(): void {
    if (this.#lease.state === 'held') this.#lookAgainAt = Infinity;
    if (this.#isStopping || monotonicNow() < this.#lookAgainAt) return;
    this.#lookAgainPauseMs = Math.min(this.#lookAgainPauseMs * 2, longestLookMs);
    this.#lookAgainAt = Infinity;
    void this.#hasStayedStopped().finally(() => {
      this.#lookAgainAt = monotonicNow() + this.#lookAgainPauseMs;
      this.#step();
    });
  }

  #attemptDeadline(): InstantMs {
    return monotonicNow() + Math.max(this.#profile.stopAllowanceMs / 2, minimumAttemptMs);
  }

  #report(outcomes: readonly KillOutcome[]): void {
    const { log } = this.#options;
    for (const { hierarchy, complete, tookMs, left } of outcomes) {
      log(
        complete ? 'info' : 'alarm',
        because(complete ? 'plan-done' : 'plan-not-done', { hierarchy, tookMs }),
      );
      for (const { code, facts } of left) log('alarm', because(code, { ...facts, hierarchy }));
    }
  }

  #perform(call: Call): void {
    const mine = this.#calls;
    mine.lastSentAt = monotonicNow();
    mine.inFlight += 1;
    this.#carryOut(call)
      .then(
        (isAnswered) => {
          mine.lastFailed = !isAnswered;
        },
        (error: unknown) => {
          if (!mine.lastFailed)
            this.#options.log('warning', because('etcd-call-failed', { call, why: String(error) }));
          mine.lastFailed = true;
          if (call === 'revoke') this.#lease = revokedLease(this.#lease, false);
        },
      )
      .finally(() => {
        mine.inFlight -= 1;
        this.#step();
      });
  }

  /** Answers whether the call could be made; rejects when it was not answered. */
  async #carryOut(call: Call): Promise<boolean> {
    const { callTimeoutMs } = this.#profile;
    switch (call) {
      case 'grant':
        return await this.#grant();
      case 'renew':
        return await this.#renew(callTimeoutMs);
      case 'revoke': {
        if (this.#lease.state !== 'ending') return false;
        const { lease } = this.#lease;
        await this.#options.leases.revoke(lease, { timeoutMs: Math.max(callTimeoutMs, minimumCallMs) });
        if (this.#lease.state === 'ending' && this.#lease.lease === lease)
          this.#lease = revokedLease(this.#lease, true);
        return true;
      }
      default:
        return call satisfies never;
    }
  }

  async #renew(timeoutMs: number): Promise<boolean> {
    if (this.#lease.state === 'none') return false;
    const slept = this.#options.sleepClock.read();
    const answer = await this.#options.leases.renew(this.#lease.lease, { timeoutMs });
    this.#lease = renewedLease(this.#lease, answer);
    if (this.#lease.state === 'none' || this.#lease.sentAt !== answer.sentAt) return true;
    this.#sleptAtSend = slept;
    const { lease, sentAt, ttlMs } = answer;
    const { guard } = this.#options.self;
    const daemonAliveAt = this.#daemonAliveAt;
    this.#record
      .beat({ guard, lease, sentAt, ttlMs, sleptMs: slept, daemonAliveAt })
      .catch((error: unknown) => this.#onSaveFailed(error));
    return true;
  }

  async #grant(): Promise<boolean> {
    const { log, leases, sleepClock } = this.#options;
    this.#takeProfile();
    const { leaseTtlMs, callTimeoutMs } = this.#profile;
    const slept = sleepClock.read();
    const answer = await leases.grant(leaseTtlMs, { timeoutMs: Math.max(callTimeoutMs, minimumCallMs) });
    if (answer.ttlMs !== leaseTtlMs)
      log('warning', because('lease-ttl-raised', { askedMs: leaseTtlMs, grantedMs: answer.ttlMs }));
    const incarnation = randomBytes(8).toString('hex');
    const facts = { lease: answer.lease, sentAt: answer.sentAt, ttlMs: answer.ttlMs, incarnation };
    const isClean = await this.#hasStayedStopped();
    this.#lease = isClean ? grantedLease(facts) : abandonedLease(facts, because('not-stopped'));
    this.#sleptAtSend = slept;
    this.#calls = { ...noCalls(), lastSentAt: answer.sentAt };
    if (!isClean) return true;
    this.#plans.forgetStopped();
    log('info', because('lease-granted', { lease: answer.lease, incarnation }));
    await this.#record.save().catch((error: unknown) => this.#onSaveFailed(error));
    return true;
  }

  async #hasStayedStopped(): Promise<boolean> {
    const outcomes = await this.#plans.stopAgain(this.#attemptDeadline());
    const isStopped = outcomes.every((outcome) => outcome.complete);
    if (!isStopped) this.#report(outcomes);
    return isStopped;
  }

  /** Another profile comes with a new lease. A watchdog must fit it, too: it is opened anew, while nothing is active. */
  #takeProfile(): void {
    if (isSameProfile(this.#profile, this.#config.profile)) return;
    this.#profile = this.#config.profile;
    this.#feeder.disarm();
  }

  #end(): void {
    this.#isEnded = true;
    clearTimeout(this.#timer);
  }

  #finish(): void {
    this.#end();
    this.#feeder.disarm();
    // After the last write that is under way: the record must not come back.
    void this.#record
      .close()
      .catch(() => undefined)
      .finally(this.#options.onFinished);
  }

  #judgeIncarnation(incarnation: Incarnation | undefined): Reason | undefined {
    if (incarnation === undefined) return undefined;
    const isCurrent = this.#lease.state === 'held' && this.#lease.incarnation === incarnation;
    return isCurrent ? undefined : because('lease-changed', { incarnation });
  }

  async #saved(): Promise<Reason | undefined> {
    try {
      await this.#record.save();
      this.#step();
      return undefined;
    } catch (error) {
      this.#onSaveFailed(error);
      return because('record-not-written', { why: String(error) });
    }
  }

  /** The record is only ever more cautious when it is old, so nobody waits here; what must wait, does. */
  #save(): void {
    this.#record.save().catch((error: unknown) => this.#onSaveFailed(error));
  }

  #onSaveFailed(error: unknown): void {
    if (this.#isEnded) return;
    if (error instanceof SupersededError) {
      this.#end();
      this.#options.onSuperseded();
    } else this.#options.log('warning', because('record-not-written', { why: String(error) }));
  }

  #collect(): GuardRecord {
    return {
      formatVersion: 1,
      cluster: this.#config.cluster,
      server: this.#config.server,
      ...this.#options.self,
      daemonAliveAt: this.#daemonAliveAt,
      profile: this.#profile,
      lease: recordLease(this.#lease, this.#sleptAtSend),
      promised: this.#promised,
      plans: this.#plans.list(),
    };
  }
}
