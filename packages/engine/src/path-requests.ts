import { refuse, type CommunicationPath, type PathEnd, type StoreView, type Verdict } from '@holdfast/core';
import { compareAll, type Requested, type RequestContext } from './requests.ts';
import { put } from './transactions.ts';

/** As many paths as one pair of servers can have: more would only say the same again. */
const mostPathsOfPair = 8;

/** What of a path can be changed while it is in use (C-02). */
export type PathProperties = Pick<CommunicationPath, 'priority' | 'intervalMs' | 'misses'>;

/** One more path between two servers. Its name is the pair's and the next free number. */
export function createPathRequest(
  context: RequestContext,
  asked: { readonly ends: readonly [PathEnd, PathEnd]; readonly properties: PathProperties },
): Requested & { readonly path?: CommunicationPath } {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const [a, b] = asked.ends;
  const ends: CommunicationPath['ends'] = a.server < b.server ? [a, b] : [b, a];
  const verdict = judgeEnds(view, ends);
  if (!verdict.allowed) return verdict;
  const pair = pathsOfPair(view, ends);
  if (pair.length >= mostPathsOfPair) return refuse('too-many-paths', { paths: pair.length });
  const numbers = new Set(pair.map(({ id }) => id));
  const id = [1, 2, 3, 4, 5, 6, 7, 8]
    .map((number) => `${ends[0].server}.${ends[1].server}.${number}`)
    .find((name) => !numbers.has(name));
  if (id === undefined) return refuse('too-many-paths', { paths: pair.length });
  const path = { id, ends, ...asked.properties };
  return {
    allowed: true,
    operation: undefined,
    path,
    transaction: {
      compare: compareAll(context, [
        keys.revision,
        keys.path(id),
        ...ends.map((end) => keys.server(end.server)),
      ]),
      write: [put(keys.revision, { revision: snapshot.configRevision + 1 }), put(keys.path(id), path)],
    },
  };
}

/** A change of priority, interval or misses is live; the connection stays. */
export function setPathRequest(
  context: RequestContext,
  asked: { readonly id: string; readonly properties: Partial<PathProperties> },
): Requested {
  const { keys, snapshot } = context;
  const path = snapshot.view.paths.find(({ id }) => id === asked.id);
  if (!path) return refuse('unknown-path', { path: asked.id });
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, keys.path(path.id)]),
      write: [
        put(keys.revision, { revision: snapshot.configRevision + 1 }),
        put(keys.path(path.id), { ...path, ...asked.properties }),
      ],
    },
  };
}

/** The last path of a pair stays: without one the two servers could not ask each other anything. */
export function deletePathRequest(context: RequestContext, asked: { readonly id: string }): Requested {
  const { keys, snapshot } = context;
  const path = snapshot.view.paths.find(({ id }) => id === asked.id);
  if (!path) return refuse('unknown-path', { path: asked.id });
  if (pathsOfPair(snapshot.view, path.ends).length === 1)
    return refuse('last-path', { path: path.id, one: path.ends[0].server, other: path.ends[1].server });
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: compareAll(context, [keys.revision, keys.path(path.id)]),
      write: [put(keys.revision, { revision: snapshot.configRevision + 1 }), { delete: keys.path(path.id) }],
    },
  };
}

function judgeEnds(view: StoreView, ends: CommunicationPath['ends']): Verdict {
  if (ends[0].server === ends[1].server) return refuse('path-to-itself', { server: ends[0].server });
  for (const { server, address } of ends) {
    const known = view.servers[server];
    if (!known) return refuse('unknown-server', { server });
    if (!known.addresses.includes(address))
      return refuse('address-not-of-server', { server, address, addresses: known.addresses.join(', ') });
  }
  const same = pathsOfPair(view, ends).find((path) =>
    path.ends.every((end, index) => end.address === ends[index]?.address),
  );
  return same ? refuse('path-there-already', { path: same.id }) : { allowed: true };
}

function pathsOfPair(view: StoreView, ends: CommunicationPath['ends']): readonly CommunicationPath[] {
  return view.paths.filter((path) => path.ends.every((end, index) => end.server === ends[index]?.server));
}
