import { because, type Reason, type TimingProfile } from '@holdfast/core';
import { heldUntil, type Guard, type LeaseState } from '@holdfast/engine/ports';
import type { GuardProcess } from './guard-process.ts';
import type { Machine, SimProcess } from './machine.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** Where a machine keeps its guard: it outlives daemons. */
export interface GuardSlot {
  guard: GuardProcess | undefined;
  /** Of the daemon that has greeted last: what it is told. */
  onState: ((state: LeaseState | undefined) => void) | undefined;
  onEnd: (() => void) | undefined;
}

export interface GuardLinkOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly machine: Machine;
  /** The daemon. */
  readonly process: SimProcess;
  readonly slot: GuardSlot;
  readonly profile: TimingProfile;
  readonly launch: () => void;
}

const planTimeoutMs = 5_000;
const killTimeoutMs = 10_000;

interface Pending {
  readonly send: () => void;
  readonly fail: (reason: Reason) => void;
}

/** `ready`: a guard has answered; the daemon does nothing before. */
export type GuardLink = Guard & { readonly ready: Promise<void> };

/** The daemon's end of its guard, as the daemon package has it: a dead guard and a silent one are replaced at once. */
export function createGuardLink(options: GuardLinkOptions): GuardLink {
  const { scheduler, random, machine, process, slot, profile } = options;
  const listeners = new Set<() => void>();
  const pending = new Set<Pending>();
  const silenceMs = Math.max(300, profile.leaseTtlMs * 0.2);
  let lease: LeaseState | undefined;
  let connected: GuardProcess | undefined;
  let heardAt = machine.now();
  let aliveSentAt = Number.NEGATIVE_INFINITY;
  let launchedAt = Number.NEGATIVE_INFINITY;
  let isSuspect = false;
  const ready = Promise.withResolvers<void>();

  /** One message over the local socket: in order, and it waits where the receiver is frozen. */
  function send(to: SimProcess, act: () => void): void {
    scheduler.after(0.2, () => to.deliver(act));
  }

  function adopt(next: LeaseState | undefined): void {
    heardAt = machine.now();
    const changed = next?.incarnation !== lease?.incarnation || next?.lease !== lease?.lease;
    lease = next;
    if (changed) for (const listener of listeners) listener();
  }

  function connect(): void {
    const guard = slot.guard;
    if (!guard?.process.isAlive()) {
      if (machine.now() < launchedAt + 1_500) return;
      launchedAt = machine.now();
      options.launch();
      return;
    }
    connected = guard;
    heardAt = machine.now();
    launchedAt = Number.NEGATIVE_INFINITY;
    slot.onState = (state) => send(process, () => adopt(state));
    slot.onEnd = () => scheduler.after(random.between(1, 25), () => process.deliver(lookForGuard));
    send(guard.process, () => slot.onState?.(guard.state()));
    for (const one of pending) one.send();
    send(guard.process, () => send(process, ready.resolve));
  }

  /** A dead guard is noticed by its closed socket. */
  function lookForGuard(): void {
    if (connected?.process.isAlive()) return;
    connected = undefined;
    connect();
    if (!connected) process.after(20, lookForGuard);
  }

  function look(): void {
    if (connected?.process.isAlive()) {
      const isSilent = machine.now() >= heardAt + silenceMs;
      if (isSilent && isSuspect) {
        connected.process.kill();
        lookForGuard();
      }
      isSuspect = isSilent;
    }
    process.after(silenceMs / 2, look);
  }

  function ask(
    timeoutMs: number,
    request: (guard: GuardProcess) => Promise<Reason | undefined>,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const settle = (refusal: Reason | undefined): void => {
      cancel();
      pending.delete(one);
      if (refusal === undefined) resolve();
      else reject(new Error(`the guard did not do it: ${refusal.code}`));
    };
    const one: Pending = {
      fail: settle,
      send: () => {
        const guard = connected;
        if (!guard) return;
        send(guard.process, () => {
          void request(guard).then((refusal) => send(process, () => settle(refusal)));
        });
      },
    };
    const cancel = process.after(timeoutMs, () =>
      one.fail(because('guard-no-answer', { waitedMs: timeoutMs })),
    );
    pending.add(one);
    one.send();
    return promise;
  }

  lookForGuard();
  process.after(random.between(0, silenceMs), look);

  return {
    ready: ready.promise,
    state: () => (lease && machine.now() < heldUntil(lease) ? lease : undefined),
    alive() {
      const now = machine.now();
      const guard = connected;
      if (!guard || now < aliveSentAt + profile.daemonAllowanceMs / 20) return;
      aliveSentAt = now;
      send(guard.process, () => guard.alive());
    },
    async plan(hierarchy, term, steps) {
      const incarnation = lease?.incarnation;
      await ask(planTimeoutMs, (guard) => guard.plan({ hierarchy, term, steps, incarnation }));
    },
    drop: (hierarchy) => ask(planTimeoutMs, (guard) => guard.drop(hierarchy)),
    retain: (hierarchies) => ask(planTimeoutMs, (guard) => guard.retain(hierarchies)),
    kill: (hierarchy) => ask(killTimeoutMs, (guard) => guard.kill(hierarchy)),
    hold: (promised) => ask(planTimeoutMs, (guard) => guard.hold(promised)),
    onChange(callback) {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
  };
}
