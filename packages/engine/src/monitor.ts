import type { Hierarchy, Reason, Resource, Tag, Term } from '@holdfast/core';
import { askCheck, type Depth } from './ask-check.ts';
import { instanceRef } from './instance-ref.ts';
import type { Clock, EngineEvent, InstanceRef, Instances } from './ports.ts';
import { hierarchyState, type EngineState, type HierarchyState } from './state.ts';

export interface MonitorOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly instances: Instances;
  readonly state: EngineState;
  readonly onChange: () => void;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
}

/** One instance that is to be watched. */
export interface Watch {
  readonly hierarchy: Hierarchy;
  readonly resource: Resource;
  readonly term: Term;
  /** It does not run as it should: it is watched for a person's repair. */
  readonly isDown: boolean;
}

interface Watched {
  readonly hierarchy: string;
  readonly resource: Resource;
  readonly instance: InstanceRef;
  readonly term: Term;
  readonly isDown: boolean;
  /** Bad answers in a row. */
  readonly bad: Record<Depth, number>;
  /** Of all that is or was watched: whose warning a quick check gave, and may take back. */
  readonly warnedByQuick: Set<Tag>;
  readonly cancel: Set<() => void>;
  ended: boolean;
}

export interface Monitor {
  /** Watches exactly these instances from now on: those in service here. */
  watch(instances: readonly Watch[]): void;
  stop(): void;
}

/**
 * What is watched of a hierarchy that this server owns: what runs, each in the term in which it was started or found; and in
 * maintenance also what does not, because nobody but a person repairs it then.
 */
export function watchedOf(
  hierarchy: Hierarchy,
  held: Pick<HierarchyState, 'instances'>,
  inMaintenance: boolean,
): readonly Watch[] {
  return hierarchy.resources.flatMap((resource): readonly Watch[] => {
    const activity = held.instances.get(resource.tag);
    if (activity?.state === 'running') return [{ hierarchy, resource, term: activity.term, isDown: false }];
    const isDown = activity?.state === 'failed' || activity?.state === 'stopped';
    return inMaintenance && isDown ? [{ hierarchy, resource, term: 0, isDown }] : [];
  });
}

/**
 * Checks what runs: quick checks, deep checks, and the host's own sign that something ended (R-01, K-19). A bad answer
 * becomes a failed instance in the state; "don't know" never does (S5).
 */
export function createMonitor(options: MonitorOptions): Monitor {
  const watched = new Map<Tag, Watched>();
  const warnedByQuick = new Set<Tag>();

  function watch(instances: readonly Watch[]): void {
    const wanted = new Map(instances.map((one) => [one.resource.tag, one]));
    for (const [tag, one] of watched) {
      const next = wanted.get(tag);
      const isSame = next?.resource === one.resource && next.term === one.term && next.isDown === one.isDown;
      if (!isSame) end(tag, one);
    }
    for (const one of instances) {
      if (!watched.has(one.resource.tag)) begin(one);
    }
  }

  function end(tag: Tag, one: Watched): void {
    one.ended = true;
    for (const cancel of one.cancel) cancel();
    watched.delete(tag);
  }

  function begin({ hierarchy, resource, term, isDown }: Watch): void {
    const instance = instanceRef(hierarchy, resource, options.server);
    const one: Watched = {
      hierarchy: hierarchy.id,
      resource,
      instance,
      term,
      isDown,
      bad: { quick: 0, deep: 0 },
      warnedByQuick,
      cancel: new Set(),
      ended: false,
    };
    watched.set(resource.tag, one);
    if (isDown) return lookAgain(options, one);
    one.cancel.add(options.instances.watch(instance, () => void runCheck(options, one, 'quick')));
    schedule(options, one, 'quick', resource.checks.quickEveryMs);
    schedule(options, one, 'deep', resource.checks.deepEveryMs);
  }

  return {
    watch,
    stop: () => {
      for (const [tag, one] of watched) end(tag, one);
    },
  };
}

