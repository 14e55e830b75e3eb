import { because, type Verdict } from '@holdfast/core';
import type { ActionContext, ActionResult, InstanceRef, Instances, KillStep } from '@holdfast/engine/ports';
import type { Conditions } from './conditions.ts';
import type { Machine, SimProcess } from './machine.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What stands on a shared volume: the last term in which it was brought in, and where. The second barrier (DESIGN 5). */
export interface VolumeRecord {
  readonly server: string;
  readonly term: number;
}

/** One act that starts something, as it takes effect. */
export interface StartAct {
  readonly server: string;
  readonly hierarchy: string;
  readonly tag: string;
  readonly term: number;
  /** What the engine knew as its children when it decided. */
  readonly children: readonly string[];
}

/** One act that stops something, as it takes effect. */
export interface StopAct {
  readonly server: string;
  readonly tag: string;
  /** What the engine knew to need it when it decided. */
  readonly parents: readonly string[];
}

/** A resource's place among the others, as the engine knows it. */
export interface Neighbours {
  readonly children: readonly string[];
  readonly parents: readonly string[];
}

export interface KitOptions {
  readonly scheduler: Scheduler;
  readonly machine: Machine;
  /** The daemon: it waits for what its kits do. */
  readonly process: SimProcess;
  readonly random: Random;
  readonly conditions: Conditions;
  /** Shared by all machines. */
  readonly volumes: Map<string, VolumeRecord>;
  /** The volumes that a resource cannot be without, and what is on a volume: whatever is configured. */
  readonly volumesOf: (tag: string) => readonly string[];
  readonly usersOf: (tag: string) => readonly string[];
  readonly neighboursOf: (tag: string) => Neighbours;
  readonly onStart: (act: StartAct) => void;
  readonly onStop: (act: StopAct) => void;
  /** Between the permission and the act: a schedule may freeze or kill something here. */
  readonly onPermitted: (act: StartAct) => void;
  readonly hasBarrier: boolean;
}

type Known = InstanceRef & Neighbours;

/** Why a start fails when one of its children is not as it should be. */
export const childIsNotThere = 'child-is-not-there';

/** Asked again at this distance, milliseconds of the machine. */
const pollMs = 50;
const failed = (code: string, scope: 'server' | 'data' = 'server'): ActionResult => ({
  state: 'failed',
  scope,
  reason: because(code),
});
const ok: ActionResult = { state: 'ok' };

