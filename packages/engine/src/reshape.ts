import {
  allow,
  refuse,
  type Desired,
  type FailureMark,
  type Hierarchy,
  type HierarchyId,
  type Refusal,
  type ServerName,
  type Verdict,
} from '@holdfast/core';
import { firstRefusal, judgeHierarchy, type Claims } from './judge-configuration.ts';
import type { Write } from './ports.ts';
import { compareAll, runningOperation, runsWholly, type Requested, type RequestContext } from './requests.ts';
import type { Snapshot } from './snapshot.ts';
import { put } from './transactions.ts';

/** Resources of a hierarchy at most: what its record takes. */
export const mostResources = 64;

/** How a hierarchy is at rest: wholly in service under the lease of `server`, or stopped everywhere on purpose. */
export type Rest =
  { readonly kind: 'in-service'; readonly server: ServerName } | { readonly kind: 'stopped' };

/** Only what is at rest changes its shape: nothing of it is under way that was decided from the old one (S8). */
export function judgeRest(
  snapshot: Snapshot,
  hierarchy: Hierarchy,
): { readonly allowed: true; readonly rest: Rest } | Refusal {
  const { view } = snapshot;
  const { id } = hierarchy;
  // In maintenance nothing is started, so nothing would be adopted in the new term.
  if (hierarchy.maintenance) return refuse('in-maintenance', { hierarchy: id });
  if (snapshot.settings?.maintenance === true) return refuse('cluster-in-maintenance', { hierarchy: id });
  const running = runningOperation(view, id);
  if (running) return refuse('operation-running', { operation: running.id, hierarchy: id });
  const owner = view.owners[id];
  const desired = view.desired[id];
  if (!owner && desired?.kind === 'out-of-service') return { allowed: true, rest: { kind: 'stopped' } };
  const isSettled =
    owner !== undefined &&
    desired?.kind === 'in-service' &&
    desired.target === undefined &&
    view.sessions[owner.server]?.incarnation === owner.incarnation &&
    runsWholly(snapshot, hierarchy, owner.server);
  if (!isSettled) return refuse('hierarchy-not-settled', { hierarchy: id });
  return { allowed: true, rest: { kind: 'in-service', server: owner.server } };
}

/** Do both rest in the same way, on the same servers? Only then can they be one hierarchy without moving anything. */
export function judgeTogether(snapshot: Snapshot, first: Hierarchy, second: Hierarchy): Verdict {
  const resting = judgeRest(snapshot, first);
  if (!resting.allowed) return resting;
  const other = judgeRest(snapshot, second);
  if (!other.allowed) return other;
  const where = resting.rest.kind === 'in-service' ? resting.rest.server : undefined;
  const otherWhere = other.rest.kind === 'in-service' ? other.rest.server : undefined;
  if (where !== otherWhere) {
    const [stays, moves] = where === undefined ? [otherWhere, first] : [where, second];
    const tag = moves.resources[0]?.tag ?? moves.id;
    return refuse('not-in-service-there', { hierarchy: moves.id, tag, server: stays ?? '' });
  }
  const servers = Object.keys(first.priorities).sort().join(', ');
  const otherServers = Object.keys(second.priorities).sort().join(', ');
  if (servers !== otherServers)
    return refuse('not-on-the-same-servers', {
      hierarchy: first.id,
      servers,
      other: second.id,
      otherServers,
    });
  return allow();
}

/**
 * Replaces hierarchies that rest in the same way by others that have the same servers, in one transaction: the
 * resources that go on being protected are in exactly one of `after`. Each of those gets a term above all terms of all of
 * them, under the same lease: whatever was decided for the old ones ends, what runs is adopted anew, and a late owner of
 * any of them finds a later term on every volume (S4). Nothing that runs is stopped.
 */
