import type { Incarnation } from './model.ts';
import type { TimingProfile } from './profile.ts';
import type { InstantMs } from './time.ts';
import { allow, because, refuse, type Reason, type Verdict } from './verdict.ts';

/**
 * The lease that the guard keeps for its server. `ending` is final: whatever etcd answers later, this lease is never
 * good again, everything under it is stopped, and only then a new one is granted under a new incarnation.
 */
export type GuardLease = { readonly state: 'none' } | HeldLease | EndingLease;

interface LeaseFacts {
  /** etcd's name of the lease, a decimal number. */
  readonly lease: string;
  readonly incarnation: Incarnation;
  /** When the last answered grant or renewal was sent: the lease counts from here (S2). */
  readonly sentAt: InstantMs;
  /** As etcd granted it, which may be more than was asked for. */
  readonly ttlMs: number;
}

export interface HeldLease extends LeaseFacts {
  readonly state: 'held';
}

export interface EndingLease extends LeaseFacts {
  readonly state: 'ending';
  readonly why: Reason;
  /** etcd says that it is over: another server may take over at this very moment. */
  readonly gone: boolean;
  readonly revokeFailures: number;
}

/**
 * All other servers have promised to take nothing of this server's for `forMs` from when they got the question (C-08). It is
 * counted here from when the question was sent, so that it ends here first (S9).
 */
export interface Promised {
  /** The lease under which this server holds what the promises are about. */
  readonly lease: string;
  readonly sentAt: InstantMs;
  readonly forMs: number;
}

/** Everything the guard decides from: plain data of one instant. */
export interface GuardView {
  readonly now: InstantMs;
  /** The profile under which the lease was granted. */
  readonly profile: TimingProfile;
  /** Another profile is wanted; it is taken into force with the next lease. */
  readonly profileChanged: boolean;
  readonly lease: GuardLease;
  /** How long the host slept since `lease.sentAt`: the monotonic clock has not counted it, etcd has. */
  readonly suspendedMs: number;
  /** What the daemon has last been promised by all other servers, and how long the host slept since then. */
  readonly promised?: (Promised & { readonly suspendedMs: number }) | undefined;
  /** The daemon's last complete loop round, or the start of the first guard when there was none yet. */
  readonly daemonAliveAt: InstantMs;
  /** The daemon is shutting down in order: stop what is left, give the lease back, end. */
  readonly releasing: boolean;
  /**
   * `none`: no kill plan is held, or all of them were carried out and verified. `stuck`: the last attempt to carry the
   * plans out has left something running.
   */
  readonly activity: 'none' | 'active' | 'stuck';
  /** Calls to etcd since the lease came into its present state; older ones are not counted. */
  readonly calls: {
    readonly lastSentAt: InstantMs | undefined;
    readonly lastFailed: boolean;
    readonly inFlight: number;
  };
  readonly watchdog: { readonly timeoutMs: number; readonly lastFedAt: InstantMs | undefined } | undefined;
}

export interface GuardDecision {
  /** The lease as it is from now on. */
  readonly lease: GuardLease;
  /** Carry out every kill plan, before anything else; said until everything has verifiably stopped. */
  readonly stop: boolean;
  readonly call: 'grant' | 'renew' | 'revoke' | undefined;
  readonly feed: boolean;
  /** Nothing is left to do: the guard may end. */
  readonly finished: boolean;
  /** Decide again at this instant, or earlier when something has happened. Never more than a second away. */
  readonly wakeAt: InstantMs;
  readonly reason: Reason;
}

/** A renewal that hangs is overtaken by the next one; this many may be under way. */
const renewalsAtOnce = 3;
const revokeAttempts = 3;
const longestWaitMs = 1_000;
const noCalls: GuardView['calls'] = { lastSentAt: undefined, lastFailed: false, inFlight: 0 };

/** Until when the server may act under the lease (S2), on this server's monotonic clock. */
export function goodUntil(lease: LeaseFacts, profile: TimingProfile, suspendedMs: number): InstantMs {
  return lease.sentAt + lease.ttlMs - profile.stopAllowanceMs - suspendedMs;
}

/**
 * Two clocks that count this share of the same time apart are broken: a promise is taken to be so much shorter. The lease
 * has its stop allowance for that, and so has a promise besides.
 */
const driftShare = 0.02;

/** When the first of the promises may end, as far as this server can tell; never later than was agreed on. */
function promisesEnd({ profile, promised, lease, now }: GuardView): InstantMs {
  if (!promised || lease.state === 'none' || promised.lease !== lease.lease) return -Infinity;
  if (now < promised.sentAt) return -Infinity;
  const forMs = Math.min(promised.forMs, profile.failsafeMs);
  return promised.sentAt + forMs * (1 - driftShare) - promised.suspendedMs;
}

