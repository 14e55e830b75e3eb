import {
  abandonedLease,
  because,
  failsafeUntil,
  goodUntil,
  grantedLease,
  type judgePromised,
  type renewedLease,
  revokedLease,
  type decideGuard,
  type GuardDecision,
  type GuardLease,
  type GuardView,
  type HierarchyId,
  type InstantMs,
  type Promised,
  type Reason,
  type Term,
  type TimingProfile,
} from '@holdfast/core';
import { createPlans, type HeldPlan, type KillPlan } from '@holdfast/engine/kill-plans';
import type { KillStep, LeaseState } from '@holdfast/engine/ports';
import type { Etcd } from './etcd.ts';
import { createKiller } from './killer.ts';
import type { Conditions } from './conditions.ts';
import type { Machine, SimProcess } from './machine.ts';
import { call, type CallOptions } from './network.ts';

/** What a guard leaves to the next one, in memory of the machine that a power loss clears. */
export interface GuardRecord {
  readonly lease: (GuardLease & { readonly state: 'held' | 'ending' }) | undefined;
  readonly sleptAtSend: number;
  readonly promised: PromisedAt | undefined;
  readonly daemonAliveAt: InstantMs;
  readonly plans: readonly HeldPlan[];
  readonly boot: number;
}

/** What all others have promised, and how long the machine had slept when they were asked. */
export type PromisedAt = Promised & { readonly sleptMs: number };

/** The rules of the lease: the shipped ones, unless a test proves that broken ones are caught. */
export interface GuardRules {
  readonly decideGuard: typeof decideGuard;
  readonly judgePromised: typeof judgePromised;
  readonly renewedLease: (
    ...given: [...Parameters<typeof renewedLease>, answeredAt: InstantMs]
  ) => ReturnType<typeof renewedLease>;
  readonly newIncarnation: (server: string, count: number) => string;
  readonly inherits: boolean;
  readonly countsSleep: boolean;
}

export interface GuardOptions {
  readonly machine: Machine;
  readonly process: SimProcess;
  readonly calls: CallOptions;
  readonly etcd: Etcd;
  readonly conditions: Conditions;
  readonly usersOf: (tag: string) => readonly string[];
  readonly profile: TimingProfile;
  readonly hasWatchdog: boolean;
  readonly rules: GuardRules;
  /** What the guard before has left. */
  readonly record: { current: GuardRecord | undefined };
  /** How many incarnations there were in this run. */
  readonly countIncarnations: () => number;
  /** After every step: what the daemon is told may have changed. */
  readonly onState: (state: LeaseState | undefined) => void;
  readonly trace: (text: () => string) => void;
  /** The store has answered: the lease lives for `ttlMs` from `sentAt` on. */
  readonly onAnswered: (lease: {
    readonly lease: string;
    readonly sentAt: InstantMs;
    readonly ttlMs: number;
  }) => void;
}

/** The guard of one machine as a process: the shipped `decideGuard` and plans, run as the daemon package runs them. */
export interface GuardProcess {
  readonly process: SimProcess;
  plan(request: {
    readonly hierarchy: HierarchyId;
    readonly term: Term;
    readonly steps: readonly KillStep[];
    readonly incarnation: string | undefined;
  }): Promise<Reason | undefined>;
  drop(hierarchy: HierarchyId): Promise<Reason | undefined>;
  retain(hierarchies: readonly HierarchyId[]): Promise<Reason | undefined>;
  kill(hierarchy: HierarchyId): Promise<Reason | undefined>;
  hold(promised: PromisedAt): Promise<Reason | undefined>;
  alive(): void;
  state(): LeaseState | undefined;
  plans(): readonly HeldPlan[];
}

const noCalls = (): { lastSentAt: InstantMs | undefined; lastFailed: boolean; inFlight: number } => ({
  lastSentAt: undefined,
  lastFailed: false,
  inFlight: 0,
});
const retryPauseMs = 100;
const minimumAttemptMs = 250;
const minimumCallMs = 500;
const killRequestMs = 5_000;
const shortestLookMs = 100;
const longestLookMs = 5_000;

function inherit(record: GuardRecord | undefined, machine: Machine): GuardLease {
  if (!record?.lease) return { state: 'none' };
  if (record.boot !== machine.boot()) return abandonedLease(record.lease, because('other-boot'));
  if (record.lease.state === 'ending')
    return { ...record.lease, state: 'ending', why: because('was-ending'), gone: false, revokeFailures: 0 };
  return grantedLease(record.lease);
}

function sentAtOf(lease: GuardLease): InstantMs | undefined {
  return lease.state === 'none' ? undefined : lease.sentAt;
}

