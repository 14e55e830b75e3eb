import { createFailsafe, createPromiseKeeper, type PromiseKeeper } from '@holdfast/engine';
import type { Clock, Guard } from '@holdfast/engine/ports';
import type { Machine, SimProcess } from './machine.ts';
import { askForPromise } from './path-network.ts';
import type { Node, World } from './world.ts';

/** Keeps what a node's daemon promises, in memory of its machine. */
export function createPromises(world: World, node: Node, process: SimProcess): PromiseKeeper | undefined {
  const { machine, promised, plan } = node;
  const { rules, keys, scenario } = world;
  if (scenario.failsafe !== true) return undefined;
  const { checkers, scheduler } = world;
  const nothing = { toAll: Number.NEGATIVE_INFINITY, to: {} };
  return createPromiseKeeper({
    server: plan.name,
    keys,
    clock: machine,
    rules,
    records: {
      read() {
        if (rules.keepsPromises === 'until the daemon ends') return nothing;
        return promised.current ?? (rules.keepsPromises === 'always' ? undefined : nothing);
      },
      write(promises) {
        if (!process.isAlive()) return;
        promised.current = promises;
        const leftMs = promises.toAll - machine.now();
        checkers.onPromise(plan.name, undefined, scheduler.now() + machine.trueMs(leftMs));
      },
    },
  });
}

/** Lets a node's daemon ask the others. */
export function beginFailsafe(
  world: World,
  {
    node,
    process,
    guard,
    promises,
  }: {
    readonly node: Node;
    readonly process: SimProcess;
    readonly guard: Guard;
    readonly promises: PromiseKeeper;
  },
): void {
  const { machine, plan } = node;
  createFailsafe({
    server: plan.name,
    clock: engineClock(machine, process),
    sleptMs: () => machine.slept(),
    profile: () => world.profile,
    guard,
    known: () => promises.known(),
    ask: (to, request, timeoutMs) => askForPromise(world, { node, process }, to, request, timeoutMs),
    tell: ({ code, facts = {} }) => world.trace.add(() => `${plan.name}: ${code} ${JSON.stringify(facts)}`),
    rules: world.rules,
  });
}

/** The engine's clock on a simulated machine. */
export function engineClock(machine: Machine, process: SimProcess): Clock {
  return {
    now: () => machine.now(),
    wallTime: () => '2026-01-01T00:00:00.000Z',
    wakeAt: (at, callback) => process.at(at, callback),
  };
}