/**
 * Until when what runs may go on running because every other server has promised to take nothing, although the lease is not
 * renewed (C-08). The lease is not good by that: nothing is started or taken (S2).
 */
export function failsafeUntil(view: GuardView): InstantMs | undefined {
  const until = promisesEnd(view) - view.profile.stopAllowanceMs;
  return until === -Infinity ? undefined : until;
}

/** Says whether promises are taken for the lease: one that is ending never becomes good again. */
export function judgePromised(lease: GuardLease, promised: Promised, now: InstantMs): Verdict {
  if (lease.state !== 'held' || lease.lease !== promised.lease) return refuse('lease-changed');
  if (promised.sentAt > now) return refuse('promised-in-future', { aheadMs: promised.sentAt - now });
  return allow();
}

/** What runs under the lease is stopped from then on (S3). */
function heldUntil(view: GuardView, lease: LeaseFacts): InstantMs {
  return Math.max(goodUntil(lease, view.profile, view.suspendedMs), failsafeUntil(view) ?? -Infinity);
}

/**
 * Says what the guard does now. The caller carries `stop` out first, then the rest, and decides again after every
 * answer, message and finished attempt, and at `wakeAt`.
 */
export function decideGuard(view: GuardView): GuardDecision {
  const lease = judgeLease(view);
  const calls = lease.state === view.lease.state ? view.calls : noCalls;
  const judged: GuardView = { ...view, lease, calls };
  switch (lease.state) {
    case 'held':
      return decideHeld(judged, lease);
    case 'ending':
      return decideEnding(judged, lease);
    case 'none':
      return decideWithoutLease(judged);
    default:
      return lease satisfies never;
  }
}

/** First match wins; a lease that is ending stays so (S4: an incarnation does not come back). */
function judgeLease(view: GuardView): GuardLease {
  const { lease, now } = view;
  if (lease.state !== 'held') return lease;
  // An instant before the sending is nonsense, and nonsense is not trusted (S5).
  if (now >= heldUntil(view, lease) || now < lease.sentAt)
    return end(
      lease,
      because('lease-not-renewed', { ageMs: now - lease.sentAt, suspendedMs: view.suspendedMs }),
    );
  if (view.releasing) return end(lease, because('released'));
  if (isDaemonSilent(view))
    return end(lease, because('daemon-silent', { silentMs: now - view.daemonAliveAt }));
  if (view.profileChanged && view.activity === 'none') return end(lease, because('profile-changed'));
  return lease;
}

function decideHeld(view: GuardView, lease: HeldLease): GuardDecision {
  const until = heldUntil(view, lease);
  const isGood = view.now < goodUntil(lease, view.profile, view.suspendedMs);
  const renewAt = renewalDueAt(view);
  return finish(view, lease, {
    call: view.now >= renewAt ? 'renew' : undefined,
    wakeAts: [renewAt, until, view.daemonAliveAt + view.profile.daemonAllowanceMs],
    reason: because(isGood ? 'lease-good' : 'held-by-promises'),
  });
}

function decideEnding(view: GuardView, lease: EndingLease): GuardDecision {
  if (view.activity !== 'none') {
    // While something is still active here the lease is kept up if that is possible: it keeps other servers out
    // . It does not become good again by that.
    const renewAt = lease.gone ? Infinity : renewalDueAt(view);
    return finish(view, lease, {
      stop: true,
      call: view.now >= renewAt ? 'renew' : undefined,
      wakeAts: [renewAt],
      reason: lease.why,
    });
  }
  const surelyLate = lease.revokeFailures >= revokeAttempts && view.now >= lease.sentAt + lease.ttlMs;
  if (lease.gone || surelyLate)
    return decideWithoutLease({ ...view, lease: { state: 'none' }, calls: noCalls });
  const revokeAt = soleCallDueAt(view);
  return finish(view, lease, {
    call: view.now >= revokeAt ? 'revoke' : undefined,
    wakeAts: [revokeAt],
    reason: lease.why,
  });
}

function decideWithoutLease(view: GuardView): GuardDecision {
  const lease: GuardLease = { state: 'none' };
  if (view.activity !== 'none') return finish(view, lease, { stop: true, reason: because('no-lease') });
  if (view.releasing) {
    const isFinished = view.calls.inFlight === 0;
    return { ...finish(view, lease, { reason: because('released') }), finished: isFinished };
  }
  if (isDaemonSilent(view)) return finish(view, lease, { reason: because('waiting-for-daemon') });
  const grantAt = soleCallDueAt(view);
  return finish(view, lease, {
    call: view.now >= grantAt ? 'grant' : undefined,
    wakeAts: [grantAt],
    reason: because('granting'),
  });
}

