import {
  allow,
  judgeEligible,
  refuse,
  type Desired,
  type Hierarchy,
  type HierarchyId,
  type Resource,
  type ServerName,
  type StoreView,
  type Tag,
  type Term,
} from '@holdfast/core';
import {
  firstRefusal,
  judgeDeletion,
  judgeHierarchy,
  judgeParameters,
  judgeUnextended,
  type Claims,
} from './judge-configuration.ts';
import type { Write } from './ports.ts';
import { compareAll, deleteMarks, hierarchyOfTag, type Requested, type RequestContext } from './requests.ts';
import { asSeen, put } from './transactions.ts';

/**
 * Takes ownership of a hierarchy that is not recorded yet, in a new term: what is started before it is recorded is started
 * by its owner (S1, S4). The reservation ends with this server's lease. One that this life of the server left is taken up.
 */
export function reserveRequest(
  context: RequestContext,
  asked: { readonly hierarchy: Hierarchy; readonly server: ServerName },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const { hierarchy, server } = asked;
  const { id } = hierarchy;
  if (view.hierarchies[id]) return refuse('tag-in-use', { tag: id });
  const session = view.sessions[server];
  if (!session) return refuse('server-not-there', { server });
  const { incarnation, lease } = session;
  const owner = view.owners[id];
  if (owner && (owner.server !== server || owner.incarnation !== incarnation))
    return refuse('being-created', { tag: id, server: owner.server });
  const term = nextTermOfAll(view);
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.hierarchy(id), keys.term(id), keys.owner(id), keys.session(server)]),
      write: [
        put(keys.term(id), { term, server }),
        put(keys.owner(id), { server, incarnation, term }, lease),
      ],
    },
  };
}

/** Gives the reservation of a hierarchy back that was not recorded after all. The term stays (S4). */
export function returnRequest(
  context: RequestContext,
  asked: { readonly hierarchy: HierarchyId; readonly server: ServerName },
): Requested {
  const { keys, snapshot } = context;
  const { hierarchy, server } = asked;
  const names = [keys.hierarchy(hierarchy), keys.owner(hierarchy)];
  const isMine = snapshot.view.owners[hierarchy]?.server === server && !snapshot.view.hierarchies[hierarchy];
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, names),
      write: isMine ? [{ delete: keys.owner(hierarchy) }] : [],
    },
  };
}

/**
 * Takes a new hierarchy into care. It counts as in service on `server`, which owns it from the first moment and finds
 * out what of it runs already. Its term is above all terms of the store: its resources may have belonged to any of them (S4).
 */
export function createHierarchyRequest(
  context: RequestContext,
  asked: {
    readonly hierarchy: Hierarchy;
    readonly server: ServerName;
    readonly claims?: Claims;
    /** The term in which this server owns it already, by {@link reserveRequest}. */
    readonly reserved?: Term | undefined;
  },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const { hierarchy, server, reserved } = asked;
  const { id } = hierarchy;
  if (view.hierarchies[id]) return refuse('tag-in-use', { tag: id });
  const verdict = firstRefusal(
    () => judgeHierarchy(view, hierarchy, asked.claims),
    () => judgeEligible(view, hierarchy, server),
  );
  if (!verdict.allowed) return verdict;
  const session = view.sessions[server];
  if (!session) return refuse('server-not-there', { server });
  const owner = view.owners[id];
  const { incarnation, lease } = session;
  const isMine = owner?.server === server && owner.incarnation === incarnation;
  if (reserved !== undefined && !(isMine && owner.term === reserved))
    return refuse('term-over', { term: reserved });
  if (reserved === undefined && owner && !isMine)
    return refuse('being-created', { tag: id, server: owner.server });
  const term = reserved ?? nextTermOfAll(view);
  const desired: Desired = { kind: 'in-service', operation: undefined, target: undefined, from: undefined };
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: [
        asSeen(context, keys.revision),
        ...compareAll(context, [keys.hierarchy(id), keys.term(id), keys.owner(id), keys.session(server)]),
      ],
      write: [
        ...writeConfig(context, hierarchy),
        put(keys.desired(id), desired),
        put(keys.term(id), { term, server }),
        put(keys.owner(id), { server, incarnation, term }, lease),
      ],
    },
  };
}

/**
 * Lets a hierarchy go: what runs keeps running where it is, unprotected (K-13). The term stays in the store, so that a
 * later hierarchy of the same name never goes back in terms (S4). `force`: also when servers are away or it is not settled.
 */
export function deleteHierarchyRequest(
  context: RequestContext,
  asked: { readonly tag: Tag; readonly force: boolean },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const hierarchy = hierarchyOfTag(view, asked.tag);
  if (!hierarchy) return refuse('unknown-tag', { tag: asked.tag });
  const { id } = hierarchy;
  const verdict = asked.force ? allow() : judgeDeletion(snapshot, hierarchy);
  if (!verdict.allowed) return verdict;
  const statuses = snapshot.statuses.filter((status) => status.hierarchy === id);
  const operations = Object.values(view.operations).filter((operation) => operation.hierarchy === id);
  const names = [keys.hierarchy(id), keys.desired(id), keys.owner(id)];
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, ...names]),
      write: [
        writeRevision(context),
        ...[
          ...names,
          ...statuses.map((status) => keys.status(status.server, id)),
          ...operations.map((operation) => keys.operation(operation.id)),
        ].map((key) => ({ delete: key })),
        ...deleteMarks(context, id),
      ],
    },
  };
}

