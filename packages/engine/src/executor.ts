import {
  allow,
  because,
  refuse,
  type Action,
  type Hierarchy,
  type InstanceActivity,
  type Reason,
  type Resource,
  type Tag,
  type Verdict,
} from '@holdfast/core';
import { Flights, type Flight } from './flights.ts';
import { instanceRef, messageOf } from './instance-ref.ts';
import { lookBeneath } from './look-beneath.ts';
import { Plans } from './plans.ts';
import type { Snapshot } from './snapshot.ts';
import type { ActionContext, ActionResult, Clock, EngineEvent, Guard, Instances } from './ports.ts';
import { forgetGivingUp, hierarchyState, remember, type EngineState } from './state.ts';

/** Actions on this server's instances; the others change the store. */
export type InstanceAction = Extract<
  Action,
  {
    readonly kind:
      | 'check'
      | 'restore'
      | 'recover'
      | 'remove'
      | 'abort'
      | 'kill'
      | 'give-up'
      | 'forget-giving-up'
      | 'protect';
  }
>;

export interface ExecutorOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly guard: Guard;
  readonly instances: Instances;
  readonly state: EngineState;
  /** Something came of an action: decide again. */
  readonly onChange: () => void;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
  readonly limits: ExecutorLimits;
}

/** Milliseconds. An action that has not ended by then is given up, and what it may have left is ended by force. */
export interface ExecutorLimits {
  readonly checkMs: number;
  readonly removeMs: number;
  readonly abortMs: number;
  readonly lookAgainMs: number;
  readonly killAgainMs: number;
}

