import type { Hierarchy } from '@holdfast/core';
import { instanceRef, messageOf } from './instance-ref.ts';
import type { EngineEvent, Guard, Instances, KillStep } from './ports.ts';

export interface PlansOptions {
  readonly server: string;
  readonly guard: Guard;
  readonly instances: Instances;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
}

/** The kill plans that the guard holds for this daemon: nothing is started before the guard can end it (S3). */
export class Plans {
  readonly #options: PlansOptions;
  readonly #held = new Map<string, { readonly term: number; readonly steps: string }>();
  /** Plans of hierarchies that are about to be created. */
  readonly #reserved = new Set<string>();
  /** What the guard was last told to keep. */
  #retained: string | undefined;

  constructor(options: PlansOptions) {
    this.#options = options;
  }

  async ensure(hierarchy: Hierarchy, term: number): Promise<void> {
    const plan = killSteps(hierarchy, this.#options);
    const steps = JSON.stringify(plan);
    const held = this.#held.get(hierarchy.id);
    if (held?.term === term && held.steps === steps) return;
    await this.#options.guard.plan(hierarchy.id, term, plan);
    this.#held.set(hierarchy.id, { term, steps });
  }

  /** Holds the plan of a hierarchy that the store does not have yet. */
  async reserve(hierarchy: Hierarchy, term: number): Promise<void> {
    this.#reserved.add(hierarchy.id);
    await this.ensure(hierarchy, term);
  }

  async unreserve(hierarchy: string): Promise<void> {
    this.#reserved.delete(hierarchy);
    this.#retained = undefined;
    await this.drop(hierarchy);
  }

  /**
   * Ends everything by force, then lets the guard forget it: there is nothing left to end. `lastTerm` is the last one that is
   * known: the guard may hold a plan from before this daemon began, and takes none of an older term.
   */
  async kill(hierarchy: Hierarchy, lastTerm: number): Promise<void> {
    const { guard } = this.#options;
    const term = Math.max(lastTerm, this.#held.get(hierarchy.id)?.term ?? 0);
    await guard.plan(hierarchy.id, term, killSteps(hierarchy, this.#options));
    await guard.kill(hierarchy.id);
    await this.drop(hierarchy.id);
  }

  async drop(hierarchy: string): Promise<void> {
    await this.#options.guard.drop(hierarchy);
    this.#held.delete(hierarchy);
  }

  /** Lets the guard forget every other hierarchy, also those that an earlier daemon has left it. */
  retain(configured: ReadonlySet<string>): void {
    for (const hierarchy of configured) this.#reserved.delete(hierarchy);
    const kept = [...configured, ...this.#reserved].sort();
    const text = JSON.stringify(kept);
    if (text === this.#retained) return;
    this.#retained = text;
    for (const hierarchy of this.#held.keys()) if (!kept.includes(hierarchy)) this.#held.delete(hierarchy);
    this.#options.guard.retain(kept).catch((error: unknown) => {
      this.#retained = undefined;
      const facts = { message: messageOf(error) };
      this.#options.tell({ code: 'plan-not-dropped', severity: 'warning', facts });
    });
  }
}

const killOrder: Readonly<Record<KillStep['kind'], number>> = {
  address: 0,
  forget: 0,
  unit: 1,
  processes: 2,
  unmount: 3,
};

/** Clients are cut off first, then processes end, then volumes go: a writer that is late finds nothing to write to. */
function killSteps(hierarchy: Hierarchy, { instances, server }: PlansOptions): readonly KillStep[] {
  return hierarchy.resources
    .flatMap((resource) => instances.killPlan(instanceRef(hierarchy, resource, server)))
    .sort((a, b) => killOrder[a.kind] - killOrder[b.kind]);
}
