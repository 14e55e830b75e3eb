import type { Rule } from './checkers.ts';
import type { Scenario } from './scenario.ts';
import type { Rules } from './world.ts';

/** A safety rule broken on purpose: the simulator must notice. */
export interface Mutant {
  readonly name: string;
  /** What is broken, and how it could come about. */
  readonly breaks: string;
  /** Made anew for each run: a mutant may remember something. */
  readonly rules: () => Rules;
  /** The schedules that can show it; random ones when left out. */
  readonly schedule?: (seed: number) => Scenario;
  /** Which rule is seen to be violated; or why nothing is, and must not be. */
  readonly seen: { readonly as: readonly Rule[] } | { readonly harmless: string };
}