/**
 * Carries decided actions out: one in flight for each resource, each with a deadline and an abort signal. It decides
 * nothing: what comes of an action is written into the state, and the next round draws the conclusion.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #flights: Flights;
  readonly #plans: Plans;
  /** Hierarchies whose plan is on its way to the guard. */
  readonly #protecting = new Set<string>();

  constructor(options: ExecutorOptions) {
    this.#options = options;
    this.#plans = new Plans(options);
    this.#flights = new Flights(options);
  }

  perform(hierarchy: Hierarchy, action: InstanceAction): void {
    const held = hierarchyState(this.#options.state, hierarchy.id);
    const resource = 'tag' in action ? hierarchy.resources.find(({ tag }) => tag === action.tag) : undefined;
    switch (action.kind) {
      case 'check':
        if (resource) void this.#check(hierarchy, resource);
        return;
      case 'restore':
      case 'recover':
        if (resource) void this.#start(hierarchy, resource, action.kind, action.term);
        return;
      case 'remove':
        if (resource) void this.#remove(hierarchy, resource, action.recovery);
        return;
      case 'abort':
        this.#flights.abort(hierarchy, action.tag);
        return;
      case 'kill':
        void this.#kill(hierarchy);
        return;
      case 'give-up':
        this.#giveUp(hierarchy, action);
        return;
      case 'forget-giving-up':
        forgetGivingUp(held);
        this.#options.onChange();
        return;
      case 'protect':
        void this.#protect(hierarchy, action.term);
        return;
      default:
        action satisfies never;
    }
  }

  /** A guard that does not answer now is asked again with the next round. */
  async #protect(hierarchy: Hierarchy, term: number): Promise<void> {
    if (this.#protecting.has(hierarchy.id)) return;
    this.#protecting.add(hierarchy.id);
    await this.#plans.ensure(hierarchy, term).catch(() => undefined);
    this.#protecting.delete(hierarchy.id);
  }

  reservePlan(hierarchy: Hierarchy, term: number): Promise<void> {
    return this.#plans.reserve(hierarchy, term);
  }

  unreservePlan(hierarchy: string): Promise<void> {
    return this.#plans.unreserve(hierarchy);
  }

  /** After everything of the hierarchy has stopped and before ownership is given away. */
  dropPlan(hierarchy: string): Promise<void> {
    return this.#plans.drop(hierarchy);
  }

  /**
   * Keeps the guard in step with a new look at the store. It forgets hierarchies that are no longer configured: what runs of
   * them is not ours any more (K-13), or is in the plan of another one by then.
   */
  followPlans(snapshot: Snapshot): void {
    const { guard, server } = this.#options;
    const { hierarchies, owners } = snapshot.view;
    const lease = guard.state();
    const mine = Object.entries(owners).filter(([, owner]) => owner.server === server);
    const isCurrent = ([, owner]: (typeof mine)[number]): boolean => owner.incarnation === lease?.incarnation;
    const owned = mine.filter(isCurrent).flatMap(([id, { term }]) => {
      const hierarchy = hierarchies[id];
      return hierarchy ? [{ hierarchy, term }] : [];
    });
    const mayForget = lease !== undefined && mine.every(isCurrent);
    void this.#plans.follow(new Map(Object.entries(hierarchies)), owned, mayForget);
  }

  async #start(
    hierarchy: Hierarchy,
    resource: Resource,
    kind: 'restore' | 'recover',
    term: number,
  ): Promise<void> {
    const options = this.#options;
    const flights = this.#flights;
    const { tag } = resource;
    const flight = flights.begin(hierarchy, tag, kind);
    if (!flight) return;
    if (kind === 'recover') this.#noteRecovery(hierarchy);
    options.tell({
      code: `${kind}-started`,
      severity: 'info',
      hierarchy: hierarchy.id,
      tag,
      facts: { term },
    });
    const act = this.#context(hierarchy, tag, flight, term);
    const result = await settle(async () => {
      await this.#plans.ensure(hierarchy, term);
      const verdict = act.permit();
      if (!verdict.allowed) return { state: 'not-running', reason: verdict.reason };
      return options.instances[kind](instanceRef(hierarchy, resource, options.server), act);
    });
    if (result.state !== 'ok') await lookBeneath(options, { hierarchy, tag, term }, flight.abort.signal);
    if (!flights.end(tag, flight)) return;
    if (result.state !== 'ok' && this.#isOver(hierarchy.id, term)) {
      flights.set(hierarchy.id, tag, { state: 'unknown' });
      return;
    }
    const aborted = flight.abort.signal.aborted;
    if (result.state === 'ok') this.#noteWarning(hierarchy.id, tag, result.warning);
    options.tell(
      result.state === 'ok'
        ? {
            code: kind === 'restore' ? 'restored' : 'recovered',
            severity: 'info',
            hierarchy: hierarchy.id,
            tag,
            facts: { term },
          }
        : {
            code: `${kind}-failed`,
            severity: aborted ? 'warning' : 'alarm',
            hierarchy: hierarchy.id,
            tag,
            facts: causeOf(result.reason),
          },
    );
    flights.set(hierarchy.id, tag, afterStart(result, term, aborted));
  }

  /** It belonged to a term that is over: what came of it says nothing about the next one, in which it is looked at anew. */
  #isOver(hierarchy: string, term: number): boolean {
    const owner = this.#options.state.snapshot?.view.owners[hierarchy];
    return owner?.server === this.#options.server && owner.term > term;
  }

  async #remove(hierarchy: Hierarchy, resource: Resource, recovery: boolean): Promise<void> {
    const options = this.#options;
    const flights = this.#flights;
    const { tag } = resource;
    const flight = flights.begin(hierarchy, tag, 'remove');
    if (!flight) return;
    if (recovery) this.#noteRecovery(hierarchy);
    const instance = instanceRef(hierarchy, resource, options.server);
    const limitMs = Math.max(options.limits.removeMs, options.instances.removeLimitMs?.(instance) ?? 0);
    flights.limit(flight, limitMs, () => flights.abandon(hierarchy, tag, flight));
    options.tell({
      code: 'remove-started',
      severity: 'info',
      hierarchy: hierarchy.id,
      tag,
      facts: { recovery },
    });
    const { permit: _, ...act } = this.#context(hierarchy, tag, flight, 0);
    const result = await settle(() => options.instances.remove(instance, act));
    if (!flights.end(tag, flight)) return;
    this.#noteWarning(hierarchy.id, tag, undefined);
    if (result.state === 'ok' || result.state === 'not-running') {
      if (result.state === 'ok' && result.warning)
        options.tell({
          code: 'removed-with-warning',
          severity: 'warning',
          hierarchy: hierarchy.id,
          tag,
          facts: causeOf(result.warning),
        });
      options.tell({ code: 'removed', severity: 'info', hierarchy: hierarchy.id, tag, facts: {} });
      flights.set(hierarchy.id, tag, { state: 'stopped' });
      return;
    }
    options.tell({
      code: 'remove-failed',
      severity: 'alarm',
      hierarchy: hierarchy.id,
      tag,
      facts: causeOf(result.reason),
    });
    flights.set(hierarchy.id, tag, {
      state: 'failed',
      during: 'remove',
      scope: 'server',
      reason: result.reason,
    });
  }

  async #check(hierarchy: Hierarchy, resource: Resource): Promise<void> {
    const options = this.#options;
    const flights = this.#flights;
    const { tag } = resource;
    const flight = flights.begin(hierarchy, tag, 'check');
    if (!flight) return;
    const lookAgain = (): void => {
      if (flights.end(tag, flight)) flights.set(hierarchy.id, tag, { state: 'unknown' });
    };
    flights.limit(flight, options.limits.checkMs, lookAgain);
    const result = await settle(() =>
      options.instances.quickCheck(instanceRef(hierarchy, resource, options.server)),
    );
    if (!flights.isCurrent(tag, flight)) return;
    if (result.state === 'unknown') return flights.limit(flight, options.limits.lookAgainMs, lookAgain);
    flights.end(tag, flight);
    flights.set(hierarchy.id, tag, afterLook(result));
  }

  async #kill(hierarchy: Hierarchy): Promise<void> {
    const { clock, state, limits, tell, onChange } = this.#options;
    const held = hierarchyState(state, hierarchy.id);
    const active = hierarchy.resources.filter(({ tag }) => held.instances.get(tag)?.state !== 'stopped');
    for (const { tag } of active) held.instances.set(tag, { state: 'busy', action: 'kill' });
    tell({
      code: 'kill-started',
      severity: 'alarm',
      hierarchy: hierarchy.id,
      facts: { resources: active.length },
    });
    const result = await settle(async () => {
      await this.#plans.kill(hierarchy, state.snapshot?.view.terms[hierarchy.id] ?? 0);
      return { state: 'ok' };
    });
    const killed = result.state === 'ok';
    remember(held, { killAgainAt: killed ? undefined : clock.now() + limits.killAgainMs });
    for (const { tag } of active) {
      held.instances.set(
        tag,
        killed
          ? { state: 'stopped' }
          : { state: 'failed', during: 'kill', scope: 'server', reason: result.reason },
      );
    }
    tell(
      killed
        ? { code: 'killed', severity: 'warning', hierarchy: hierarchy.id, facts: {} }
        : { code: 'kill-failed', severity: 'alarm', hierarchy: hierarchy.id, facts: causeOf(result.reason) },
    );
    onChange();
  }

  #giveUp(hierarchy: Hierarchy, action: Extract<InstanceAction, { kind: 'give-up' }>): void {
    const { clock, state, tell, onChange } = this.#options;
    const { term, scope, reason } = action;
    const facts = { term, scope, ...causeOf(reason) };
    tell({ code: 'gave-up', severity: 'alarm', hierarchy: hierarchy.id, facts });
    remember(hierarchyState(state, hierarchy.id), { givenUp: { term, scope, reason, at: clock.now() } });
    onChange();
  }

  #context(hierarchy: Hierarchy, tag: Tag, flight: Flight, term: number): ActionContext {
    const { guard, tell } = this.#options;
    const incarnation = guard.state()?.incarnation;
    const { signal } = flight.abort;
    return {
      term,
      signal,
      permit: () => judgePermit(this.#options, { hierarchy: hierarchy.id, term, incarnation, signal }),
      progress: (reason) =>
        tell({
          code: 'progress',
          severity: 'info',
          hierarchy: hierarchy.id,
          tag,
          facts: { step: reason.code, ...reason.facts },
        }),
    };
  }

  #noteRecovery(hierarchy: Hierarchy): void {
    const { clock, state } = this.#options;
    const held = hierarchyState(state, hierarchy.id);
    const now = clock.now();
    const recent = held.memory.recoveries.filter((at) => now - at < hierarchy.recovery.windowMs);
    remember(held, { recoveries: [...recent, now] });
  }

  #noteWarning(hierarchy: string, tag: Tag, warning: Reason | undefined): void {
    const { warnings } = hierarchyState(this.#options.state, hierarchy);
    if (warning) warnings.set(tag, warning);
    else warnings.delete(tag);
  }
}

