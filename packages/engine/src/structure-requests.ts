import {
  connectedParts,
  neededBy,
  allow,
  refuse,
  rootsOf,
  type Hierarchy,
  type HierarchyId,
  type Refusal,
  type Resource,
  type ServerName,
  type StoreView,
  type Tag,
  type Verdict,
} from '@holdfast/core';
import { deleteHierarchyRequest, setHierarchyRequest } from './configuration-requests.ts';
import { firstRefusal, judgeHierarchy, type Claims } from './judge-configuration.ts';
import { compareAll, hierarchyOfTag, type Requested, type RequestContext } from './requests.ts';
import { judgeRest, mostResources, reshapeRequest } from './reshape.ts';
import { put } from './transactions.ts';

/** A change of the structure, and the hierarchies that it makes of which: for the plan that people see (H-06). */
export interface Reshaping {
  readonly before: readonly Hierarchy[];
  readonly after: readonly Hierarchy[];
}

interface Dependency {
  readonly parent: Tag;
  readonly child: Tag;
}

type Shaped = { readonly allowed: true; readonly shape: Reshaping } | Refusal;

/**
 * What becomes of the hierarchies when `parent` needs `child` from now on (H-02): of two that were apart one, which keeps the
 * name, the priorities and the properties of the parent's.
 */
export function shapeWithDependency(view: StoreView, { parent, child }: Dependency): Shaped {
  const upper = hierarchyOfTag(view, parent);
  if (!upper) return refuse('unknown-tag', { tag: parent });
  const lower = hierarchyOfTag(view, child);
  if (!lower) return refuse('unknown-tag', { tag: child });
  const isThere = upper.resources.find(({ tag }) => tag === parent)?.children.includes(child) ?? false;
  if (isThere) return refuse('dependency-exists', { parent, child });
  const joined = upper.id === lower.id ? upper.resources : [...upper.resources, ...lower.resources];
  const resources = joined.map((resource) =>
    resource.tag === parent ? { ...resource, children: [...resource.children, child] } : resource,
  );
  const before = upper.id === lower.id ? [upper] : [upper, lower];
  return { allowed: true, shape: { before, after: [{ ...upper, resources }] } };
}

/**
 * What becomes of the hierarchy when `parent` needs `child` no more: itself, or, where nothing else joins the two, two. The
 * part that has the resource after which the hierarchy is named keeps everything; the other is named after its root.
 */
export function shapeWithoutDependency(view: StoreView, { parent, child }: Dependency): Shaped {
  const hierarchy = hierarchyOfTag(view, parent);
  if (!hierarchy) return refuse('unknown-tag', { tag: parent });
  const isThere = hierarchy.resources.some(({ tag, children }) => tag === parent && children.includes(child));
  if (!isThere) return refuse('dependency-missing', { parent, child });
  const resources = hierarchy.resources.map((resource) =>
    resource.tag === parent
      ? { ...resource, children: resource.children.filter((one) => one !== child) }
      : resource,
  );
  return {
    allowed: true,
    shape: { before: [hierarchy], after: splitUp(view, hierarchy, resources, parent) },
  };
}

/** One hierarchy for each connected part of what is left of `hierarchy`; the one that goes on as it comes first. */
function splitUp(
  view: StoreView,
  hierarchy: Hierarchy,
  resources: readonly Resource[],
  stays: Tag,
): readonly Hierarchy[] {
  const parts = connectedParts(resources);
  const having = (tag: Tag) => parts.find((part) => part.some((one) => one.tag === tag));
  const main = having(hierarchy.id) ?? having(stays) ?? parts[0];
  const taken = new Set(Object.keys(view.hierarchies));
  return parts
    .toSorted((a, b) => Number(b === main) - Number(a === main))
    .map((part) => ({
      ...hierarchy,
      id: part === main ? hierarchy.id : nameOf(part, taken),
      resources: part,
    }));
}

/** The tag of a root; a name that another hierarchy still has from earlier is passed over. */
function nameOf(part: readonly Resource[], taken: ReadonlySet<HierarchyId>): HierarchyId {
  const names = [...rootsOf(part), ...part].map(({ tag }) => tag);
  return names.find((tag) => !taken.has(tag)) ?? names[0] ?? '';
}

/** Makes one resource need another (H-02). Between two hierarchies it makes them one, without stopping anything. */
export function addDependencyRequest(
  context: RequestContext,
  asked: Dependency & { readonly claims?: Claims },
): Requested {
  return shapeRequest(context, shapeWithDependency(context.snapshot.view, asked), asked);
}

/** Takes a dependency back (H-02). What nothing joins any more becomes a hierarchy of its own, without stopping anything. */
export function removeDependencyRequest(
  context: RequestContext,
  asked: Dependency & { readonly claims?: Claims },
): Requested {
  return shapeRequest(context, shapeWithoutDependency(context.snapshot.view, asked), asked);
}

