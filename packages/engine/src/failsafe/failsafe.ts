import {
  because,
  type InstantMs,
  type PromiseRequest,
  type Reason,
  type ServerName,
  type TimingProfile,
} from '@holdfast/core';
import type { Clock, EngineEvent, Guard, LeaseState } from '../ports.ts';
import type { Snapshot } from '../snapshot.ts';

export interface FailsafeOptions {
  readonly server: ServerName;
  readonly clock: Clock;
  /** How long the machine has slept, up to a constant: the monotonic clock does not count it. */
  readonly sleptMs: () => number;
  readonly profile: () => TimingProfile;
  readonly guard: Pick<Guard, 'state' | 'hold' | 'onChange'>;
  /** The newest look at the store in this life, unless this server knows of a newer configuration. */
  readonly known: () => Snapshot | undefined;
  /** Asks one server. Answers why it refuses; rejects when there is no answer in time. */
  readonly ask: (
    server: ServerName,
    request: PromiseRequest,
    timeoutMs: number,
  ) => Promise<Reason | undefined>;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
  readonly rules?: FailsafeRules;
}

/** What a test replaces to prove that a broken rule is caught. */
export interface FailsafeRules {
  /** From when promises count: the sending, never the answer (S2, S9). */
  readonly countFrom: (sentAt: InstantMs, answeredAt: InstantMs) => InstantMs;
  /** Are these all the promises that are needed? `refusals` has an entry for each server that did not promise. */
  readonly isEnough: (refusals: Readonly<Record<ServerName, Reason>>) => boolean;
}

export const failsafeRules: FailsafeRules = {
  countFrom: (sentAt) => sentAt,
  isEnough: (refusals) => Object.keys(refusals).length === 0,
};

/** How it stands with the promises of other servers, for people. */
export type FailsafeState =
  /** The lease is renewed: there is no need of promises. */
  | { readonly kind: 'idle' }
  /** What runs goes on because all others have promised to take nothing. */
  | { readonly kind: 'holding'; readonly since: InstantMs }
  /** Somebody has not promised: what runs is stopped when the lease, or the last promises, end. */
  | {
      readonly kind: 'refused';
      readonly since: InstantMs;
      readonly refusals: Readonly<Record<ServerName, Reason>>;
    };

export interface Failsafe {
  state(): FailsafeState;
  stop(): void;
}

/** A renewal that is late by this share of its interval is reason enough to ask. */
const lateShare = 1.5;
const restMs = 200;

/**
 * Asks all other servers to take nothing of this one's while the lease is not renewed, and gives the guard what they promise
 * (C-08). Asked as often as the lease is renewed, from when a renewal is late until the lease is good again or over.
 */
