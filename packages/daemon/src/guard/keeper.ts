import { randomBytes } from 'node:crypto';
import {
  abandonedLease,
  because,
  decideGuard,
  goodUntil,
  grantedLease,
  renewedLease,
  revokedLease,
  type GuardDecision,
  type GuardLease,
  type GuardView,
  type HierarchyId,
  type Incarnation,
  type InstantMs,
  type Reason,
} from '@holdfast/core';
import type { LeaseState } from '@holdfast/engine/ports';
import { monotonicNow, pause, sleptBetween, type SleepClock } from './clock.ts';
import type { GuardConfig } from './config.ts';
import { preparePlan, type Killer, type KillOutcome } from './kill.ts';
import type { LeaseAnswer, LeaseClient } from './lease-client.ts';
import type { Log } from './log.ts';
import { createPlans, type Plans } from './plans.ts';
import type { Request } from './protocol.ts';
import { createRecordWriter, SupersededError, type GuardRecord, type RecordWriter } from './record.ts';
import { openWatchdog, type Watchdog } from './watchdog.ts';

export interface KeeperOptions {
  readonly runDirectory: string;
  readonly config: GuardConfig;
  readonly self: Pick<GuardRecord, 'guard' | 'bootId'>;
  /** What the guard before has left. */
  readonly inherited: GuardRecord | undefined;
  readonly leases: LeaseClient;
  readonly killer: Killer;
  readonly sleepClock: SleepClock;
  readonly log: Log;
  /** Called after every step: what the daemon is told may have changed. */
  readonly onStep: () => void;
  /** Everything has stopped and the lease is given back, as was asked. */
  readonly onFinished: () => void;
  /** Another guard has taken over: this one must do nothing more. */
  readonly onSuperseded: () => void;
}

/** The guard at work: observes, lets `decideGuard` decide, and does that. Answers of requests are refusals. */
export interface Keeper {
  start(): void;
  state(): { readonly lease: LeaseState | undefined; readonly reason: Reason };
  activity(): GuardView['activity'];
  alive(): void;
  plan(request: Extract<Request, { kind: 'plan' }>): Promise<Reason | undefined>;
  drop(hierarchy: HierarchyId): Promise<Reason | undefined>;
  kill(hierarchy: HierarchyId): Promise<Reason | undefined>;
  configure(config: GuardConfig): Reason | undefined;
  release(): void;
}

const retryPauseMs = 100;
/** Even a short allowance leaves an attempt this long: it is repeated anyway, and each costs a search of /proc. */
const minimumAttemptMs = 250;
const killRequestMs = 5_000;
const stopAgainEveryMs = 1_000;
const watchdogRetryMs = 1_000;

interface Calls {
  lastSentAt: InstantMs | undefined;
  lastFailed: boolean;
  inFlight: number;
}

function noCalls(): Calls {
  return { lastSentAt: undefined, lastFailed: false, inFlight: 0 };
}

/** The lease as the guard before has left it, seen with caution. */
function inheritLease({ inherited, self, config }: KeeperOptions): GuardLease {
  const lease = inherited?.lease;
  if (!inherited || !lease) return { state: 'none' };
  if (inherited.bootId !== self.bootId) return abandonedLease(lease, because('other-boot'));
  if (inherited.cluster !== config.cluster || inherited.server !== config.server)
    return abandonedLease(lease, because('other-cluster', { cluster: inherited.cluster }));
  if (lease.ending)
    return { ...lease, state: 'ending', why: because('was-ending'), gone: false, revokeFailures: 0 };
  return grantedLease(lease);
}