/** The recovery kits of one simulated machine: a shared volume, an address, a database on both. */
export function createKits(options: KitOptions): Instances {
  const { machine, process, random, conditions } = options;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => process.after(ms, resolve));
  }

  /** Runs `act` as a child process: it goes on when the daemon dies, and ends with the machine. */
  function spawn<T>(delayMs: number, act: () => T): Promise<T> {
    const child = machine.spawn('act');
    return new Promise((resolve, reject) =>
      child.after(delayMs, () => {
        child.kill();
        try {
          const result = act();
          process.deliver(() => resolve(result));
        } catch (error) {
          reject(error);
        }
      }),
    );
  }

  async function whileHanging(isHanging: () => boolean, signal?: AbortSignal): Promise<void> {
    while (isHanging() && signal?.aborted !== true) await pause(pollMs);
  }

  /** Permission, then the act. The barrier is part of the act: it is looked at in the same breath. */
  async function start(
    instance: Known,
    context: ActionContext,
    state: 'running' | 'starting',
  ): Promise<ActionResult> {
    const { hierarchy, tag, kit, children } = instance;
    const { term } = context;
    const verdict: Verdict = context.permit();
    if (!verdict.allowed) return { state: 'not-running', reason: verdict.reason };
    const act = { server: machine.name, hierarchy, tag, term, children };
    options.onPermitted(act);
    return spawn(random.between(0, 8), () => {
      if (kit === 'volume' && options.hasBarrier && isRefused(options.volumes.get(tag), act))
        return failed('volume-held-by-newer-term');
      options.onStart(act);
      const missing = options.volumesOf(tag).filter((child) => machine.thing(child) !== 'running');
      if (missing.length > 0)
        return failed(
          missing.some((one) => children.includes(one)) ? childIsNotThere : 'volume-is-not-there',
        );
      if (kit === 'volume') options.volumes.set(tag, { server: machine.name, term });
      machine.setThing(tag, state, 'start');
      return ok;
    });
  }

  function stop({ tag, parents }: Known, state: 'stopped' | 'half'): void {
    if (machine.thing(tag) === 'stopped') return;
    // What was its parent when the stop was decided and is none any more does not need it now.
    const still = options.neighboursOf(tag).parents;
    const needing = parents.filter((parent) => still.includes(parent));
    options.onStop({ server: machine.name, tag, parents: needing });
    machine.setThing(tag, state, 'stop');
  }

  async function restore(instance: Known, context: ActionContext): Promise<ActionResult> {
    const { tag, kit } = instance;
    await pause(random.between(1, kit === 'ip' ? 10 : conditions.diskMs));
    const trouble = conditions.start.get(tag);
    if (trouble === 'hangs') await whileHanging(() => conditions.start.has(tag), context.signal);
    if (trouble === 'hangs-for-good') await whileHanging(() => conditions.start.has(tag));
    // The worst kind does not hear that it is no longer wanted: only the permission stops it.
    if (context.signal.aborted && trouble !== 'hangs-for-good')
      return { state: 'not-running', reason: because('aborted') };
    if (trouble === 'server' || trouble === 'data') {
      const isNew = kit === 'postgresql' && machine.thing(tag) !== 'running';
      if (isNew && random.chance(0.5)) return startInVain(instance, context, trouble);
      return failed('does-not-start', trouble);
    }
    // What is broken goes first, in place: nothing above it could use it.
    if (machine.thing(tag) === 'half') machine.setThing(tag, 'stopped', 'crash');
    if (kit !== 'postgresql') return start(instance, context, 'running');
    if (machine.thing(tag) === 'running') return ok;
    const begun = machine.thing(tag) === 'starting' ? ok : await start(instance, context, 'starting');
    return begun.state === 'ok' ? recoverDatabase(instance, context) : begun;
  }

  /** It comes up, and dies of something that only shows then. */
  async function startInVain(
    instance: Known,
    context: ActionContext,
    scope: 'server' | 'data',
  ): Promise<ActionResult> {
    const begun = await start(instance, context, 'starting');
    if (begun.state !== 'ok') return begun;
    await pause(random.between(20, 300));
    // Nobody stops it, and nothing that stands on it has used it yet: no order of stopping is broken (S7).
    machine.setThing(instance.tag, 'stopped', 'stop');
    return failed('died-while-starting', scope);
  }

  async function recoverDatabase({ tag, ...rest }: Known, context: ActionContext): Promise<ActionResult> {
    const instance = { tag, ...rest };
    const steps = Math.ceil(random.between(20, conditions.recoveryMs) / 200);
    for (let step = 0; step < steps; step += 1) {
      await pause(random.between(10, 200));
      context.progress(because('recovering', { step, steps }));
      if (context.signal.aborted) {
        stop(instance, 'stopped');
        return { state: 'not-running', reason: because('aborted') };
      }
      if (machine.thing(tag) === 'stopped') return failed('died-while-starting');
    }
    if (machine.thing(tag) !== 'starting') return failed('died-while-starting');
    machine.setThing(tag, 'running', 'recovered');
    return ok;
  }

  async function remove(instance: Known, context: Omit<ActionContext, 'permit'>): Promise<ActionResult> {
    const { tag, kit } = instance;
    if (machine.thing(tag) === 'stopped') {
      await pause(random.between(0.5, 5));
      if (machine.thing(tag) === 'stopped') return ok;
    }
    const trouble = conditions.stop.get(tag);
    if (trouble === 'hangs') await whileHanging(() => conditions.stop.has(tag), context.signal);
    await pause(
      kit === 'postgresql'
        ? random.between(20, 500)
        : random.between(1, kit === 'ip' ? 10 : conditions.diskMs),
    );
    if (trouble === 'fails' || conditions.unkillable.has(tag)) return failed('does-not-stop');
    if (trouble === 'half' && kit === 'postgresql' && machine.thing(tag) !== 'stopped') {
      stop(instance, 'half');
      return failed('left-something');
    }
    if (options.usersOf(tag).some((user) => kit === 'volume' && machine.thing(user) !== 'stopped'))
      return failed('volume-is-busy');
    stop(instance, 'stopped');
    return ok;
  }

  async function check(instance: InstanceRef, depth: 'quick' | 'deep'): Promise<ActionResult> {
    const { tag } = instance;
    await pause(random.between(0.5, depth === 'quick' ? 8 : 40));
    await whileHanging(() => conditions.mute.has(tag));
    const bad = depth === 'deep' ? conditions.deep.get(tag) : undefined;
    return answerOf(machine, tag, bad);
  }

  async function recover(instance: Known, context: ActionContext): Promise<ActionResult> {
    await pause(random.between(1, 30));
    if (conditions.start.has(instance.tag)) return failed('cannot-be-repaired');
    conditions.deep.delete(instance.tag);
    return machine.thing(instance.tag) === 'running' ? ok : start(instance, context, 'running');
  }

  /** The engine decides and calls in one breath: what it knows now is what it decided from. */
  const known = (instance: InstanceRef): Known => ({ ...instance, ...options.neighboursOf(instance.tag) });
  return {
    restore: (instance, context) => restore(known(instance), context),
    remove: (instance, context) => remove(known(instance), context),
    recover: (instance, context) => recover(known(instance), context),
    repairsInPlace: (kit) => kit === 'ip',
    quickCheck: (instance) => check(instance, 'quick'),
    deepCheck: (instance) => check(instance, 'deep'),
    watch: (instance, onEnd) => watchThing(options, instance, onEnd),
    killPlan: (instance) => killPlanOf(instance),
  };
}