export function createFailsafe(options: FailsafeOptions): Failsafe {
  const { server, clock, guard, profile, tell, rules = failsafeRules } = options;
  let state: FailsafeState = { kind: 'idle' };
  let askedAt = Number.NEGATIVE_INFINITY;
  /** When those were asked whose promises the guard has. */
  let heldAt = Number.NEGATIVE_INFINITY;
  let isEnded = false;
  let cancel = (): void => {};

  /** When the lease has become so old that its renewal must have failed. */
  function dueAt({ goodUntil }: LeaseState): InstantMs {
    const { leaseTtlMs, stopAllowanceMs, renewEveryMs } = profile();
    return goodUntil - (leaseTtlMs - stopAllowanceMs) + lateShare * renewEveryMs;
  }

  function look(): void {
    if (isEnded) return;
    cancel();
    const now = clock.now();
    const lease = guard.state();
    const known = options.known();
    const runsNothing = known !== undefined && !ownsSomething(known, server);
    let nextAt = now + restMs;
    if (!lease || runsNothing || now < dueAt(lease)) {
      become({ kind: 'idle' });
      if (lease && !runsNothing) nextAt = dueAt(lease);
    } else {
      const { renewEveryMs } = profile();
      if (now >= askedAt + renewEveryMs) {
        askedAt = now;
        void round(lease, known);
      }
      nextAt = Math.min(nextAt, askedAt + renewEveryMs);
    }
    cancel = clock.wakeAt(Math.max(nextAt, now + 1), look);
  }

  async function round(lease: LeaseState, known: Snapshot | undefined): Promise<void> {
    const sentAt = clock.now();
    const sleptMs = options.sleptMs();
    const { failsafeMs: forMs, stopAllowanceMs } = profile();
    // A late answer is an answer: the next questions are on their way meanwhile.
    const timeoutMs = (forMs - stopAllowanceMs) / 2;
    const refusals = known
      ? await askAll(
          known,
          { incarnation: lease.incarnation, configuration: known.configRevision, forMs },
          timeoutMs,
        )
      : { [server]: because('store-not-seen') };
    if (isEnded) return;
    if (sentAt < heldAt) return;
    if (!rules.isEnough(refusals)) return refused(lease, refusals);
    const promised = { lease: lease.lease, sentAt: rules.countFrom(sentAt, clock.now()), forMs, sleptMs };
    try {
      await guard.hold(promised);
      heldAt = Math.max(heldAt, sentAt);
      if (isNeeded()) become({ kind: 'holding', since: clock.now() });
    } catch (error) {
      refused(lease, { [server]: because('guard-refused', { message: String(error) }) });
    }
  }

  async function askAll(
    { view, settings }: Snapshot,
    request: PromiseRequest,
    timeoutMs: number,
  ): Promise<Readonly<Record<ServerName, Reason>>> {
    if (settings?.failsafe === false) return { [server]: because('failsafe-off') };
    const others = Object.keys(view.servers).filter((name) => name !== server);
    const answers = await Promise.all(
      others.map(async (name): Promise<readonly (readonly [ServerName, Reason])[]> => {
        try {
          const refusal = await options.ask(name, request, timeoutMs);
          return refusal ? [[name, refusal]] : [];
        } catch (error) {
          return [
            [name, because('no-answer', { message: error instanceof Error ? error.message : String(error) })],
          ];
        }
      }),
    );
    return Object.fromEntries(answers.flat());
  }

  function refused(asked: LeaseState, refusals: Readonly<Record<ServerName, Reason>>): void {
    if (guard.state()?.lease === asked.lease && isNeeded())
      become({ kind: 'refused', since: clock.now(), refusals });
  }

  /** Is the lease still not renewed? */
  function isNeeded(): boolean {
    const lease = guard.state();
    return lease !== undefined && clock.now() >= dueAt(lease);
  }

  function become(next: FailsafeState): void {
    const before = state;
    const stays = before.kind === next.kind;
    state = stays && before.kind !== 'idle' && next.kind !== 'idle' ? { ...next, since: before.since } : next;
    if (next.kind === 'refused') {
      const named = Object.keys(next.refusals).join();
      if (stays && before.kind === 'refused' && Object.keys(before.refusals).join() === named) return;
      for (const [refuser, { code }] of Object.entries(next.refusals))
        tell({ code: 'failsafe-refused', severity: 'alarm', facts: { refuser, cause: code } });
    }
    if (stays) return;
    if (next.kind === 'holding') tell({ code: 'failsafe-began', severity: 'alarm', facts: {} });
    if (next.kind === 'idle' && before.kind === 'holding')
      tell({ code: 'failsafe-ended', severity: 'info', facts: {} });
  }

  const endListening = guard.onChange(look);
  look();
  return {
    state: () => state,
    stop() {
      isEnded = true;
      cancel();
      endListening();
    },
  };
}

/** By the last look; who owns nothing has nothing to go on with. */
function ownsSomething({ view }: Snapshot, server: ServerName): boolean {
  return Object.values(view.owners).some((owner) => owner.server === server);
}
