import { createError } from '@holdfast/contract';
import { because, type Hierarchy, type Resource, type StoreView, type Term } from '@holdfast/core';
import { hierarchyOfTag, joinHierarchyRequest, type RequestContext, type Requested } from '@holdfast/engine';
import { claimsOf, parametersOn, type PlacedFinding } from './assemble.ts';
import { commitRequest } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { checkExtension } from './extend-checks.ts';

/** New resources that become part of a hierarchy that is there already (K-07, K-25). */
export interface Joining {
  /** As it will be recorded. */
  readonly hierarchy: Hierarchy;
  /** The new ones, with their parameters on every server of the hierarchy. */
  readonly resources: readonly Resource[];
  readonly term: Term;
  readonly findings: readonly PlacedFinding[];
}

/** Where the volumes are that hierarchies of this server protect already: what lies on one of them joins its hierarchy. */
export function protectedVolumes(
  { kits, file }: Pick<ApiContext, 'kits' | 'file'>,
  view: StoreView,
): readonly { readonly tag: string; readonly path: string }[] {
  return Object.values(view.hierarchies)
    .filter(({ priorities }) => priorities[file.server] !== undefined)
    .flatMap(({ resources }) => resources)
    .flatMap((resource) => {
      const kit = kits.get(resource.kit);
      const parsed = kit?.schema.safeParse(parametersOn(resource, file.server));
      return kit?.provides && parsed?.success ? [{ tag: resource.tag, path: kit.provides(parsed.data) }] : [];
    });
}

/**
 * The hierarchy whose resources the new ones need; `undefined` where they need none. Rejects with HF-HIER-001 for a child that
 * does not exist, and with HF-HIER-063 for children of several hierarchies.
 */
export function findJoined(view: StoreView, resources: readonly Resource[]): Hierarchy | undefined {
  const own = new Set(resources.map(({ tag }) => tag));
  const needed = resources.flatMap(({ children }) => children).filter((child) => !own.has(child));
  const found = new Map<string, Hierarchy>();
  for (const tag of needed) {
    const hierarchy = hierarchyOfTag(view, tag);
    if (!hierarchy) throw createError('HF-HIER-001', { tag });
    found.set(hierarchy.id, hierarchy);
  }
  if (found.size > 1) throw createError('HF-HIER-063', { hierarchies: [...found.keys()].sort().join(', ') });
  return [...found.values()][0];
}

export function judgeJoining(
  { hierarchy, resources }: Pick<Joining, 'hierarchy' | 'resources'>,
  server: string,
): (request: RequestContext) => Requested {
  return (request) =>
    joinHierarchyRequest(request, { hierarchy: hierarchy.id, resources, server, claims: claimsOf });
}

/** The rules first, then the checks of an extension on each further server of the hierarchy (K-10). */
export async function prepareJoining(
  context: ApiContext,
  asked: { readonly into: Hierarchy; readonly resources: readonly Resource[]; readonly by: string },
): Promise<Joining> {
  const { into, resources, by } = asked;
  const { server } = context.file;
  const judge = judgeJoining({ hierarchy: into, resources }, server);
  await commitRequest(context, by, judge, { dryRun: true });
  const { view } = await context.engine.refresh();
  const others = Object.keys(into.priorities).filter((name) => name !== server);
  const checked = await Promise.all(
    others.map(async (other) => ({
      other,
      ...(await checkExtension(context, { ...into, resources }, { owner: server, server: other, given: {} })),
    })),
  );
  const complete = resources.map((resource) => ({
    ...resource,
    instances: {
      ...resource.instances,
      ...Object.fromEntries(checked.map(({ other, instances }) => [other, instances[resource.tag] ?? {}])),
    },
  }));
  const joins = {
    check: 'joins',
    outcome: 'passed' as const,
    reason: because('joins-hierarchy', { hierarchy: into.id, servers: [server, ...others].join(', ') }),
    server,
    tag: null,
  };
  return {
    hierarchy: { ...into, resources: [...into.resources, ...complete] },
    resources: complete,
    term: view.owners[into.id]?.term ?? 0,
    findings: [joins, ...checked.flatMap(({ findings }) => findings)],
  };
}
