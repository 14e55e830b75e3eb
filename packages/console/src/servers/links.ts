import type { ServerBody, StatusAnswer } from '@holdfast/contract';

export type PathBody = ServerBody['paths'][number];

/** A communication path, once, with what each of its ends says of it. */
export interface Link {
  readonly id: string;
  /** In alphabetical order. */
  readonly ends: readonly [string, string];
  /** The worst that an end says: a path that one end finds dead is no path. */
  readonly state: PathBody['state'];
  readonly roundTripMs: number | null;
  readonly misses: number;
  readonly flaps: number;
}

const badness: Readonly<Record<PathBody['state'], number>> = { alive: 0, unknown: 1, dead: 2 };

/** Every path of the cluster that is known to the server that answers. */
export function listLinks({ servers }: Pick<StatusAnswer, 'servers'>): readonly Link[] {
  const links = new Map<string, Link>();
  for (const { name, paths } of servers)
    for (const path of paths) {
      const [one = '', other = ''] = [name, path.peer].sort();
      const key = `${path.id} ${one} ${other}`;
      const before = links.get(key);
      const worse = !before || badness[path.state] > badness[before.state];
      links.set(key, {
        id: path.id,
        ends: [one, other],
        state: worse ? path.state : before.state,
        roundTripMs: longest(before?.roundTripMs ?? null, path.roundTripMs),
        misses: Math.max(before?.misses ?? 0, path.misses),
        flaps: Math.max(before?.flaps ?? 0, path.flaps),
      });
    }
  return [...links.values()];
}

function longest(oneMs: number | null, otherMs: number | null): number | null {
  return oneMs === null ? otherMs : otherMs === null ? oneMs : Math.max(oneMs, otherMs);
}
