import type { Hierarchy } from '@holdfast/core';
import type { Random } from './random.ts';
import type { Fault, ServerPlan, Wish } from './scenario.ts';

/** Things that go wrong together, because they do so in practice or because together they are worst. */
export interface Story {
  readonly faults: readonly Fault[];
  readonly wishes: readonly Wish[];
}

export interface Stage {
  readonly at: number;
  readonly random: Random;
  readonly hierarchy: Hierarchy;
  /** All that there are, this one too. */
  readonly hierarchies: readonly Hierarchy[];
  readonly servers: readonly ServerPlan[];
  readonly names: readonly string[];
}

export type Teller = (stage: Stage) => Story;

export const only = (...faults: readonly Fault[]): Story => ({ faults, wishes: [] });

export function ms(random: Random, from: number, to: number): number {
  return Math.round(random.between(from, to));
}