function schedule(options: MonitorOptions, one: Watched, depth: Depth, everyMs: number): void {
  if (everyMs === 0 || one.ended) return;
  const cancel = options.clock.wakeAt(options.clock.now() + everyMs, () => {
    one.cancel.delete(cancel);
    void runCheck(options, one, depth).then(() => {
      const { quickEveryMs, deepEveryMs } = one.resource.checks;
      const soon = Math.min(quickEveryMs || deepEveryMs, deepEveryMs);
      const again = depth === 'quick' ? quickEveryMs : one.bad.deep > 0 ? soon : deepEveryMs;
      schedule(options, one, depth, again);
    });
  });
  one.cancel.add(cancel);
}

/** Looks from time to time whether a person has brought it back: every check that it has must be content. */
function lookAgain(options: MonitorOptions, one: Watched): void {
  const { quickEveryMs, deepEveryMs } = one.resource.checks;
  const everyMs = quickEveryMs || deepEveryMs;
  if (everyMs === 0 || one.ended) return;
  const cancel = options.clock.wakeAt(options.clock.now() + everyMs, () => {
    one.cancel.delete(cancel);
    void lookForReturn(options, one).then(() => lookAgain(options, one));
  });
  one.cancel.add(cancel);
}

async function lookForReturn(options: MonitorOptions, one: Watched): Promise<void> {
  const quick = await askCheck(options, one, 'quick');
  if (quick.state !== 'ok') return;
  const deep = one.resource.checks.deepEveryMs === 0 ? quick : await askCheck(options, one, 'deep');
  if (deep.state !== 'ok' || one.ended) return;
  const { tag } = one.resource;
  // In term 0, nobody's: outside of maintenance it is started once more in our own, which proves that it is ours (K-14).
  hierarchyState(options.state, one.hierarchy).instances.set(tag, { state: 'running', term: 0 });
  options.tell({ code: 'found-running', severity: 'info', hierarchy: one.hierarchy, tag, facts: {} });
  options.onChange();
}

async function runCheck(options: MonitorOptions, one: Watched, depth: Depth): Promise<void> {
  const result = await askCheck(options, one, depth);
  const held = hierarchyState(options.state, one.hierarchy);
  const activity = held.instances.get(one.resource.tag);
  if (one.ended || activity?.state !== 'running' || activity.term !== one.term) return;
  switch (result.state) {
    case 'ok':
      one.bad[depth] = 0;
      noteWarning(options, one, depth, result.warning);
      return;
    case 'unknown':
      noteWarning(options, one, depth, result.reason);
      return;
    case 'not-running':
    case 'failed': {
      one.bad[depth] += 1;
      const { code, facts } = result.reason;
      const { badQuick, badDeep } = one.resource.checks;
      const counts = one.bad[depth] >= (depth === 'quick' ? badQuick : badDeep);
      options.tell({
        code: counts ? 'resource-failed' : 'check-bad',
        severity: counts ? 'alarm' : 'warning',
        hierarchy: one.hierarchy,
        tag: one.resource.tag,
        facts: { check: depth, cause: code, bad: one.bad[depth], ...facts },
      });
      if (!counts) return;
      const scope = result.state === 'failed' ? result.scope : 'server';
      held.instances.set(one.resource.tag, {
        state: 'failed',
        during: 'running',
        scope,
        reason: result.reason,
      });
      options.onChange();
      return;
    }
    default:
      result satisfies never;
  }
}

function noteWarning(options: MonitorOptions, one: Watched, depth: Depth, warning: Reason | undefined): void {
  const { warnings } = hierarchyState(options.state, one.hierarchy);
  const { tag } = one.resource;
  const known = warnings.get(tag);
  if (known?.code === warning?.code) return;
  // A quick check says little: it does not take back what a deep check or the start found.
  if (!warning && depth === 'quick' && !one.warnedByQuick.has(tag)) return;
  if (warning && depth === 'quick') one.warnedByQuick.add(tag);
  else one.warnedByQuick.delete(tag);
  if (warning) warnings.set(tag, warning);
  else warnings.delete(tag);
  const facts: Reason['facts'] = warning
    ? { cause: warning.code, ...warning.facts }
    : { cause: known?.code ?? '' };
  const severity = warning ? 'warning' : 'info';
  options.tell({
    code: warning ? 'degraded' : 'warning-over',
    severity,
    hierarchy: one.hierarchy,
    tag,
    facts,
  });
  options.onChange();
}
