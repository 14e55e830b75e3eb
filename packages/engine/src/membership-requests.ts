import {
  allow,
  refuse,
  type Hierarchy,
  type HierarchyId,
  type ServerName,
  type StoreView,
  type Verdict,
} from '@holdfast/core';
import { withoutServer } from './configuration-requests.ts';
import { firstRefusal } from './judge-configuration.ts';
import type { Write } from './ports.ts';
import { compareAll, type Requested, type RequestContext } from './requests.ts';
import { revokeCertificates } from './revocation.ts';
import { put } from './transactions.ts';

/** The hierarchies that are extended to a server, in the order of their names. */
export function hierarchiesOn(view: StoreView, server: ServerName): readonly Hierarchy[] {
  return Object.values(view.hierarchies)
    .filter(({ priorities }) => priorities[server] !== undefined)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

/**
 * Takes a server out of the cluster (C-01), in one transaction: its record, its session, its paths, what it has said of
 * itself, and the hierarchies' parts on it; its certificates open nothing any more (S-01).
 *
 * `leaving`: it goes by itself and has nothing left there. Otherwise it must be dead, or have nothing but a session where
 * `force` is given. What it owns has a lease that may still run, so nothing is taken from it before that has ended: the
 * owner keys end with it (S1, S3). A server that is not of the configuration gets no session and no ownership any more.
 */
export function removeServerRequest(
  context: RequestContext,
  asked: { readonly server: ServerName; readonly leaving: boolean; readonly force: boolean },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const { server } = asked;
  const record = view.servers[server];
  if (!record) return refuse('unknown-server', { server });
  const verdict = firstRefusal(
    () => (asked.leaving ? judgeExtents(view, server) : judgeDead(view, asked)),
    () => judgeRest(view, server),
    () => judgeSolitude(view, server),
  );
  if (!verdict.allowed) return verdict;
  const hierarchies = hierarchiesOn(view, server);
  const ids = hierarchies.map(({ id }) => id);
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [
        ...[keys.revision, keys.server(server), keys.session(server)],
        ...ids.flatMap((id) => [keys.hierarchy(id), keys.desired(id), keys.owner(id)]),
      ]),
      write: [
        put(keys.revision, { revision: snapshot.configRevision + 1 }),
        ...hierarchies.map((hierarchy) =>
          put(keys.hierarchy(hierarchy.id), withoutServer(hierarchy, server)),
        ),
        ...revokeCertificates(keys, record),
        ...forget(context, server),
        ...[keys.server(server), keys.joining(server)].map((key) => ({ delete: key })),
        ...view.paths
          .filter(({ ends }) => ends.some((end) => end.server === server))
          .map(({ id }) => ({ delete: keys.path(id) })),
      ],
    },
  };
}

/** What a life of a server has left in the store: its session, its word on what runs there, its marks. */
export function forget({ keys, snapshot }: RequestContext, server: ServerName): readonly Write[] {
  const { view, statuses } = snapshot;
  return [
    keys.session(server),
    ...statuses
      .filter((status) => status.server === server)
      .map(({ hierarchy }) => keys.status(server, hierarchy)),
    ...view.failures
      .filter((mark) => mark.server === server)
      .map(({ hierarchy }) => keys.failure(hierarchy, server)),
  ].map((key) => ({ delete: key }));
}

/** Whoever leaves lets go first: only the server itself can give start modes and services back. */
function judgeExtents(view: StoreView, server: ServerName): Verdict {
  const hierarchies = listed(hierarchiesOn(view, server).map(({ id }) => id));
  return hierarchies === '' ? allow() : refuse('still-extended', { server, hierarchies });
}

/** May a server be taken for dead? Its session lives as long as its lease. */
function judgeDead(
  view: StoreView,
  { server, force }: { readonly server: ServerName; readonly force: boolean },
): Verdict {
  return view.sessions[server] && !force ? refuse('server-alive', { server }) : allow();
}

/** May another machine take the place of a server? Only of one whose lease has ended and that owns nothing (S1, S3). */
export function judgeReplaceable(view: StoreView, server: ServerName): Verdict {
  return firstRefusal(
    () => judgeDead(view, { server, force: false }),
    () => judgeRest(view, server),
  );
}

/** Nothing is taken from an owner, nor from whoever a hierarchy is just being moved to or from. */
function judgeRest(view: StoreView, server: ServerName): Verdict {
  const owned = Object.entries(view.owners).filter(([, owner]) => owner.server === server);
  if (owned.length > 0)
    return refuse('server-owns', { server, hierarchies: listed(owned.map(([id]) => id)) });
  const moved = Object.entries(view.desired).find(
    ([, desired]) =>
      desired.kind === 'in-service' &&
      desired.target !== undefined &&
      [desired.target, desired.from].includes(server),
  );
  return moved
    ? refuse('operation-running', { operation: moved[1].operation ?? '', hierarchy: moved[0] })
    : allow();
}

function judgeSolitude(view: StoreView, server: ServerName): Verdict {
  const others = Object.values(view.servers).filter(({ name, role }) => name !== server && role === 'member');
  if (others.length === 0) return refuse('last-server', { server });
  const alone = hierarchiesOn(view, server).filter(({ priorities }) => Object.keys(priorities).length === 1);
  return alone.length === 0
    ? allow()
    : refuse('extended-only-there', { server, hierarchies: listed(alone.map(({ id }) => id)) });
}

function listed(ids: readonly HierarchyId[]): string {
  return ids.toSorted().join(', ');
}