function inheritPlans({ inherited, self }: KeeperOptions, killer: Killer): Plans {
  const isSameBoot = inherited?.bootId === self.bootId;
  const plans = (inherited?.plans ?? []).map((plan) => ({ ...plan, stopped: isSameBoot && plan.stopped }));
  return createPlans(killer, plans);
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { leases, sleepClock, log, self, inherited } = options;
  const plans = inheritPlans(options, options.killer);
  let config = options.config;
  let lease = inheritLease(options);
  let profile = lease.state === 'none' ? config.profile : (inherited?.profile ?? config.profile);
  let sleptAtSend = inherited?.lease?.sleptMs ?? sleepClock.read();
  let daemonAliveAt = monotonicNow();
  if (inherited?.bootId === self.bootId) daemonAliveAt = Math.min(daemonAliveAt, inherited.daemonAliveAt);
  let calls = noCalls();
  let reason = because('starting');
  let isReleasing = false;
  let isStopping = false;
  let isEnded = false;
  let stoppedAgainAt = -Infinity;
  let timer: NodeJS.Timeout | undefined;
  let watchdog: Watchdog | undefined;
  let watchdogTriedAt = -Infinity;
  let lastFedAt: InstantMs | undefined;
  const record: RecordWriter = createRecordWriter(options.runDirectory, () => ({
    formatVersion: 1,
    cluster: config.cluster,
    server: config.server,
    ...self,
    daemonAliveAt,
    profile,
    lease:
      lease.state === 'none'
        ? undefined
        : { ...lease, sleptMs: sleptAtSend, ending: lease.state === 'ending' },
    plans: plans.list(),
  }));

  function suspendedMs(): number {
    return lease.state === 'none' ? 0 : sleptBetween(sleptAtSend, sleepClock.read());
  }

  function observe(): GuardView {
    return {
      suspendedMs: suspendedMs(),
      profile,
      profileChanged: JSON.stringify(profile) !== JSON.stringify(config.profile),
      lease,
      daemonAliveAt,
      releasing: isReleasing,
      activity: plans.activity(),
      calls,
      watchdog: watchdog && { timeoutMs: watchdog.timeoutMs, lastFedAt },
      now: monotonicNow(),
    };
  }

  /** Everything begins here, also what comes after a freeze: the clock is looked at before anything else is done. */
  function step(): void {
    if (isEnded) return;
    clearTimeout(timer);
    const decision = decideGuard(observe());
    if (decision.stop) stop();
    adopt(decision);
    if (decision.feed) feed();
    if (decision.call !== undefined) perform(decision.call);
    tendWatchdog();
    options.onStep();
    if (decision.finished) return finish();
    const heartbeatAt = monotonicNow() + profile.leaseTtlMs / 5;
    const waitMs = Math.ceil(Math.min(decision.wakeAt, heartbeatAt) - monotonicNow());
    timer = setTimeout(step, Math.max(1, waitMs));
  }

  function adopt(decision: GuardDecision): void {
    if (decision.reason.code !== reason.code) {
      const isAlarm = decision.stop && !isReleasing;
      log(isAlarm ? 'alarm' : 'info', decision.reason);
    }
    reason = decision.reason;
    const hasChanged = decision.lease.state !== lease.state;
    lease = decision.lease;
    if (!hasChanged) return;
    calls = noCalls();
    if (lease.state === 'none') profile = config.profile;
    save();
  }

  /** The record is only ever more cautious when it is old, so nobody waits here; what must wait, does. */
  function save(): void {
    record.save().catch(onSaveFailed);
  }

  function onSaveFailed(error: unknown): void {
    if (isEnded) return;
    if (error instanceof SupersededError) {
      end();
      options.onSuperseded();
    } else log('warning', because('record-not-written', { why: String(error) }));
  }

  function stop(): void {
    if (isStopping) return;
    isStopping = true;
    void plans
      .stop(attemptDeadline())
      .then(async (outcomes) => {
        reportOutcomes(outcomes);
        if (outcomes.some((outcome) => !outcome.complete)) await pause(retryPauseMs);
      })
      .finally(() => {
        isStopping = false;
        save();
        step();
      });
  }

  function attemptDeadline(): InstantMs {
    return monotonicNow() + Math.max(profile.stopAllowanceMs / 2, minimumAttemptMs);
  }

  function reportOutcomes(outcomes: readonly KillOutcome[]): void {
    for (const { hierarchy, complete, tookMs, left } of outcomes) {
      log(
        complete ? 'info' : 'alarm',
        because(complete ? 'plan-done' : 'plan-not-done', { hierarchy, tookMs }),
      );
      for (const { code, facts } of left) log('alarm', because(code, { ...facts, hierarchy }));
    }
  }

  function perform(call: NonNullable<GuardDecision['call']>): void {
    const mine = calls;
    mine.lastSentAt = monotonicNow();
    mine.inFlight += 1;
    const slept = sleepClock.read();
    const timeoutMs = call === 'renew' ? profile.callTimeoutMs : Math.max(profile.callTimeoutMs, 500);
    carryOut(call, timeoutMs, slept)
      .then(
        (isAnswered) => {
          mine.lastFailed = !isAnswered;
        },
        (error: unknown) => {
          if (!mine.lastFailed) log('warning', because('etcd-call-failed', { call, why: String(error) }));
          mine.lastFailed = true;
          if (call === 'revoke') lease = revokedLease(lease, false);
        },
      )
      .finally(() => {
        mine.inFlight -= 1;
        step();
      });
  }

  async function carryOut(
    call: NonNullable<GuardDecision['call']>,
    timeoutMs: number,
    slept: number,
  ): Promise<boolean> {
    switch (call) {
      case 'grant':
        return await grant(timeoutMs);
      case 'renew': {
        if (lease.state === 'none') return false;
        accept(await leases.renew(lease.lease, { timeoutMs }), slept);
        return true;
      }
      case 'revoke': {
        if (lease.state !== 'ending') return false;
        const revoked = lease.lease;
        await leases.revoke(revoked, { timeoutMs });
        if (lease.state === 'ending' && lease.lease === revoked) lease = revokedLease(lease, true);
        return true;
      }
      default:
        return call satisfies never;
    }
  }

  function accept(answer: LeaseAnswer, slept: number): void {
    const before = lease;
    lease = renewedLease(lease, answer);
    if (lease === before) return;
    if (lease.state === 'none' || lease.sentAt !== answer.sentAt) return;
    sleptAtSend = slept;
    const { sentAt, ttlMs } = answer;
    const beat = { guard: self.guard, lease: answer.lease, sentAt, ttlMs, sleptMs: slept, daemonAliveAt };
    record.beat(beat).catch(onSaveFailed);
  }

  async function grant(timeoutMs: number): Promise<boolean> {
    if (monotonicNow() >= stoppedAgainAt + stopAgainEveryMs && !(await hasStayedStopped())) return false;
    profile = config.profile;
    const slept = sleepClock.read();
    const answer = await leases.grant(profile.leaseTtlMs, { timeoutMs });
    if (answer.ttlMs !== profile.leaseTtlMs)
      log('warning', because('lease-ttl-raised', { askedMs: profile.leaseTtlMs, grantedMs: answer.ttlMs }));
    const facts = { ...answer, incarnation: randomBytes(8).toString('hex') };
    const isClean = await hasStayedStopped();
    lease = isClean ? grantedLease(facts) : abandonedLease(facts, because('not-stopped'));
    sleptAtSend = slept;
    calls = { ...noCalls(), lastSentAt: answer.sentAt };
    if (!isClean) return true;
    plans.forgetStopped();
    log('info', because('lease-granted', { lease: lease.lease, incarnation: lease.incarnation }));
    await record.save().catch(onSaveFailed);
    return true;
  }

  /** What was frozen in the middle of a start when everything was stopped may have gone on since. */
  async function hasStayedStopped(): Promise<boolean> {
    const outcomes = await plans.stopAgain(attemptDeadline());
    stoppedAgainAt = monotonicNow();
    const isStopped = outcomes.every((outcome) => outcome.complete);
    if (!isStopped) reportOutcomes(outcomes);
    return isStopped;
  }

  function feed(): void {
    watchdog?.feed();
    lastFedAt = monotonicNow();
  }

  /** A device that the guard before has left may be busy for a moment; one that is refused now may fit another time. */
  function tendWatchdog(): void {
    const now = monotonicNow();
    if (watchdog || config.watchdog === undefined || now < watchdogTriedAt + watchdogRetryMs) return;
    const isFirst = watchdogTriedAt === -Infinity;
    watchdogTriedAt = now;
    watchdog = openWatchdog({
      path: config.watchdog,
      profile,
      report: (why) => (isFirst ? log('warning', why) : undefined),
    });
  }

  function end(): void {
    isEnded = true;
    clearTimeout(timer);
  }

  function finish(): void {
    end();
    watchdog?.disarm();
    // After the last write that is under way: the record must not come back.
    void record
      .save()
      .catch(() => undefined)
      .finally(options.onFinished);
  }

  return {
    start() {
      log('info', because('guard-started', { inherited: lease.state, plans: plans.list().length }));
      save();
      step();
    },
    state() {
      if (lease.state !== 'held') return { lease: undefined, reason };
      const until = goodUntil(lease, profile, suspendedMs());
      return { lease: { lease: lease.lease, incarnation: lease.incarnation, goodUntil: until }, reason };
    },
    activity: () => plans.activity(),
    alive() {
      daemonAliveAt = monotonicNow();
      if (reason.code === 'waiting-for-daemon') step();
    },
    async plan({ hierarchy, term, steps, incarnation }) {
      const plan = await preparePlan(hierarchy, term, steps);
      step();
      const refusal = judgeIncarnation(incarnation) ?? plans.put(plan) ?? (await saved());
      return refusal ?? judgeIncarnation(incarnation);
    },
    async drop(hierarchy) {
      plans.drop(hierarchy);
      return await saved();
    },
    async kill(hierarchy) {
      const outcome = await plans.kill(hierarchy, monotonicNow() + killRequestMs);
      if (outcome === undefined) return because('no-plan', { hierarchy });
      reportOutcomes([outcome]);
      return outcome.complete ? undefined : (outcome.left[0] ?? because('kill-not-complete', { hierarchy }));
    },
    configure(next) {
      try {
        leases.setAccess(next.etcd);
      } catch (error) {
        return because('etcd-access-unusable', { why: String(error) });
      }
      config = next;
      step();
      return undefined;
    },
    release() {
      isReleasing = true;
      step();
    },
  };

  function judgeIncarnation(incarnation: Incarnation | undefined): Reason | undefined {
    if (incarnation === undefined) return undefined;
    const isCurrent = lease.state === 'held' && lease.incarnation === incarnation;
    return isCurrent ? undefined : because('lease-changed', { incarnation });
  }

  async function saved(): Promise<Reason | undefined> {
    try {
      await record.save();
      step();
      return undefined;
    } catch (error) {
      onSaveFailed(error);
      return because('record-not-written', { why: String(error) });
    }
  }
}