/** Starts a guard: it goes on from what the one before has left. */
export function startGuard(options: GuardOptions): GuardProcess {
  const { machine, process, etcd, profile, rules, record, calls: wire } = options;
  const inherited = rules.inherits ? record.current : undefined;
  const sameBoot = inherited?.boot === machine.boot();
  const killer = createKiller({
    machine,
    process,
    conditions: options.conditions,
    random: wire.random,
    usersOf: options.usersOf,
  });
  const plans = createPlans(
    killer,
    (inherited?.plans ?? []).map((plan) => ({ ...plan, stopped: sameBoot && plan.stopped })),
  );
  let lease = inherit(inherited, machine);
  let sleptAtSend = inherited?.sleptAtSend ?? machine.slept();
  let promised = sameBoot ? inherited.promised : undefined;
  let daemonAliveAt = sameBoot ? Math.min(machine.now(), inherited.daemonAliveAt) : machine.now();
  let calls = noCalls();
  let isStopping = false;
  let lookAgainAt = Number.NEGATIVE_INFINITY;
  let lookAgainPauseMs = shortestLookMs;
  let lastFedAt: InstantMs | undefined;
  let cancelTimer = (): void => {};

  function suspendedMs(): number {
    return lease.state === 'none' || !rules.countsSleep ? 0 : machine.slept() - sleptAtSend;
  }

  function observe(): GuardView {
    return {
      now: machine.now(),
      suspendedMs: suspendedMs(),
      profile,
      profileChanged: false,
      lease,
      promised: promised && {
        ...promised,
        suspendedMs: rules.countsSleep ? machine.slept() - promised.sleptMs : 0,
      },
      daemonAliveAt,
      releasing: false,
      activity: plans.activity(),
      calls,
      watchdog: options.hasWatchdog ? { timeoutMs: profile.watchdogMs, lastFedAt } : undefined,
    };
  }

  function step(): void {
    if (!process.isAlive()) return;
    cancelTimer();
    const decision = rules.decideGuard(observe());
    if (decision.stop) stop();
    adopt(decision);
    if (decision.feed) {
      machine.feed(profile.watchdogMs);
      lastFedAt = machine.now();
    }
    if (decision.call !== undefined) perform(decision.call);
    lookAgain();
    options.onState(state());
    const heartbeatAt = machine.now() + profile.leaseTtlMs / 5;
    const waitMs = Math.max(1, Math.min(decision.wakeAt, heartbeatAt, lookAgainAt) - machine.now());
    // Timers of a busy machine are late.
    cancelTimer = process.after(waitMs + (wire.random.chance(0.02) ? wire.random.between(0, 60) : 0.5), step);
  }

  function adopt(decision: GuardDecision): void {
    const changed = decision.lease.state !== lease.state;
    lease = decision.lease;
    if (!changed) return;
    options.trace(() => `guard: lease is ${lease.state}, ${decision.reason.code}`);
    calls = noCalls();
    save();
  }

  function save(): void {
    record.current = {
      lease: lease.state === 'none' ? undefined : lease,
      sleptAtSend,
      promised,
      daemonAliveAt,
      plans: plans.list(),
      boot: machine.boot(),
    };
  }

  function attemptDeadline(): InstantMs {
    return machine.now() + Math.max(profile.stopAllowanceMs / 2, minimumAttemptMs);
  }

  function stop(): void {
    if (isStopping) return;
    isStopping = true;
    lookAgainAt = Infinity;
    const again = (): void => {
      isStopping = false;
      lookAgainPauseMs = shortestLookMs;
      lookAgainAt = machine.now() + shortestLookMs;
      save();
      step();
    };
    void plans.stop(attemptDeadline()).then((outcomes) => {
      options.trace(
        () => `guard: carried out ${outcomes.map((one) => `${one.hierarchy} ${one.complete}`).join()}`,
      );
      if (outcomes.some((outcome) => !outcome.complete)) process.after(retryPauseMs, again);
      else again();
    });
  }

  function perform(kind: NonNullable<GuardDecision['call']>): void {
    const mine = calls;
    mine.lastSentAt = machine.now();
    mine.inFlight += 1;
    const timeoutMs =
      kind === 'renew' ? profile.callTimeoutMs : Math.max(profile.callTimeoutMs, minimumCallMs);
    void carryOut(kind, timeoutMs)
      .then(
        (answered) => {
          mine.lastFailed = !answered;
        },
        () => {
          mine.lastFailed = true;
          if (kind === 'revoke') lease = revokedLease(lease, false);
        },
      )
      .finally(() => {
        mine.inFlight -= 1;
        step();
      });
  }

  async function carryOut(kind: NonNullable<GuardDecision['call']>, timeoutMs: number): Promise<boolean> {
    switch (kind) {
      case 'grant':
        return grant(timeoutMs);
      case 'renew':
        return renew(timeoutMs);
      case 'revoke': {
        if (lease.state !== 'ending') return false;
        const { lease: name } = lease;
        await call(wire, 'lease', timeoutMs, () => etcd.revoke(name));
        if (lease.state === 'ending' && lease.lease === name) lease = revokedLease(lease, true);
        return true;
      }
      default:
        return kind satisfies never;
    }
  }

  async function renew(timeoutMs: number): Promise<boolean> {
    if (lease.state === 'none') return false;
    const { lease: name } = lease;
    const sentAt = machine.now();
    const slept = machine.slept();
    const ttlMs = await call(wire, 'lease', timeoutMs, () => etcd.keepAlive(name));
    const before = lease;
    if (ttlMs > 0) options.onAnswered({ lease: name, sentAt, ttlMs });
    lease = rules.renewedLease(lease, { lease: name, sentAt, ttlMs }, machine.now());
    if (lease === before) return true;
    if (sentAtOf(lease) !== sentAtOf(before)) sleptAtSend = slept;
    save();
    return true;
  }

  async function grant(timeoutMs: number): Promise<boolean> {
    const sentAt = machine.now();
    const slept = machine.slept();
    const granted = await call(wire, 'lease', timeoutMs, () => etcd.grant(profile.leaseTtlMs));
    options.onAnswered({ ...granted, sentAt });
    const incarnation = rules.newIncarnation(machine.name, options.countIncarnations());
    const facts = { ...granted, sentAt, incarnation };
    const outcomes = await plans.stopAgain(attemptDeadline());
    const isClean = outcomes.every((outcome) => outcome.complete);
    lease = isClean ? grantedLease(facts) : abandonedLease(facts, because('not-stopped'));
    sleptAtSend = slept;
    calls = { ...noCalls(), lastSentAt: sentAt };
    if (!isClean) return true;
    plans.forgetStopped();
    options.trace(() => `guard: lease ${granted.lease} is granted`);
    save();
    return true;
  }

  function state(): LeaseState | undefined {
    if (lease.state !== 'held') return undefined;
    const until = goodUntil(lease, profile, suspendedMs());
    const { lease: name, incarnation } = lease;
    return { lease: name, incarnation, goodUntil: until, failsafeUntil: failsafeUntil(observe()) };
  }

  function judgeIncarnation(incarnation: string | undefined): Reason | undefined {
    if (incarnation === undefined) return undefined;
    const isCurrent = lease.state === 'held' && lease.incarnation === incarnation;
    return isCurrent ? undefined : because('lease-changed');
  }

  /** Looks after what was stopped, ever less often, until there is a lease again. */
  function lookAgain(): void {
    if (lease.state === 'held') lookAgainAt = Infinity;
    if (isStopping || machine.now() < lookAgainAt) return;
    lookAgainPauseMs = Math.min(lookAgainPauseMs * 2, longestLookMs);
    lookAgainAt = Infinity;
    void plans.stopAgain(attemptDeadline()).then(() => {
      lookAgainAt = machine.now() + lookAgainPauseMs;
      step();
    });
  }

  async function pause(): Promise<void> {
    await new Promise<void>((resolve) => process.after(wire.random.between(0.1, 3), resolve));
  }

  process.after(0, () => {
    save();
    step();
  });

  return {
    process,
    state,
    plans: () => plans.list(),
    alive() {
      daemonAliveAt = machine.now();
    },
    async plan({ hierarchy, term, steps, incarnation }) {
      await pause();
      const plan: KillPlan = { hierarchy, term, steps: steps.map((one) => ({ step: one, realPaths: [] })) };
      step();
      const refusal = judgeIncarnation(incarnation) ?? plans.put(plan);
      if (refusal !== undefined) return refusal;
      await pause();
      save();
      step();
      return judgeIncarnation(incarnation);
    },
    async drop(hierarchy) {
      plans.drop(hierarchy);
      await pause();
      save();
      step();
      return undefined;
    },
    async retain(hierarchies) {
      for (const { hierarchy } of plans.list()) if (!hierarchies.includes(hierarchy)) plans.drop(hierarchy);
      await pause();
      save();
      step();
      return undefined;
    },
    async hold(offered) {
      await pause();
      step();
      const verdict = rules.judgePromised(lease, offered, machine.now());
      if (!verdict.allowed) return verdict.reason;
      if (!promised || promised.lease !== offered.lease || promised.sentAt < offered.sentAt)
        promised = offered;
      save();
      step();
      return undefined;
    },
    async kill(hierarchy) {
      const outcome = await plans.kill(hierarchy, machine.now() + killRequestMs);
      if (!outcome) return because('no-plan', { hierarchy });
      return outcome.complete ? undefined : (outcome.left[0] ?? because('kill-not-complete', { hierarchy }));
    },
  };
}