export function reshapeRequest(
  context: RequestContext,
  asked: {
    readonly before: readonly [Hierarchy, ...Hierarchy[]];
    readonly after: readonly [Hierarchy, ...Hierarchy[]];
    readonly claims?: Claims;
  },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const { before, after } = asked;
  const [first] = before;
  const rests = before.map((hierarchy) => judgeRest(snapshot, hierarchy));
  for (const resting of rests) if (!resting.allowed) return resting;
  const verdict = judgeAfter(context, asked);
  if (!verdict.allowed) return verdict;
  const owner = view.owners[first.id];
  const session = owner && view.sessions[owner.server];
  const desired: Desired = owner
    ? { kind: 'in-service', operation: undefined, target: undefined, from: undefined }
    : { kind: 'out-of-service', operation: undefined, by: context.by };
  const ids = [...new Set([...before, ...after].map(({ id }) => id))];
  const term = Math.max(...ids.map((id) => view.terms[id] ?? 0)) + 1;
  const server = owner?.server ?? view.lastOwners[first.id];
  const isNew = (id: HierarchyId): boolean => before.every((one) => one.id !== id);
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [
        keys.revision,
        ...ids.flatMap((id) => [keys.hierarchy(id), keys.desired(id), keys.owner(id), keys.term(id)]),
        ...(owner ? [keys.session(owner.server)] : []),
        // That all of it runs is its owner's word: what it has begun meanwhile changes that.
        ...(owner ? before.map(({ id }) => keys.status(owner.server, id)) : []),
        ...before.flatMap(({ id }) => markedServers(snapshot, id).map((server) => keys.failure(id, server))),
      ]),
      write: [
        put(keys.revision, { revision: snapshot.configRevision + 1 }),
        ...after.flatMap((hierarchy) => [
          put(keys.hierarchy(hierarchy.id), hierarchy),
          put(keys.term(hierarchy.id), { term, ...(server !== undefined && { server }) }),
          ...(isNew(hierarchy.id) ? [put(keys.desired(hierarchy.id), desired)] : []),
          ...(owner && session ? [put(keys.owner(hierarchy.id), { ...owner, term }, session.lease)] : []),
        ]),
        ...copiedMarks(context, before, after),
        ...before
          .filter(({ id }) => after.every((one) => one.id !== id))
          .flatMap(({ id }) => deleteAll(context, id)),
      ],
    },
  };
}

function judgeAfter({ snapshot }: RequestContext, asked: Parameters<typeof reshapeRequest>[1]): Verdict {
  const { before, after, claims } = asked;
  const [first] = before;
  // The others are judged against a configuration that does not have the old ones any more.
  const gone = new Set(before.map(({ id }) => id));
  const rest = Object.entries(snapshot.view.hierarchies).filter(([id]) => !gone.has(id));
  return firstRefusal(
    ...before.slice(1).map((other) => () => judgeTogether(snapshot, first, other)),
    ...after.map((hierarchy, index) => () => {
      const { length: resources } = hierarchy.resources;
      if (resources > mostResources) return refuse('too-many-resources', { resources, limit: mostResources });
      const others = after.filter((_, position) => position < index).map((one) => [one.id, one] as const);
      const hierarchies = Object.fromEntries([...rest, ...others]);
      const isFree = gone.has(hierarchy.id) || snapshot.view.owners[hierarchy.id] === undefined;
      if (hierarchies[hierarchy.id] || !isFree) return refuse('tag-in-use', { tag: hierarchy.id });
      return judgeHierarchy({ ...snapshot.view, hierarchies }, hierarchy, claims);
    }),
  );
}

function markedServers({ view }: Snapshot, hierarchy: HierarchyId): readonly ServerName[] {
  return view.failures.filter((mark) => mark.hierarchy === hierarchy).map(({ server }) => server);
}

/** A server that could not run one of them is kept from all that have something of it. */
function copiedMarks(
  { keys, snapshot }: RequestContext,
  before: readonly Hierarchy[],
  after: readonly Hierarchy[],
): readonly Write[] {
  const marks = new Map<string, FailureMark>();
  for (const { id } of before) {
    for (const mark of snapshot.view.failures.filter((one) => one.hierarchy === id))
      if (!marks.has(mark.server)) marks.set(mark.server, mark);
  }
  return after.flatMap(({ id: hierarchy }) =>
    [...marks.values()].map((mark) => put(keys.failure(hierarchy, mark.server), { ...mark, hierarchy })),
  );
}

/** Everything of a hierarchy that is no more but its term: that only grows, also across a new creation (S4). */
function deleteAll({ keys, snapshot }: RequestContext, id: HierarchyId): readonly Write[] {
  const { view, statuses } = snapshot;
  const statusesOf = statuses.filter((status) => status.hierarchy === id);
  const operations = Object.values(view.operations).filter((operation) => operation.hierarchy === id);
  return [
    keys.hierarchy(id),
    keys.desired(id),
    keys.owner(id),
    ...statusesOf.map((status) => keys.status(status.server, id)),
    ...operations.map((operation) => keys.operation(operation.id)),
    ...markedServers(snapshot, id).map((server) => keys.failure(id, server)),
  ].map((key) => ({ delete: key }));
}
