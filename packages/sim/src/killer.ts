import { because, type InstantMs, type Reason } from '@holdfast/core';
import type { Killer } from '@holdfast/engine/kill-plans';
import type { KillStep } from '@holdfast/engine/ports';
import type { Conditions } from './conditions.ts';
import { tagOfStep } from './kits.ts';
import type { Machine, SimProcess } from './machine.ts';
import type { Random } from './random.ts';

/** Carries kill plans out on a simulated machine: every step in order, each until it is done or the deadline has passed. */
export function createKiller(options: {
  readonly machine: Machine;
  readonly process: SimProcess;
  readonly conditions: Conditions;
  readonly random: Random;
  /** What uses a volume. */
  readonly usersOf: (tag: string) => readonly string[];
}): Killer {
  const { machine, process, conditions, random } = options;

  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => process.after(ms, resolve));
  }

  /** Who uses a volume is ended with it; it stays mounted while one of them cannot be. */
  function end(tag: string): void {
    const users = options.usersOf(tag).filter((user) => machine.thing(user) !== 'stopped');
    for (const user of users) if (!conditions.unkillable.has(user)) machine.setThing(user, 'stopped', 'kill');
    const held = users.some((user) => conditions.unkillable.has(user));
    if (!held && !conditions.unkillable.has(tag)) machine.setThing(tag, 'stopped', 'kill');
  }

  async function performStep(step: KillStep, deadline: InstantMs): Promise<Reason | undefined> {
    const tag = tagOfStep(step);
    for (;;) {
      await pause(random.between(1, step.kind === 'address' ? 5 : 25));
      if (step.kind === 'unmount') end(tag);
      else if (!conditions.unkillable.has(tag)) machine.setThing(tag, 'stopped', 'kill');
      if (machine.thing(tag) === 'stopped') return undefined;
      if (machine.now() >= deadline) return because('processes-left', { tag });
      await pause(20);
    }
  }

  return {
    async perform(plan, deadline) {
      const startedAt = machine.now();
      const left: Reason[] = [];
      for (const { step } of plan.steps) {
        const trouble = await performStep(step, Math.max(deadline, machine.now() + 250));
        if (trouble !== undefined) left.push(trouble);
      }
      const tookMs = machine.now() - startedAt;
      return { hierarchy: plan.hierarchy, complete: left.length === 0, tookMs, left };
    },
  };
}
