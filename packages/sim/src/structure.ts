/** Which hierarchy every resource is in, as the store has it now, and under which lease it has been owned without a break. */
export interface Structure {
  /** The record of a hierarchy was written or deleted. Answers the resources that have come from another one. */
  onConfiguration(hierarchy: string, record: string | undefined): readonly string[];
  /** An ownership key was written or is gone. */
  onOwner(hierarchy: string, owner: Reign | undefined): void;
  /** A tag that is in no hierarchy stands for itself. */
  hierarchyOf(tag: string): string;
  tagsOf(hierarchy: string): readonly string[];
  /** The ownerships that a resource has been under since its lease began to hold it: joining and parting go on with it. */
  reignsOf(tag: string): readonly Reign[];
  /** The last term in which somebody owned it, in whichever hierarchy. */
  lastTermOf(tag: string): number;
}

export interface Reign {
  readonly hierarchy: string;
  readonly server: string;
  readonly term: number;
  readonly lease: string;
}

export function createStructure(): Structure {
  const hierarchies = new Map<string, string>();
  const reigns = new Map<string, readonly Reign[]>();
  const lastTerms = new Map<string, number>();
  const tagsOf = (hierarchy: string): readonly string[] =>
    [...hierarchies].filter(([, of]) => of === hierarchy).map(([tag]) => tag);
  return {
    onConfiguration(hierarchy, record) {
      // What is deleted is let go as it is; what has moved on is somewhere else already.
      if (record === undefined) return [];
      const tags = parseTags(record);
      for (const tag of tagsOf(hierarchy)) if (!tags.includes(tag)) hierarchies.delete(tag);
      const come = tags.filter((tag) => hierarchies.get(tag) !== hierarchy);
      for (const tag of come) hierarchies.set(tag, hierarchy);
      return come.filter((tag) => lastTerms.has(tag));
    },
    onOwner(hierarchy, owner) {
      for (const tag of tagsOf(hierarchy)) {
        const before = reigns.get(tag) ?? [];
        const goesOn = owner !== undefined && before.at(-1)?.lease === owner.lease;
        reigns.set(tag, owner ? [...(goesOn ? before : []), owner] : []);
        if (owner) lastTerms.set(tag, owner.term);
      }
    },
    hierarchyOf: (tag) => hierarchies.get(tag) ?? tag,
    tagsOf,
    reignsOf: (tag) => reigns.get(tag) ?? [],
    lastTermOf: (tag) => lastTerms.get(tag) ?? 0,
  };
}

function parseTags(record: string): readonly string[] {
  const parsed: unknown = JSON.parse(record);
  if (typeof parsed !== 'object' || parsed === null || !('resources' in parsed))
    throw new Error(`no hierarchy record: ${record}`);
  if (!Array.isArray(parsed.resources)) throw new Error(`no resources: ${record}`);
  return parsed.resources.map((resource: { readonly tag: string }) => resource.tag);
}