interface Proposal {
  readonly stop?: boolean;
  readonly call?: GuardDecision['call'];
  readonly wakeAts?: readonly InstantMs[];
  readonly reason: Reason;
}

/** Adds what holds in every state: the watchdog, and a limit on how long nothing is looked at. */
function finish(view: GuardView, lease: GuardLease, proposal: Proposal): GuardDecision {
  const feedAt = feedingDueAt(view);
  const later = [feedAt, ...(proposal.wakeAts ?? [])].filter((at) => at > view.now);
  return {
    lease,
    stop: proposal.stop ?? false,
    call: proposal.call,
    feed: view.now >= feedAt && mayFeed(view, lease),
    finished: false,
    wakeAt: Math.min(view.now + longestWaitMs, ...later),
    reason: proposal.reason,
  };
}

/** Feeding promises that nothing outlives the lease, or the promises that hold it, even if this process does nothing more (S3, C-06). */
function mayFeed(view: GuardView, lease: GuardLease): boolean {
  if (view.watchdog === undefined) return false;
  if (view.activity === 'none' && lease.state !== 'held') return mayFeedIdle(view, view.watchdog.timeoutMs);
  if (lease.state === 'none') return false;
  if (lease.state === 'ending' && (lease.gone || view.activity === 'stuck')) return false;
  const leaseEnds = lease.sentAt + lease.ttlMs - view.suspendedMs;
  const ends = Math.max(leaseEnds, promisesEnd(view));
  return view.now >= lease.sentAt && view.now + view.watchdog.timeoutMs <= ends;
}

/** Nothing can start here before another lease is granted; one that has been asked for counts from its sending. */
function mayFeedIdle({ now, calls, profile }: GuardView, timeoutMs: number): boolean {
  if (calls.inFlight === 0 || calls.lastSentAt === undefined) return true;
  return now + timeoutMs <= calls.lastSentAt + profile.leaseTtlMs;
}

function feedingDueAt({ now, watchdog }: GuardView): InstantMs {
  if (watchdog === undefined) return Infinity;
  // Often, so that the last permitted feeding is close to its limit and the reset does not come early.
  return watchdog.lastFedAt === undefined ? now : watchdog.lastFedAt + watchdog.timeoutMs / 10;
}

function renewalDueAt({ now, calls, profile }: GuardView): InstantMs {
  if (calls.lastSentAt === undefined) return now;
  if (calls.inFlight >= renewalsAtOnce) return Infinity;
  const hasFailed = calls.lastFailed && calls.inFlight === 0;
  return calls.lastSentAt + (hasFailed ? profile.renewEveryMs / 4 : profile.renewEveryMs);
}

function soleCallDueAt({ now, calls, profile }: GuardView): InstantMs {
  if (calls.lastSentAt === undefined) return now;
  return calls.inFlight > 0 ? Infinity : calls.lastSentAt + profile.renewEveryMs / 4;
}

function isDaemonSilent(view: GuardView): boolean {
  return view.now - view.daemonAliveAt >= view.profile.daemonAllowanceMs;
}

function end(lease: HeldLease, why: Reason): EndingLease {
  return { ...lease, state: 'ending', why, gone: false, revokeFailures: 0 };
}

/** The lease after etcd has granted it. */
export function grantedLease(facts: LeaseFacts): HeldLease {
  return { ...facts, state: 'held' };
}

/**
 * The lease after etcd has answered a renewal of `answer.lease` that was sent at `answer.sentAt`; `ttlMs` of 0 says
 * that it is over. Answers may come in any order, and for a lease that is no longer kept.
 */
export function renewedLease(
  lease: GuardLease,
  answer: { readonly lease: string; readonly sentAt: InstantMs; readonly ttlMs: number },
): GuardLease {
  if (lease.state === 'none' || lease.lease !== answer.lease) return lease;
  if (answer.ttlMs <= 0) {
    const ending = lease.state === 'held' ? end(lease, because('lease-gone')) : lease;
    return { ...ending, gone: true };
  }
  if (answer.sentAt < lease.sentAt) return lease;
  return { ...lease, sentAt: answer.sentAt, ttlMs: answer.ttlMs };
}

/** The lease after an attempt to revoke it, which etcd has answered or not. */
export function revokedLease(lease: GuardLease, isAnswered: boolean): GuardLease {
  if (lease.state !== 'ending') return lease;
  return isAnswered ? { ...lease, gone: true } : { ...lease, revokeFailures: lease.revokeFailures + 1 };
}

/** A lease of which nothing is certain any more, for example one of another boot: never good, to be revoked. */
export function abandonedLease(facts: Omit<LeaseFacts, 'sentAt'>, why: Reason): EndingLease {
  return { ...facts, sentAt: -Infinity, state: 'ending', why, gone: false, revokeFailures: 0 };
}
