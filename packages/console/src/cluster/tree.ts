import type { HierarchyBody, ResourceBody, StatusAnswer } from '@holdfast/contract';

/** One line of the cluster page: a resource at one place of the tree. */
export interface TreeRow {
  /** The tags from the root to it: a resource beneath two others stands at two places. */
  readonly key: string;
  readonly hierarchy: HierarchyBody;
  readonly resource: ResourceBody;
  /** 1 is a root. */
  readonly level: number;
  readonly hasChildren: boolean;
  readonly isExpanded: boolean;
}

export interface TreeView {
  /** Whether a row with children shows them, by its key. */
  readonly isExpanded: (key: string) => boolean;
  /** In lower case; empty shows all. */
  readonly search: string;
  readonly problemsOnly: boolean;
}

/** The rows that are shown, each parent before its children. */
export function listRows({ hierarchies }: Pick<StatusAnswer, 'hierarchies'>, view: TreeView): TreeRow[] {
  return hierarchies.filter((one) => isWanted(one, view)).flatMap((one) => rowsOf(one, view));
}

function isWanted(hierarchy: HierarchyBody, { search, problemsOnly }: TreeView): boolean {
  if (problemsOnly && hierarchy.summary === 'normal') return false;
  const words = [
    hierarchy.id,
    hierarchy.owner?.server ?? '',
    ...hierarchy.resources.flatMap(({ tag, kit }) => [tag, kit]),
  ];
  return search === '' || words.some((word) => word.toLowerCase().includes(search));
}

function rowsOf(hierarchy: HierarchyBody, { isExpanded }: TreeView): TreeRow[] {
  const byTag = new Map(hierarchy.resources.map((resource) => [resource.tag, resource]));
  const rows: TreeRow[] = [];
  const add = (resource: ResourceBody, above: readonly string[]): void => {
    // Dependencies have no circles; a record that has one all the same is shown as far as it is a tree.
    if (above.includes(resource.tag)) return;
    const path = [...above, resource.tag];
    const key = path.join('\n');
    const children = resource.children.flatMap((tag) => byTag.get(tag) ?? []);
    const expanded = children.length > 0 && isExpanded(key);
    rows.push({
      key,
      hierarchy,
      resource,
      level: path.length,
      hasChildren: children.length > 0,
      isExpanded: expanded,
    });
    if (expanded) for (const child of children) add(child, path);
  };
  const [root] = hierarchy.resources;
  if (root) add(root, []);
  return rows;
}

/** How many hierarchies are in each state. */
export function countSummaries({
  hierarchies,
}: Pick<StatusAnswer, 'hierarchies'>): ReadonlyMap<HierarchyBody['summary'], number> {
  const counts = new Map<HierarchyBody['summary'], number>();
  for (const { summary } of hierarchies) counts.set(summary, (counts.get(summary) ?? 0) + 1);
  return counts;
}
