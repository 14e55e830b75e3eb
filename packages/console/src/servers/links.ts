import type { PathDetail, PathsAnswer } from '@holdfast/contract';

export type PathView = NonNullable<PathDetail['views'][string]>;

/** A communication path with what each of its ends says of it. */
export interface Link extends Omit<PathDetail, 'views'> {
  /** The worst that an end says: a path that one end finds dead is no path. */
  readonly state: PathView['state'];
  /** The longer one of both directions. */
  readonly roundTripMs: number | null;
  /** In the order of the ends; `null` of a server that does not answer. */
  readonly views: readonly [PathView | null, PathView | null];
}

const badness: Readonly<Record<PathView['state'], number>> = { alive: 0, unknown: 1, dead: 2 };

/** Every path of the cluster. Of an answer that is not current nothing is known but that the paths are there. */
export function listLinks({ paths }: PathsAnswer, isCurrent: boolean): readonly Link[] {
  return paths.map(({ views: all, ...path }) => {
    const seenBy = ({ server }: PathDetail['ends'][number]): PathView | null =>
      isCurrent ? (all[server] ?? null) : null;
    const views = [seenBy(path.ends[0]), seenBy(path.ends[1])] as const;
    const known = views.flatMap((view) => view ?? []);
    const states = views.map((view): PathView['state'] => view?.state ?? 'unknown');
    const trips = known.flatMap(({ roundTripMs }) => roundTripMs ?? []);
    return {
      ...path,
      views,
      state: states.reduce((worst, one) => (badness[one] > badness[worst] ? one : worst)),
      roundTripMs: trips.length === 0 ? null : Math.max(...trips),
    };
  });
}

/** Both addresses of a path. */
export function addressesOf({ ends }: Pick<Link, 'ends'>): string {
  return ends.map(({ address }) => address).join(' – ');
}

/** Both servers of a path. */
export function serversOf({ ends }: Pick<Link, 'ends'>): string {
  return ends.map(({ server }) => server).join(' – ');
}