/** As the volume kit judges it: a term is one server's, and an older one's turn is over. */
function isRefused(record: VolumeRecord | undefined, { server, term }: StartAct): boolean {
  return record !== undefined && (record.term > term || (record.term === term && record.server !== server));
}

function answerOf(machine: Machine, tag: string, bad: 'server' | 'data' | undefined): ActionResult {
  const state = machine.thing(tag);
  switch (state) {
    case 'stopped':
      return { state: 'not-running', reason: because('not-there') };
    case 'half':
      return failed('half-there');
    case 'starting':
      return { state: 'ok', warning: because('starting') };
    case 'running':
      return bad === undefined ? ok : failed('answers-badly', bad);
    default:
      return state satisfies never;
  }
}

/** The host's sign that something has ended: soon, late or never. A volume goes without any. */
function watchThing(
  { machine, process, random }: KitOptions,
  { tag, kit }: InstanceRef,
  onEnd: () => void,
): () => void {
  if (kit === 'volume') return () => undefined;
  return machine.onEnd(tag, () => {
    if (random.chance(0.8)) process.after(random.between(0.5, 250), onEnd);
  });
}

function killPlanOf({ tag, kit }: InstanceRef): readonly KillStep[] {
  switch (kit) {
    case 'ip':
      return [{ kind: 'address', address: tag, device: 'lo' }];
    case 'volume':
      return [{ kind: 'unmount', mountPoint: `/${tag}` }];
    default:
      return [{ kind: 'processes', executable: '/postgres', directory: `/${tag}` }];
  }
}

/** The thing that a step of a kill plan is about. */
export function tagOfStep(step: KillStep): string {
  switch (step.kind) {
    case 'address':
      return step.address;
    case 'unmount':
      return step.mountPoint.slice(1);
    case 'processes':
      return step.directory.slice(1);
    case 'unit':
      return step.unit;
    case 'forget':
      return step.file;
    default:
      return step satisfies never;
  }
}