function shapeRequest(
  context: RequestContext,
  shaped: Shaped,
  { claims }: { readonly claims?: Claims },
): Requested {
  if (!shaped.allowed) return shaped;
  const { before, after } = shaped.shape;
  const [first, ...others] = before;
  const [main, ...parts] = after;
  if (!first || !main) return refuse('hierarchy-not-settled', { hierarchy: first?.id ?? '' });
  const given = claims ? { claims } : {};
  // Within one hierarchy only the order changes: nothing has to be adopted anew.
  if (others.length === 0 && parts.length === 0) {
    const resting = judgeRest(context.snapshot, first);
    return resting.allowed ? setHierarchyRequest(context, { hierarchy: main, ...given }) : resting;
  }
  return reshapeRequest(context, { before: [first, ...others], after: [main, ...parts], ...given });
}

/** What goes when `tag` is deleted, and what stays. */
export interface Removal {
  readonly hierarchy: Hierarchy;
  readonly removed: readonly Resource[];
  /** Empty when the whole hierarchy goes. */
  readonly after: readonly Hierarchy[];
}

/**
 * K-13: deleting one of several roots takes that root and what nothing else needs; deleting anything else, or the only root,
 * takes the whole hierarchy.
 */
export function findRemoval(view: StoreView, tag: Tag): Removal | undefined {
  const hierarchy = hierarchyOfTag(view, tag);
  if (!hierarchy) return undefined;
  const { resources } = hierarchy;
  const others = rootsOf(resources).filter((root) => root.tag !== tag);
  const isRoot = rootsOf(resources).some((root) => root.tag === tag);
  const [stays] = others;
  if (!isRoot || !stays) return { hierarchy, removed: resources, after: [] };
  const kept = new Set(others.flatMap((root) => [...neededBy(resources, root.tag)]));
  const left = resources.filter((resource) => kept.has(resource.tag));
  return {
    hierarchy,
    removed: resources.filter((resource) => !kept.has(resource.tag)),
    after: splitUp(view, hierarchy, left, stays.tag),
  };
}

/** Lets a hierarchy go, or one of its roots with what only that needs (K-13). */
export function deleteRequest(
  context: RequestContext,
  { tag, force }: { readonly tag: Tag; readonly force: boolean },
): Requested {
  const removal = findRemoval(context.snapshot.view, tag);
  if (!removal || removal.after.length === 0) return deleteHierarchyRequest(context, { tag, force });
  return removeRootRequest(context, { ...removal, force });
}

/** Lets one of several roots go, with what nothing else needs (K-13). `force`: also when servers are away. */
function removeRootRequest(
  context: RequestContext,
  { hierarchy, after, force }: Pick<Removal, 'hierarchy' | 'after'> & { readonly force: boolean },
): Requested {
  const { view } = context.snapshot;
  const away = Object.keys(hierarchy.priorities).filter((server) => !view.sessions[server]);
  if (away.length > 0 && !force) return refuse('servers-not-there', { servers: away.join(', ') });
  const [main, ...parts] = after;
  if (!main) return refuse('hierarchy-not-settled', { hierarchy: hierarchy.id });
  return reshapeRequest(context, { before: [hierarchy], after: [main, ...parts] });
}

/**
 * Puts new resources into a hierarchy that is wholly in service on `server`, where what they are runs already (K-07, K-25):
 * one transaction, in the same term, and nothing else of the hierarchy is touched.
 */
export function joinHierarchyRequest(
  context: RequestContext,
  asked: {
    readonly hierarchy: HierarchyId;
    readonly resources: readonly Resource[];
    readonly server: ServerName;
    readonly claims?: Claims;
  },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const { hierarchy: id, server, claims } = asked;
  const found = view.hierarchies[id];
  if (!found) return refuse('unknown-tag', { tag: id });
  const joined: Hierarchy = { ...found, resources: [...found.resources, ...asked.resources] };
  const { length: resources } = joined.resources;
  const away = Object.keys(found.priorities).find((name) => !view.sessions[name]);
  const verdict = firstRefusal(
    () => judgeRunsOn(context, found, server),
    () => (away === undefined ? allow() : refuse('server-not-there', { server: away })),
    () =>
      resources > mostResources
        ? refuse('too-many-resources', { resources, limit: mostResources })
        : judgeHierarchy(view, joined, claims),
  );
  if (!verdict.allowed) return verdict;
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [
        keys.revision,
        keys.hierarchy(id),
        keys.desired(id),
        keys.owner(id),
        keys.session(server),
        keys.status(server, id),
      ]),
      write: [put(keys.revision, { revision: snapshot.configRevision + 1 }), put(keys.hierarchy(id), joined)],
    },
  };
}

function judgeRunsOn({ snapshot }: RequestContext, hierarchy: Hierarchy, server: ServerName): Verdict {
  const resting = judgeRest(snapshot, hierarchy);
  if (!resting.allowed) return resting;
  const { rest } = resting;
  if (rest.kind === 'in-service' && rest.server === server) return allow();
  const tag = hierarchy.resources[0]?.tag ?? hierarchy.id;
  return refuse('not-in-service-there', { hierarchy: hierarchy.id, tag, server });
}
