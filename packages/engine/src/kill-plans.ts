import {
  because,
  type GuardView,
  type HierarchyId,
  type InstantMs,
  type Reason,
  type Term,
} from '@holdfast/core';
import type { KillStep } from './ports.ts';

/** What ends one hierarchy on this server without asking it. */
export interface KillPlan {
  readonly hierarchy: HierarchyId;
  readonly term: Term;
  readonly steps: readonly PlannedStep[];
}

/** A step, and the paths in it as they are with their links followed, found while the disks still answered. */
export interface PlannedStep {
  readonly step: KillStep;
  readonly realPaths: readonly string[];
}

export interface KillOutcome {
  readonly hierarchy: HierarchyId;
  /** Nothing of the hierarchy is active any more: seen, not assumed. */
  readonly complete: boolean;
  readonly tookMs: number;
  /** Steps that did not come to their end, with the cause. */
  readonly left: readonly Reason[];
}

/** Carries kill plans out. One for the life of the guard: it remembers what still hangs. */
export interface Killer {
  /**
   * Does every step in order, each until it is verified or the deadline has passed, the later ones also when an earlier one
   * could not be completed. Doing it again is harmless. Never rejects.
   */
  perform(plan: KillPlan, deadline: InstantMs): Promise<KillOutcome>;
}

/** A plan as the guard holds it. `stopped`: carried out and verified since the lease ended. */
export interface HeldPlan {
  readonly hierarchy: HierarchyId;
  readonly term: Term;
  readonly steps: readonly PlannedStep[];
  readonly stopped: boolean;
}

/** The kill plans that the guard holds, one for each hierarchy that may be active on this server. */
export interface Plans {
  activity(): GuardView['activity'];
  list(): readonly HeldPlan[];
  /** Takes a plan, or says why not: terms only grow (S4). */
  put(plan: KillPlan): Reason | undefined;
  drop(hierarchy: HierarchyId): void;
  /** Carries every plan out whose hierarchy is not known as stopped. */
  stop(deadline: InstantMs): Promise<readonly KillOutcome[]>;
  /** Carries the stopped ones out once more: what was frozen in the middle of a start may have gone on since. */
  stopAgain(deadline: InstantMs): Promise<readonly KillOutcome[]>;
  /** Carries one plan out and keeps it; undefined when there is none. */
  kill(hierarchy: HierarchyId, deadline: InstantMs): Promise<KillOutcome | undefined>;
  forgetStopped(): void;
}

/** More hierarchies than a cluster may have. */
const maxPlans = 1_000;

export function createPlans(killer: Killer, inherited: readonly HeldPlan[]): Plans {
  const held = new Map<HierarchyId, HeldPlan>(inherited.map((plan) => [plan.hierarchy, plan]));
  /** Whose last attempt has left something running. */
  const stuck = new Set<HierarchyId>();

  async function perform(plan: HeldPlan, deadline: InstantMs): Promise<KillOutcome> {
    const outcome = await killer.perform(plan, deadline);
    // A plan that has replaced this one meanwhile has not been carried out.
    if (held.get(plan.hierarchy) !== plan) return outcome;
    if (outcome.complete) stuck.delete(plan.hierarchy);
    else stuck.add(plan.hierarchy);
    if (plan.stopped !== outcome.complete) held.set(plan.hierarchy, { ...plan, stopped: outcome.complete });
    return outcome;
  }
  async function performAll(stopped: boolean, deadline: InstantMs): Promise<readonly KillOutcome[]> {
    const chosen = [...held.values()].filter((plan) => plan.stopped === stopped);
    return await Promise.all(chosen.map(async (plan) => await perform(plan, deadline)));
  }

  return {
    activity() {
      const active = [...held.values()].filter((plan) => !plan.stopped);
      if (active.length === 0) return 'none';
      return active.some((plan) => stuck.has(plan.hierarchy)) ? 'stuck' : 'active';
    },
    list: () => [...held.values()],
    put(plan) {
      const before = held.get(plan.hierarchy);
      if (before && !before.stopped && plan.term < before.term)
        return because('term-is-old', { term: plan.term, heldTerm: before.term });
      if (!before && held.size >= maxPlans) return because('too-many-plans', { limit: maxPlans });
      held.set(plan.hierarchy, { ...plan, stopped: false });
      stuck.delete(plan.hierarchy);
      return undefined;
    },
    drop(hierarchy) {
      held.delete(hierarchy);
      stuck.delete(hierarchy);
    },
    stop: async (deadline) => await performAll(false, deadline),
    stopAgain: async (deadline) => await performAll(true, deadline),
    async kill(hierarchy, deadline) {
      const plan = held.get(hierarchy);
      return plan === undefined ? undefined : await killer.perform(plan, deadline);
    },
    forgetStopped() {
      for (const plan of held.values()) if (plan.stopped) held.delete(plan.hierarchy);
    },
  };
}
