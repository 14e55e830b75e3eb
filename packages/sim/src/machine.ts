import type { InstantMs } from '@holdfast/core';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What a resource is on one machine, as the machine has it, whoever started it. */
export type ThingState =
  | 'stopped'
  | 'running'
  /** Processes run, and it does not serve yet: a database that replays its log. */
  | 'starting'
  /** Dead or damaged, and something of it is still there: a backend that outlived its postmaster. */
  | 'half';

/** A process of a simulated machine. What it does, it does only while it lives and is not frozen. */
export interface SimProcess {
  readonly name: string;
  isAlive(): boolean;
  isFrozen(): boolean;
  /** Does it now, after the thaw, or never. */
  deliver(act: () => void): void;
  /** Milliseconds of the machine's own clock. */
  after(delayMs: number, act: () => void): () => void;
  at(instant: InstantMs, act: () => void): () => void;
  kill(): void;
  freeze(): void;
  thaw(): void;
}

export interface Machine {
  readonly name: string;
  readonly random: Random;
  /** CLOCK_MONOTONIC: its own offset, its own rate, from zero at another moment than everybody else's (S9). */
  now(): InstantMs;
  /** How long the machine slept in this boot: the monotonic clock stood still meanwhile. */
  slept(): number;
  /** How much true time passes while its clock counts `ms`. */
  trueMs(ms: number): number;
  isOn(): boolean;
  isFrozen(): boolean;
  boot(): number;
  powerOn(): void;
  powerOff(): void;
  /** Stops every process. `sleep`: the whole machine sleeps, and its monotonic clock with it. */
  freeze(how: 'freeze' | 'sleep'): void;
  thaw(): void;
  spawn(name: string): SimProcess;
  thing(tag: string): ThingState;
  setThing(tag: string, state: ThingState, cause: string): void;
  /** Calls back when it has ended or broken. */
  onEnd(tag: string, callback: () => void): () => void;
  /** Feeds the watchdog: it resets the machine `timeoutMs` later unless it is fed again. */
  feed(timeoutMs: number): void;
  disarm(): void;
}

export interface MachineOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How much its clock runs fast or slow: 0.001 is a second in a quarter of an hour. */
  readonly drift: number;
  readonly onThing: (
    tag: string,
    change: { readonly before: ThingState; readonly after: ThingState; readonly cause: string },
  ) => void;
  /** The watchdog has reset the machine: it is off now. */
  readonly onReset: () => void;
}

export function createMachine(options: MachineOptions): Machine {
  const { scheduler, random, onThing } = options;
  const rate = 1 + options.drift;
  const things = new Map<string, ThingState>();
  const processes = new Set<SimProcess>();
  let startedAt = 0;
  let boot = 0;
  let isOn = false;
  let frozenSince: number | undefined;
  let isAsleep = false;
  let slept = 0;
  const listeners = new Map<string, Set<() => void>>();
  let cancelReset: (() => void) | undefined;

  const now = (): InstantMs => {
    const until = isAsleep && frozenSince !== undefined ? frozenSince : scheduler.now();
    return (until - startedAt) * rate;
  };

  function powerOn(): void {
    if (isOn) return;
    isOn = true;
    boot += 1;
    // A machine that has just booted may have run for a second or for a year.
    slept = 0;
    startedAt = scheduler.now() - random.between(0, random.chance(0.5) ? 60_000 : 30_000_000);
  }

  function powerOff(): void {
    if (!isOn) return;
    isOn = false;
    disarm();
    for (const one of processes) one.kill();
    processes.clear();
    frozenSince = undefined;
    isAsleep = false;
    for (const [tag, state] of things) if (state !== 'stopped') setThing(tag, 'stopped', 'power');
  }

  function freeze(how: 'freeze' | 'sleep'): void {
    if (!isOn || frozenSince !== undefined) return;
    frozenSince = scheduler.now();
    isAsleep = how === 'sleep';
  }

  function thaw(): void {
    if (frozenSince === undefined) return;
    if (isAsleep) {
      const awayMs = scheduler.now() - frozenSince;
      startedAt += awayMs;
      slept += awayMs * rate;
      isAsleep = false;
    }
    frozenSince = undefined;
    for (const one of processes) {
      // Which process comes back first is chance.
      if (!one.isFrozen()) scheduler.after(random.between(0, 2), () => one.thaw());
    }
  }

  function setThing(tag: string, after: ThingState, cause: string): void {
    const before = things.get(tag) ?? 'stopped';
    if (before === after) return;
    things.set(tag, after);
    onThing(tag, { before, after, cause });
    if (after === 'stopped' || after === 'half') for (const told of listeners.get(tag) ?? []) told();
  }

  function feed(timeoutMs: number): void {
    cancelReset?.();
    // The watchdog is hardware: it counts whether the machine is frozen or not.
    cancelReset = scheduler.after(timeoutMs / rate, () => {
      powerOff();
      options.onReset();
    });
  }

  function disarm(): void {
    cancelReset?.();
    cancelReset = undefined;
  }

  function spawn(name: string): SimProcess {
    for (const one of processes) if (!one.isAlive()) processes.delete(one);
    const created = createProcess({
      name,
      scheduler,
      rate,
      now,
      machineFrozen: () => frozenSince !== undefined,
    });
    processes.add(created);
    return created;
  }

  return {
    name: options.name,
    random,
    now,
    slept: () => slept,
    trueMs: (ms) => ms / rate,
    isOn: () => isOn,
    isFrozen: () => frozenSince !== undefined,
    boot: () => boot,
    powerOn,
    powerOff,
    freeze,
    thaw,
    spawn,
    thing: (tag) => things.get(tag) ?? 'stopped',
    setThing,
    onEnd(tag, callback) {
      const ofTag = listeners.get(tag) ?? new Set<() => void>();
      listeners.set(tag, ofTag);
      ofTag.add(callback);
      return () => ofTag.delete(callback);
    },
    feed,
    disarm,
  };
}

interface ProcessOptions {
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly rate: number;
  readonly now: () => InstantMs;
  readonly machineFrozen: () => boolean;
}

/** Timers never fire before their instant: the smallest step by which they may be late, milliseconds. */
const tickMs = 0.001;

function createProcess({ name, scheduler, rate, now, machineFrozen }: ProcessOptions): SimProcess {
  let alive = true;
  let frozen = false;
  let waiting: (() => void)[] = [];

  const isFrozen = (): boolean => frozen || machineFrozen();

  function deliver(act: () => void): void {
    if (!alive) return;
    if (isFrozen()) waiting.push(act);
    else act();
  }

  function after(delayMs: number, act: () => void): () => void {
    let wanted = true;
    const cancel = scheduler.after(delayMs / rate + tickMs, () =>
      deliver(() => {
        if (wanted) act();
      }),
    );
    return () => {
      wanted = false;
      cancel();
    };
  }

  function goOn(): void {
    if (isFrozen()) return;
    const all = waiting;
    waiting = [];
    for (const act of all) scheduler.after(0, () => deliver(act));
  }

  return {
    name,
    isAlive: () => alive,
    isFrozen: () => frozen,
    deliver,
    after,
    at: (instant, act) => after(instant - now(), act),
    kill() {
      alive = false;
      waiting = [];
    },
    freeze() {
      frozen = true;
    },
    thaw() {
      frozen = false;
      goOn();
    },
  };
}
