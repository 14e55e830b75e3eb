import type { Action } from './decision.ts';
import type { Hierarchy, Resource, Tag, Term } from './model.ts';
import type { HierarchyObservation, InstanceActivity, Observation } from './observation.ts';
import { neededBy, parentsOf, startOrder } from './order.ts';
import type { InstantMs } from './time.ts';

const notLookedAt: InstanceActivity = { state: 'unknown' };

export function activityOf(seen: HierarchyObservation, tag: Tag): InstanceActivity {
  return seen.instances[tag] ?? notLookedAt;
}

/** Looks at whatever has not been looked at yet. */
export function lookActions(hierarchy: Hierarchy, seen: HierarchyObservation): readonly Action[] {
  return hierarchy.resources
    .filter((resource) => activityOf(seen, resource.tag).state === 'unknown')
    .map((resource) => ({ kind: 'check', tag: resource.tag }));
}

/** Stops parents first, independent branches side by side (S7, H-02). What is unknown is stopped too: that is safe. */
export function stopActions(
  hierarchy: Hierarchy,
  seen: HierarchyObservation,
  now: InstantMs,
): readonly Action[] {
  if (someStopFailed(hierarchy, seen)) return killActions(hierarchy, seen, now);
  return hierarchy.resources.flatMap((resource) => stopOne(hierarchy, seen, resource, false));
}

function someStopFailed(hierarchy: Hierarchy, seen: HierarchyObservation): boolean {
  return hierarchy.resources.some((resource) => {
    const activity = activityOf(seen, resource.tag);
    return activity.state === 'failed' && (activity.during === 'remove' || activity.during === 'kill');
  });
}

/** By force, once nothing else is under way, and not more often than the executor's rest allows. */
function killActions(hierarchy: Hierarchy, seen: HierarchyObservation, now: InstantMs): readonly Action[] {
  const busy = hierarchy.resources.some((resource) => activityOf(seen, resource.tag).state === 'busy');
  return busy || now < (seen.memory.killAgainAt ?? now) ? [] : [{ kind: 'kill' }];
}

function stopOne(
  hierarchy: Hierarchy,
  seen: HierarchyObservation,
  resource: Resource,
  recovery: boolean,
): readonly Action[] {
  const activity = activityOf(seen, resource.tag);
  if (activity.state === 'busy' && (activity.action === 'restore' || activity.action === 'recover'))
    return [{ kind: 'abort', tag: resource.tag }];
  if (activity.state === 'busy' || activity.state === 'stopped') return [];
  const parentsStopped = parentsOf(hierarchy.resources, resource.tag).every(
    (parent) => activityOf(seen, parent).state === 'stopped',
  );
  return parentsStopped ? [{ kind: 'remove', tag: resource.tag, recovery }] : [];
}

/**
 * Starts children first, independent branches side by side, and repairs what failed (S7, R-02, R-04). What has not been
 * looked at in this term is started too: starting what runs adopts it (K-14), and proves that it is ours.
 */
export function runActions(
  observation: Observation,
  hierarchy: Hierarchy,
  seen: HierarchyObservation,
  term: Term,
): readonly Action[] {
  const failed = hierarchy.resources.filter((resource) => activityOf(seen, resource.tag).state === 'failed');
  if (failed.length > 0) return repairActions(observation, { hierarchy, seen, term, failed });
  return startOrder(hierarchy.resources).flatMap((resource): readonly Action[] => {
    const activity = activityOf(seen, resource.tag);
    if (activity.state === 'busy' || runsIn(activity, term)) return [];
    const childrenRun = resource.children.every((child) => runsIn(activityOf(seen, child), term));
    return childrenRun ? [{ kind: 'restore', tag: resource.tag, term }] : [];
  });
}

function runsIn(activity: InstanceActivity, term: Term): boolean {
  return activity.state === 'running' && activity.term === term;
}

interface Repair {
  readonly hierarchy: Hierarchy;
  readonly seen: HierarchyObservation;
  readonly term: Term;
  readonly failed: readonly Resource[];
}

/**
 * Repairs on this server while the policy allows it, else gives the hierarchy up. What stands on something that has
 * failed is not to blame: even its failed start counts only once everything beneath it is as it should be.
 */
function repairActions(observation: Observation, repair: Repair): readonly Action[] {
  const { hierarchy, seen, term, failed } = repair;
  if (someStopFailed(hierarchy, seen)) return killActions(hierarchy, seen, observation.now);
  // Given up already: what comes of it is being written.
  if (seen.memory.givenUp?.term === term) return [];
  const causes = causesAmong(hierarchy.resources, failed);
  const activities = causes.map(({ tag }) => activityOf(seen, tag));
  const hopeless = activities.find(
    (activity) => activity.state === 'failed' && activity.during === 'restore',
  );
  const activity = hopeless ?? activities[0];
  if (activity?.state !== 'failed') return [];
  const { localRecovery, attempts, windowMs } = hierarchy.recovery;
  const recent = seen.memory.recoveries.filter((at) => observation.now - at < windowMs).length;
  const repairing = hierarchy.resources.some((resource) => activityOf(seen, resource.tag).state === 'busy');
  if (hopeless || activity.scope === 'data' || (!repairing && (!localRecovery || recent >= attempts)))
    return [{ kind: 'give-up', term, scope: activity.scope, reason: activity.reason }];
  return mendActions(observation, repair, causes);
}

/** Those that failed although nothing that they need has. */
function causesAmong(resources: readonly Resource[], failed: readonly Resource[]): readonly Resource[] {
  return failed.filter((resource) => {
    const needed = neededBy(resources, resource.tag);
    return !failed.some(({ tag }) => tag !== resource.tag && needed.has(tag));
  });
}

/** What cannot be mended beneath its parents is stopped with them; starting follows by itself. */
function mendActions(
  observation: Observation,
  { hierarchy, seen, term, failed }: Repair,
  causes: readonly Resource[],
): readonly Action[] {
  const inPlace = causes.filter(({ kit }) => observation.repairedInPlace.includes(kit));
  const stopping = new Set<Tag>();
  for (const resource of failed.filter((one) => !inPlace.includes(one))) {
    stopping.add(resource.tag);
    for (const above of ancestorsOf(hierarchy.resources, resource.tag)) stopping.add(above);
  }
  return [
    ...inPlace.map(({ tag }): Action => ({ kind: 'recover', tag, term })),
    ...hierarchy.resources
      .filter(({ tag }) => stopping.has(tag))
      .flatMap((resource) => stopOne(hierarchy, seen, resource, causes.includes(resource))),
  ];
}

function ancestorsOf(resources: readonly Resource[], tag: Tag): ReadonlySet<Tag> {
  const found = new Set<Tag>();
  const visit = (below: Tag): void => {
    for (const parent of parentsOf(resources, below)) {
      if (found.has(parent)) continue;
      found.add(parent);
      visit(parent);
    }
  };
  visit(tag);
  return found;
}
