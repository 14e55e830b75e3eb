import type { Hierarchy, HierarchyId, Term } from '@holdfast/core';
import { instanceRef, messageOf } from './instance-ref.ts';
import type { EngineEvent, Guard, Instances, KillStep } from './ports.ts';

export interface PlansOptions {
  readonly server: string;
  readonly guard: Guard;
  readonly instances: Instances;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
}

/** A hierarchy that this server owns, in its term. */
export interface Owned {
  readonly hierarchy: Hierarchy;
  readonly term: Term;
}

/** The kill plans that the guard holds for this daemon: nothing is started before the guard can end it (S3). */
export class Plans {
  readonly #options: PlansOptions;
  readonly #held = new Map<HierarchyId, { readonly term: Term; readonly steps: string }>();
  /** Hierarchies with what is about to be created in them: their plans cover it before the store has it. */
  readonly #reserved = new Map<HierarchyId, Hierarchy>();
  /** In which term a plan was dropped: it is held anew only when something starts, or in a later term. */
  readonly #dropped = new Map<HierarchyId, Term>();
  /** What was last followed, to see what has changed since. */
  #followed = new Map<HierarchyId, Owned>();
  /** The terms in which this server owns something, as last seen. */
  #terms = new Map<HierarchyId, Term>();
  /** Their plans are being carried out: nothing else may be put into them. */
  readonly #killing = new Set<HierarchyId>();
  /** What was last told to keep. */
  #retained: string | undefined;
  /** What has been asked of the guard in order: later requests wait for it. Never rejects. */
  #following: Promise<void> = Promise.resolve();

  constructor(options: PlansOptions) {
    this.#options = options;
  }

  /** Rejects when the guard does not take the plan. One of a later term that it holds already stays. */
  async ensure(hierarchy: Hierarchy, term: Term): Promise<void> {
    await this.#following;
    const held = this.#held.get(hierarchy.id);
    if (held && held.term > term) return;
    await this.#put(hierarchy.id, term, this.#stepsOf(hierarchy));
  }

  /** Holds the plan of what the store does not have yet, a hierarchy or more of one. */
  async reserve(hierarchy: Hierarchy, term: Term): Promise<void> {
    this.#reserved.set(hierarchy.id, hierarchy);
    await this.ensure(hierarchy, term);
  }