/** An exception of a kit is a failure of its action, never of the engine. */
async function settle(act: () => Promise<ActionResult>): Promise<ActionResult> {
  try {
    return await act();
  } catch (error) {
    return {
      state: 'failed',
      scope: 'server',
      reason: because('action-threw', { message: messageOf(error) }),
    };
  }
}

function afterStart(result: ActionResult, term: number, aborted: boolean): InstanceActivity {
  if (result.state === 'ok') return { state: 'running', term };
  const scope = result.state === 'failed' ? result.scope : 'server';
  return { state: 'failed', during: aborted ? 'running' : 'restore', scope, reason: result.reason };
}

/** What was found where this server owns nothing: term 0 is nobody's. `unknown` is looked at again (S5). */
function afterLook(result: Exclude<ActionResult, { readonly state: 'unknown' }>): InstanceActivity {
  switch (result.state) {
    case 'ok':
      return { state: 'running', term: 0 };
    case 'not-running':
      return { state: 'stopped' };
    case 'failed':
      return { state: 'failed', during: 'running', scope: result.scope, reason: result.reason };
    default:
      return result satisfies never;
  }
}

/** Asked immediately before every act: is the lease still good, and is the term still ours (S2, S4)? */
function judgePermit(
  { clock, guard, state, server }: ExecutorOptions,
  act: {
    readonly hierarchy: string;
    readonly term: number;
    readonly incarnation: string | undefined;
    readonly signal: AbortSignal;
  },
): Verdict {
  if (act.signal.aborted) return refuse('aborted');
  const lease = guard.state();
  if (!lease || lease.incarnation !== act.incarnation) return refuse('lease-lost');
  if (clock.now() >= lease.goodUntil)
    return refuse('lease-not-good', { overdueMs: clock.now() - lease.goodUntil });
  const owner = state.snapshot?.view.owners[act.hierarchy];
  if (owner?.server !== server || owner.incarnation !== act.incarnation || owner.term !== act.term)
    return refuse('term-over', { term: act.term });
  return allow();
}

function causeOf(reason: Reason): Reason['facts'] {
  return { cause: reason.code, ...reason.facts };
}
