import { neededBy, type Hierarchy, type Resource, type Tag, type Term } from '@holdfast/core';
import { askCheck, type Depth } from './ask-check.ts';
import { instanceRef } from './instance-ref.ts';
import type { ActionResult, Clock, EngineEvent, Instances } from './ports.ts';
import { hierarchyState, type EngineState } from './state.ts';

export interface LookOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly instances: Instances;
  readonly state: EngineState;
  readonly tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void;
}

/**
 * Looks at everything that `tag` needs and that runs in this term: its start has failed, and what it stands on may have failed
 * since the last check. One bad answer is enough here, because the failed start was the other one. Ends when all have
 * answered, or with `signal`.
 */
export async function lookBeneath(
  options: LookOptions,
  about: { readonly hierarchy: Hierarchy; readonly tag: Tag; readonly term: Term },
  signal: AbortSignal,
): Promise<void> {
  const { hierarchy, tag, term } = about;
  if (signal.aborted) return;
  const needed = neededBy(hierarchy.resources, tag);
  const beneath = hierarchy.resources.filter((one) => one.tag !== tag && needed.has(one.tag));
  const looks = Promise.all(
    beneath.map((resource) => lookAt(options, { hierarchy, resource, term, signal })),
  );
  const aborted = Promise.withResolvers<void>();
  const onAbort = (): void => aborted.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await Promise.race([looks, aborted.promise]);
  signal.removeEventListener('abort', onAbort);
}

async function lookAt(
  options: LookOptions,
  about: {
    readonly hierarchy: Hierarchy;
    readonly resource: Resource;
    readonly term: Term;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { hierarchy, resource, term, signal } = about;
  const { instances } = hierarchyState(options.state, hierarchy.id);
  const { tag } = resource;
  const before = instances.get(tag);
  if (before?.state !== 'running' || before.term !== term) return;
  const { depth, answer } = await askBoth(options, hierarchy, resource);
  const isBad = answer.state === 'failed' || answer.state === 'not-running';
  if (!isBad || signal.aborted || instances.get(tag) !== before) return;
  const { reason } = answer;
  const scope = answer.state === 'failed' ? answer.scope : 'server';
  options.tell({
    code: 'resource-failed',
    severity: 'alarm',
    hierarchy: hierarchy.id,
    tag,
    facts: { check: depth, cause: reason.code, ...reason.facts },
  });
  instances.set(tag, { state: 'failed', during: 'running', scope, reason });
}

/** A deep check that is turned off is not asked here either. */
async function askBoth(
  options: LookOptions,
  hierarchy: Hierarchy,
  resource: Resource,
): Promise<{ readonly depth: Depth; readonly answer: ActionResult }> {
  const one = { instance: instanceRef(hierarchy, resource, options.server), resource };
  const quick = await askCheck(options, one, 'quick');
  const isEnough = quick.state !== 'ok' || resource.checks.deepEveryMs === 0;
  return isEnough
    ? { depth: 'quick', answer: quick }
    : { depth: 'deep', answer: await askCheck(options, one, 'deep') };
}