  /** It was given up. What is configured keeps a plan for what is configured. */
  async unreserve(hierarchy: HierarchyId): Promise<void> {
    this.#reserved.delete(hierarchy);
    this.#retained = undefined;
    if (this.#followed.delete(hierarchy)) return;
    await this.drop(hierarchy);
  }

  /**
   * Ends everything by force, then lets the guard forget it: there is nothing left to end. `lastTerm` is the last one that is
   * known: the guard may hold a plan from before this daemon began, and takes none of an older term.
   */
  async kill(hierarchy: Hierarchy, lastTerm: Term): Promise<void> {
    const { guard } = this.#options;
    const term = Math.max(lastTerm, this.#held.get(hierarchy.id)?.term ?? 0);
    this.#killing.add(hierarchy.id);
    try {
      await this.#following;
      await guard.plan(hierarchy.id, term, killSteps([hierarchy], this.#options));
      await guard.kill(hierarchy.id);
      await this.drop(hierarchy.id);
    } finally {
      this.#killing.delete(hierarchy.id);
      // It may have become part of another hierarchy meanwhile, which forgot this plan already.
      this.#retained = undefined;
    }
  }

  async drop(hierarchy: HierarchyId): Promise<void> {
    this.#dropped.set(hierarchy, this.#terms.get(hierarchy) ?? 0);
    await this.#following;
    await this.#options.guard.drop(hierarchy);
    this.#held.delete(hierarchy);
  }

  /**
   * Keeps the guard in step with the configuration: first it holds the plans of what this server owns, as it is configured
   * now, then it forgets every other hierarchy. So what has moved from one hierarchy to another is in a plan at every
   * moment. `mayForget` is false while it is not sure what this server owns.
   */
  follow(
    configured: ReadonlyMap<HierarchyId, Hierarchy>,
    owned: readonly Owned[],
    mayForget: boolean,
  ): Promise<void> {
    for (const [id, { resources }] of this.#reserved) {
      const tags = new Set(configured.get(id)?.resources.map(({ tag }) => tag));
      if (resources.every(({ tag }) => tags.has(tag))) this.#reserved.delete(id);
    }
    for (const id of this.#dropped.keys()) if (!configured.has(id)) this.#dropped.delete(id);
    this.#terms = new Map(owned.map(({ hierarchy, term }) => [hierarchy.id, term]));
    const before = this.#followed;
    this.#followed = new Map(owned.map((one) => [one.hierarchy.id, one]));
    const changed = owned.filter(({ hierarchy, term }) => {
      const last = before.get(hierarchy.id);
      return last?.hierarchy !== hierarchy || last.term !== term;
    });
    const work = this.#following.then(() => this.#follow(changed, configured, mayForget));
    this.#following = work.catch((error: unknown) => {
      for (const { hierarchy } of changed) this.#followed.delete(hierarchy.id);
      this.#retained = undefined;
      const facts = { message: messageOf(error) };
      this.#options.tell({ code: 'plan-not-dropped', severity: 'warning', facts });
    });
    return this.#following;
  }

  async #follow(
    changed: readonly Owned[],
    configured: ReadonlyMap<HierarchyId, Hierarchy>,
    mayForget: boolean,
  ): Promise<void> {
    const isWanted = ({ hierarchy: { id }, term }: Owned): boolean =>
      this.#dropped.get(id) !== term && !this.#killing.has(id);
    const different = changed.filter((one) => isWanted(one) && this.#differs(one));
    const [first, ...others] = different;
    if (first && others.length > 0) {
      // While the plans change places one of them covers all: a step is never in none.
      const all = different.map(({ hierarchy }) => this.#withReserved(hierarchy));
      await this.#put(first.hierarchy.id, first.term, killSteps(all, this.#options));
    }
    for (const one of [...others, ...(first ? [first] : [])]) {
      if (isWanted(one)) await this.#put(one.hierarchy.id, one.term, this.#stepsOf(one.hierarchy));
    }
    if (mayForget) await this.#retain([...configured.keys(), ...this.#reserved.keys()]);
  }

  #differs({ hierarchy, term }: Owned): boolean {
    const held = this.#held.get(hierarchy.id);
    return held?.term !== term || held.steps !== JSON.stringify(this.#stepsOf(hierarchy));
  }

  async #put(id: HierarchyId, term: Term, plan: readonly KillStep[]): Promise<void> {
    const steps = JSON.stringify(plan);
    const held = this.#held.get(id);
    if (held?.term === term && held.steps === steps) return;
    await this.#options.guard.plan(id, term, plan);
    this.#held.set(id, { term, steps });
    this.#dropped.delete(id);
  }

  /** Lets the guard forget every other hierarchy, also those that an earlier daemon has left it. */
  async #retain(names: readonly HierarchyId[]): Promise<void> {
    const kept = [...new Set(names)].sort();
    const text = JSON.stringify(kept);
    if (text === this.#retained) return;
    for (const hierarchy of this.#held.keys()) if (!kept.includes(hierarchy)) this.#held.delete(hierarchy);
    await this.#options.guard.retain(kept);
    this.#retained = text;
  }

  #stepsOf(hierarchy: Hierarchy): readonly KillStep[] {
    return killSteps([this.#withReserved(hierarchy)], this.#options);
  }

  #withReserved(hierarchy: Hierarchy): Hierarchy {
    const reserved = this.#reserved.get(hierarchy.id)?.resources ?? [];
    const tags = new Set(hierarchy.resources.map(({ tag }) => tag));
    const more = reserved.filter(({ tag }) => !tags.has(tag));
    return more.length === 0 ? hierarchy : { ...hierarchy, resources: [...hierarchy.resources, ...more] };
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
function killSteps(
  hierarchies: readonly Hierarchy[],
  { instances, server }: PlansOptions,
): readonly KillStep[] {
  return hierarchies
    .flatMap((hierarchy) =>
      hierarchy.resources.flatMap((resource) => instances.killPlan(instanceRef(hierarchy, resource, server))),
    )
    .sort((a, b) => killOrder[a.kind] - killOrder[b.kind]);
}
