import {
  allow,
  because,
  refuse,
  type Action,
  type Hierarchy,
  type InstanceActivity,
  type InstantMs,
  type Reason,
  type Resource,
  type Tag,
  type Verdict,
} from '@holdfast/core';
import type {
  ActionContext,
  ActionResult,
  Clock,
  EngineEvent,
  Guard,
  InstanceRef,
  Instances,
  KillStep,
} from './ports.ts';
import { forgetGivingUp, hierarchyState, remember, type EngineState } from './state.ts';

/** Actions on this server's instances; the others change the store. */
export type InstanceAction = Extract<
  Action,
  {
    readonly kind:
      'check' | 'restore' | 'recover' | 'remove' | 'abort' | 'kill' | 'give-up' | 'forget-giving-up';
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

interface Flight {
  readonly action: 'check' | 'restore' | 'recover' | 'remove';
  readonly abort: AbortController;
  cancelTimer: () => void;
}

export interface Executor {
  perform(hierarchy: Hierarchy, action: InstanceAction): void;
  /** After everything of the hierarchy has stopped and before ownership is given away. */
  dropPlan(hierarchy: string): Promise<void>;
  /** Lets the guard forget hierarchies that are no longer configured: what runs of them is not ours any more (K-13). */
  dropOtherPlans(configured: ReadonlySet<string>): void;
}

/**
 * Carries decided actions out: one in flight for each resource, each with a deadline and an abort signal. It decides
 * nothing: what comes of an action is written into the state, and the next round draws the conclusion.
 */
export function createExecutor(options: ExecutorOptions): Executor {
  const { clock, guard, instances, state, onChange, tell, limits } = options;
  const flights = new Map<Tag, Flight>();
  const plans = new Map<string, { readonly term: number; readonly steps: string }>();

  function set(hierarchy: string, tag: Tag, activity: InstanceActivity): void {
    hierarchyState(state, hierarchy).instances.set(tag, activity);
    onChange();
  }

  function begin(hierarchy: Hierarchy, tag: Tag, action: Flight['action']): Flight | undefined {
    if (flights.has(tag)) return undefined;
    const flight: Flight = { action, abort: new AbortController(), cancelTimer: () => {} };
    flights.set(tag, flight);
    set(hierarchy.id, tag, { state: 'busy', action });
    return flight;
  }

  /** False when the flight was given up meanwhile: its late result means nothing any more. */
  function end(tag: Tag, flight: Flight): boolean {
    flight.cancelTimer();
    if (flights.get(tag) !== flight) return false;
    flights.delete(tag);
    return true;
  }

  function limit(flight: Flight, ms: number, onLimit: () => void): void {
    flight.cancelTimer();
    flight.cancelTimer = clock.wakeAt(clock.now() + ms, onLimit);
  }

  /** Nobody waits for it any longer; what it may have left behind is ended by force. */
  function abandon(hierarchy: Hierarchy, tag: Tag, flight: Flight): void {
    flight.abort.abort();
    if (!end(tag, flight)) return;
    const reason = because('action-does-not-end', { tag, action: flight.action });
    tell({ code: 'action-abandoned', severity: 'alarm', hierarchy: hierarchy.id, tag, facts: reason.facts });
    set(hierarchy.id, tag, { state: 'failed', during: 'remove', scope: 'server', reason });
  }

  async function ensurePlan(hierarchy: Hierarchy, term: number): Promise<void> {
    const steps = killSteps(hierarchy, options);
    const text = JSON.stringify(steps);
    const held = plans.get(hierarchy.id);
    if (held?.term === term && held.steps === text) return;
    await guard.plan(hierarchy.id, term, steps);
    plans.set(hierarchy.id, { term, steps: text });
  }

  async function dropPlan(hierarchy: string): Promise<void> {
    await guard.drop(hierarchy);
    plans.delete(hierarchy);
  }

  function dropOtherPlans(configured: ReadonlySet<string>): void {
    for (const hierarchy of plans.keys()) {
      if (configured.has(hierarchy)) continue;
      const held = plans.get(hierarchy);
      plans.delete(hierarchy);
      guard.drop(hierarchy).catch((error: unknown) => {
        if (held) plans.set(hierarchy, held);
        tell({
          code: 'plan-not-dropped',
          severity: 'warning',
          hierarchy,
          facts: { message: messageOf(error) },
        });
      });
    }
  }

  function context(hierarchy: Hierarchy, tag: Tag, flight: Flight, term: number): ActionContext {
    const incarnation = guard.state()?.incarnation;
    return {
      term,
      signal: flight.abort.signal,
      permit: () =>
        judgePermit(options, { hierarchy: hierarchy.id, term, incarnation, signal: flight.abort.signal }),
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

  async function start(
    hierarchy: Hierarchy,
    resource: Resource,
    kind: 'restore' | 'recover',
    term: number,
  ): Promise<void> {
    const { tag } = resource;
    const flight = begin(hierarchy, tag, kind);
    if (!flight) return;
    const held = hierarchyState(state, hierarchy.id);
    if (kind === 'recover')
      remember(held, { recoveries: withRecovery(hierarchy, held.memory.recoveries, clock.now()) });
    tell({ code: `${kind}-started`, severity: 'info', hierarchy: hierarchy.id, tag, facts: { term } });
    const act = context(hierarchy, tag, flight, term);
    const result = await settle(async () => {
      await ensurePlan(hierarchy, term);
      const verdict = act.permit();
      if (!verdict.allowed) return { state: 'not-running', reason: verdict.reason };
      return instances[kind](instanceRef(hierarchy, resource, options.server), act);
    });
    if (!end(tag, flight)) return;
    const aborted = flight.abort.signal.aborted;
    const activity = afterStart(result, term, aborted);
    if (result.state === 'ok') noteWarning(hierarchy.id, tag, result.warning);
    tell(
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
            facts: { cause: result.reason.code, ...result.reason.facts },
          },
    );
    set(hierarchy.id, tag, activity);
  }

  async function remove(hierarchy: Hierarchy, resource: Resource, recovery: boolean): Promise<void> {
    const { tag } = resource;
    const flight = begin(hierarchy, tag, 'remove');
    if (!flight) return;
    const held = hierarchyState(state, hierarchy.id);
    if (recovery)
      remember(held, { recoveries: withRecovery(hierarchy, held.memory.recoveries, clock.now()) });
    limit(flight, limits.removeMs, () => abandon(hierarchy, tag, flight));
    tell({ code: 'remove-started', severity: 'info', hierarchy: hierarchy.id, tag, facts: { recovery } });
    const { permit: _, ...act } = context(hierarchy, tag, flight, 0);
    const result = await settle(() =>
      instances.remove(instanceRef(hierarchy, resource, options.server), act),
    );
    if (!end(tag, flight)) return;
    noteWarning(hierarchy.id, tag, undefined);
    if (result.state === 'ok' || result.state === 'not-running') {
      tell({ code: 'removed', severity: 'info', hierarchy: hierarchy.id, tag, facts: {} });
      set(hierarchy.id, tag, { state: 'stopped' });
      return;
    }
    tell({
      code: 'remove-failed',
      severity: 'alarm',
      hierarchy: hierarchy.id,
      tag,
      facts: { cause: result.reason.code, ...result.reason.facts },
    });
    set(hierarchy.id, tag, { state: 'failed', during: 'remove', scope: 'server', reason: result.reason });
  }

  async function check(hierarchy: Hierarchy, resource: Resource): Promise<void> {
    const { tag } = resource;
    const flight = begin(hierarchy, tag, 'check');
    if (!flight) return;
    const lookAgain = (): void => {
      if (end(tag, flight)) set(hierarchy.id, tag, { state: 'unknown' });
    };
    limit(flight, limits.checkMs, lookAgain);
    const result = await settle(() => instances.quickCheck(instanceRef(hierarchy, resource, options.server)));
    if (flights.get(tag) !== flight) return;
    if (result.state === 'unknown') return limit(flight, limits.lookAgainMs, lookAgain);
    end(tag, flight);
    set(hierarchy.id, tag, afterLook(result));
  }

  async function kill(hierarchy: Hierarchy): Promise<void> {
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
      await guard.plan(hierarchy.id, plans.get(hierarchy.id)?.term ?? 0, killSteps(hierarchy, options));
      await guard.kill(hierarchy.id);
      return { state: 'ok' };
    });
    remember(held, { killAgainAt: result.state === 'ok' ? undefined : clock.now() + limits.killAgainMs });
    for (const { tag } of active) {
      held.instances.set(
        tag,
        result.state === 'ok'
          ? { state: 'stopped' }
          : { state: 'failed', during: 'kill', scope: 'server', reason: result.reason },
      );
    }
    tell(
      result.state === 'ok'
        ? { code: 'killed', severity: 'warning', hierarchy: hierarchy.id, facts: {} }
        : {
            code: 'kill-failed',
            severity: 'alarm',
            hierarchy: hierarchy.id,
            facts: { cause: result.reason.code, ...result.reason.facts },
          },
    );
    onChange();
  }

  function noteWarning(hierarchy: string, tag: Tag, warning: Reason | undefined): void {
    const { warnings } = hierarchyState(state, hierarchy);
    if (warning) warnings.set(tag, warning);
    else warnings.delete(tag);
  }

  function perform(hierarchy: Hierarchy, action: InstanceAction): void {
    const held = hierarchyState(state, hierarchy.id);
    const resource = 'tag' in action ? hierarchy.resources.find(({ tag }) => tag === action.tag) : undefined;
    switch (action.kind) {
      case 'check':
        if (resource) void check(hierarchy, resource);
        return;
      case 'restore':
      case 'recover':
        if (resource) void start(hierarchy, resource, action.kind, action.term);
        return;
      case 'remove':
        if (resource) void remove(hierarchy, resource, action.recovery);
        return;
      case 'abort': {
        const flight = flights.get(action.tag);
        if (!flight || flight.abort.signal.aborted) return;
        flight.abort.abort();
        limit(flight, limits.abortMs, () => abandon(hierarchy, action.tag, flight));
        return;
      }
      case 'kill':
        void kill(hierarchy);
        return;
      case 'give-up': {
        const { term, scope, reason } = action;
        tell({
          code: 'gave-up',
          severity: 'alarm',
          hierarchy: hierarchy.id,
          facts: { term, scope, cause: reason.code, ...reason.facts },
        });
        remember(held, { givenUp: { term, scope, reason, at: clock.now() } });
        onChange();
        return;
      }
      case 'forget-giving-up':
        forgetGivingUp(held);
        onChange();
        return;
      default:
        action satisfies never;
    }
  }

  return { perform, dropPlan, dropOtherPlans };
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

/** The resource with this server's parameters laid over the shared ones. */
export function instanceRef(hierarchy: Hierarchy, resource: Resource, server: string): InstanceRef {
  const parameters = { ...resource.parameters, ...resource.instances[server] };
  return { hierarchy: hierarchy.id, tag: resource.tag, kit: resource.kit, parameters };
}

const killOrder: Readonly<Record<KillStep['kind'], number>> = {
  address: 0,
  forget: 0,
  unit: 1,
  processes: 2,
  unmount: 3,
};

/** Clients are cut off first, then processes end, then volumes go: a writer that is late finds nothing to write to. */
function killSteps(hierarchy: Hierarchy, { instances, server }: ExecutorOptions): readonly KillStep[] {
  return hierarchy.resources
    .flatMap((resource) => instances.killPlan(instanceRef(hierarchy, resource, server)))
    .sort((a, b) => killOrder[a.kind] - killOrder[b.kind]);
}

function withRecovery(
  hierarchy: Hierarchy,
  recoveries: readonly InstantMs[],
  now: InstantMs,
): readonly InstantMs[] {
  return [...recoveries.filter((at) => now - at < hierarchy.recovery.windowMs), now];
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
