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

/** Resources that are joined by dependencies, whichever way round: one hierarchy is one such part (H-02). */
export function connectedParts(resources: readonly Resource[]): readonly (readonly Resource[])[] {
  const partOf = new Map<Tag, Set<Tag>>(resources.map(({ tag }) => [tag, new Set([tag])]));
  for (const { tag, children } of resources) {
    for (const child of children) {
      const [upper, lower] = [partOf.get(tag), partOf.get(child)];
      if (!upper || !lower || upper === lower) continue;
      for (const one of lower) {
        upper.add(one);
        partOf.set(one, upper);
      }
    }
  }
  const parts = new Set(partOf.values());
  return [...parts].map((part) => resources.filter(({ tag }) => part.has(tag)));
}

/** The resources that nothing else needs: they start last and stop first. */
export function rootsOf(resources: readonly Resource[]): readonly Resource[] {
  const needed = new Set(resources.flatMap(({ children }) => children));
  return resources.filter(({ tag }) => !needed.has(tag));
}

/** A resource and what it needs, directly or through others. */
export function neededBy(resources: readonly Resource[], tag: Tag): ReadonlySet<Tag> {
  const byTag = new Map(resources.map((resource) => [resource.tag, resource]));
  const found = new Set<Tag>();
  const visit = (one: Tag): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const child of byTag.get(one)?.children ?? []) visit(child);
  };
  visit(tag);
  return found;
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
