import type { ResourceBody, StatusAnswer } from '@holdfast/contract';

type Cluster = Pick<StatusAnswer, 'hierarchies'>;

function resourcesOf({ hierarchies }: Cluster): readonly ResourceBody[] {
  return hierarchies.flatMap(({ resources }) => resources);
}

/** What a resource needs directly. */
export function listChildren(cluster: Cluster, tag: string): readonly string[] {
  return resourcesOf(cluster).find((resource) => resource.tag === tag)?.children ?? [];
}

/** Every resource that a resource could need: not itself, not what it needs already, and nothing that needs it. */
export function listPossibleChildren(cluster: Cluster, tag: string): readonly string[] {
  const all = resourcesOf(cluster);
  const parents = new Set([tag]);
  // Each round finds parents of those that are known; the tree is no deeper than it has resources.
  for (let round = 0; round < all.length; round += 1) {
    const before = parents.size;
    for (const one of all) if (one.children.some((child) => parents.has(child))) parents.add(one.tag);
    if (parents.size === before) break;
  }
  const children = listChildren(cluster, tag);
  return all.map((one) => one.tag).filter((one) => !parents.has(one) && !children.includes(one));
}
