import type { Resource, Tag } from './model.ts';
import { refuse, allow, type Verdict } from './verdict.ts';

/**
 * Resources in an order in which each comes after its children: the order of starting (S7). Backwards it is the
 * order of stopping. Children that are not among `resources` are passed over; `judgeDependencies` finds those.
 */
export function startOrder(resources: readonly Resource[]): readonly Resource[] {
  const byTag = new Map(resources.map((resource) => [resource.tag, resource]));
  const ordered = new Map<Tag, Resource>();
  const visit = (resource: Resource): void => {
    if (ordered.has(resource.tag)) return;
    for (const child of resource.children) {
      const found = byTag.get(child);
      if (found && !ordered.has(child)) visit(found);
    }
    ordered.set(resource.tag, resource);
  };
  for (const resource of resources) visit(resource);
  return [...ordered.values()];
}

/** The tags of those resources that need `tag` directly. */
export function parentsOf(resources: readonly Resource[], tag: Tag): readonly Tag[] {
  return resources.filter((resource) => resource.children.includes(tag)).map((resource) => resource.tag);
}

/** Says whether the dependencies may stand: every child is there, and nothing needs itself (H-02). */
export function judgeDependencies(resources: readonly Resource[]): Verdict {
  const byTag = new Map(resources.map((resource) => [resource.tag, resource]));
  for (const resource of resources) {
    for (const child of resource.children) {
      if (!byTag.has(child)) return refuse('child-missing', { tag: resource.tag, child });
    }
  }
  const done = new Set<Tag>();
  const onTheWay = new Set<Tag>();
  const findCycle = (tag: Tag): Tag | undefined => {
    if (done.has(tag)) return undefined;
    if (onTheWay.has(tag)) return tag;
    onTheWay.add(tag);
    for (const child of byTag.get(tag)?.children ?? []) {
      const cycle = findCycle(child);
      if (cycle !== undefined) return cycle;
    }
    onTheWay.delete(tag);
    done.add(tag);
    return undefined;
  };
  for (const resource of resources) {
    const cycle = findCycle(resource.tag);
    if (cycle !== undefined) return refuse('dependency-cycle', { tag: cycle });
  }
  return allow();
}