/** Makes a hierarchy able to run on one more server (K-11). Without a priority it gets the next free ten. */
export function extendRequest(
  context: RequestContext,
  asked: {
    readonly tag: Tag;
    readonly server: ServerName;
    readonly priority?: number | undefined;
    /** Parameters of that server, by tag. */
    readonly instances: Readonly<Record<Tag, Resource['parameters']>>;
    readonly claims?: Claims;
  },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const hierarchy = hierarchyOfTag(view, asked.tag);
  if (!hierarchy) return refuse('unknown-tag', { tag: asked.tag });
  const { server } = asked;
  if (hierarchy.priorities[server] !== undefined)
    return refuse('already-extended', { hierarchy: hierarchy.id, server });
  const extended: Hierarchy = {
    ...hierarchy,
    priorities: { ...hierarchy.priorities, [server]: asked.priority ?? nextPriority(hierarchy) },
    resources: hierarchy.resources.map((resource) => {
      const parameters = asked.instances[resource.tag];
      return parameters
        ? { ...resource, instances: { ...resource.instances, [server]: parameters } }
        : resource;
    }),
  };
  const verdict = firstRefusal(
    () => judgeHierarchy(view, extended, asked.claims),
    () => judgeEligible(view, extended, server),
  );
  if (!verdict.allowed) return verdict;
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, keys.hierarchy(hierarchy.id), keys.session(server)]),
      write: writeConfig(context, extended),
    },
  };
}

/** Takes a hierarchy from one server, where it is not in service (K-12). `force`: also where it cannot say so itself. */
export function unextendRequest(
  context: RequestContext,
  asked: { readonly tag: Tag; readonly server: ServerName; readonly force: boolean },
): Requested {
  const { view } = context.snapshot;
  const hierarchy = hierarchyOfTag(view, asked.tag);
  if (!hierarchy) return refuse('unknown-tag', { tag: asked.tag });
  const { server, force } = asked;
  if (!view.servers[server]) return refuse('unknown-server', { server });
  if (hierarchy.priorities[server] === undefined)
    return refuse('not-extended', { hierarchy: hierarchy.id, server });
  return setHierarchyRequest(context, { hierarchy: withoutServer(hierarchy, server), force });
}

/** The hierarchy as it is when a server no longer has it. */
export function withoutServer(hierarchy: Hierarchy, server: ServerName): Hierarchy {
  const { [server]: _, ...priorities } = hierarchy.priorities;
  const resources = hierarchy.resources.map((resource) => {
    const { [server]: __, ...instances } = resource.instances;
    return { ...resource, instances };
  });
  return { ...hierarchy, priorities, resources };
}

/** The next free multiple of ten after the least preferred server, as far as there is one (K-11). */
function nextPriority(hierarchy: Hierarchy): number {
  const taken = Object.values(hierarchy.priorities);
  const next = (Math.floor(Math.max(0, ...taken) / 10) + 1) * 10;
  if (next <= 999) return next;
  const free = Array.from({ length: 999 }, (_, index) => 999 - index).find((one) => !taken.includes(one));
  return free ?? 999;
}

/** Replaces a hierarchy's configuration by `hierarchy`, which has its id: properties, resources, dependencies, servers. */
export function setHierarchyRequest(
  context: RequestContext,
  asked: {
    readonly hierarchy: Hierarchy;
    readonly claims?: Claims;
    /** May this parameter change while the resource runs? None may when left out. */
    readonly isLive?: (kit: string, field: string) => boolean;
    /** Also takes the hierarchy from a server that is not there to say that nothing of it is active. */
    readonly force?: boolean;
  },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const { hierarchy } = asked;
  const { id } = hierarchy;
  const before = view.hierarchies[id];
  if (!before) return refuse('unknown-tag', { tag: id });
  const verdict = firstRefusal(
    () => judgeHierarchy(view, hierarchy, asked.claims),
    () => judgeUnextended(snapshot, before, hierarchy, asked.force ?? false),
    () => judgeParameters(view, before, hierarchy, asked.isLive ?? (() => false)),
  );
  if (!verdict.allowed) return verdict;
  const gone = Object.keys(before.priorities).filter((server) => hierarchy.priorities[server] === undefined);
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, keys.hierarchy(id), keys.desired(id), keys.owner(id)]),
      write: [
        ...writeConfig(context, hierarchy),
        ...gone.flatMap((server) => [
          { delete: keys.failure(id, server) },
          { delete: keys.status(server, id) },
        ]),
      ],
    },
  };
}

function writeRevision({ keys, snapshot }: RequestContext): Write {
  return put(keys.revision, { revision: snapshot.configRevision + 1 });
}

function writeConfig(context: RequestContext, hierarchy: Hierarchy): Write[] {
  return [writeRevision(context), put(context.keys.hierarchy(hierarchy.id), hierarchy)];
}

/** Above all terms of the store: what a new hierarchy takes over may have belonged to any other (S4). */
export function nextTermOfAll(view: StoreView): Term {
  return Math.max(0, ...Object.values(view.terms)) + 1;
}
