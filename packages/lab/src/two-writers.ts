/**
 * What stands for "active on a server" (S1): a process in the data directory, the volume mounted, the address
 * up.
 */
export type ActivityKind = 'process' | 'mount' | 'address';

export interface Activity {
  readonly kind: ActivityKind;
  readonly server: string;
  /**
   * Names this one activity for good, so that seeing it twice means that it was there all the time between.
   */
  readonly identity: string;
}

/** One look at all servers. Its parts are read one after another, not at one instant. */
export interface Look {
  readonly atMs: number;
  readonly activities: readonly Activity[];
  /** Servers that stand still altogether: what is active there cannot act. */
  readonly frozen: readonly string[];
}

/** Two servers were active at one instant. */
export interface Overlap {
  readonly kind: ActivityKind;
  readonly servers: readonly string[];
  readonly fromMs: number;
  readonly untilMs: number;
  /** All but one of them stood still the whole time: nothing could be written twice while it lasted. */
  readonly frozen: boolean;
}

/**
 * Finds overlaps that are certain from two looks in a row. One look alone proves nothing, as time passes
 * while it is taken. Where an activity is in both looks, it was there when the first look met the other
 * server's.
 */
export function findOverlaps(first: Look, second: Look): readonly Overlap[] {
  const lasting = new Set(second.activities.map(({ identity }) => identity));
  const kinds: readonly ActivityKind[] = ['process', 'mount', 'address'];
  return kinds.flatMap((kind) => {
    const seen = first.activities.filter((activity) => activity.kind === kind);
    const servers = [...new Set(seen.map(({ server }) => server))].toSorted();
    if (servers.length < 2) return [];
    const moving = servers.filter(
      (server) => !first.frozen.includes(server) || !second.frozen.includes(server),
    );
    const certain = servers.filter((server) =>
      seen.some((activity) => activity.server === server && lasting.has(activity.identity)),
    );
    if (certain.length === 0) return [];
    return [{ kind, servers, fromMs: first.atMs, untilMs: second.atMs, frozen: moving.length < 2 }];
  });
}

/** Adds overlaps to those known: one that goes on becomes longer. */
export function mergeOverlaps(
  known: readonly Overlap[],
  found: readonly Overlap[],
  longestGapMs: number,
): readonly Overlap[] {
  let merged = known;
  for (const overlap of found) {
    const same = merged.find(
      (other) =>
        other.kind === overlap.kind &&
        other.frozen === overlap.frozen &&
        other.servers.join() === overlap.servers.join() &&
        overlap.fromMs - other.untilMs <= longestGapMs,
    );
    merged = same
      ? merged.map((other) => (other === same ? { ...other, untilMs: overlap.untilMs } : other))
      : [...merged, overlap];
  }
  return merged;
}

/** An owner as the volume itself names it. */
export interface TermSighting {
  readonly term: number;
  /** The server through which it was read. */
  readonly readOn: string;
  readonly atMs: number;
}

/** Terms that came after a greater one: they must only grow (S4). */
export function findTermRegressions(sightings: readonly TermSighting[]): readonly TermSighting[] {
  let highest = 0;
  return sightings.filter(({ term }) => {
    const back = term < highest;
    highest = Math.max(highest, term);
    return back;
  });
}

export interface DetectorReport {
  readonly looks: number;
  /** The longest time between two looks: what was shorter may have been missed. */
  readonly longestBlindMs: number;
  /** Must be empty (S1, B-05). */
  readonly overlaps: readonly Overlap[];
  /** Active on two servers while all but one were frozen. */
  readonly frozenOverlaps: readonly Overlap[];
  readonly terms: readonly TermSighting[];
  /** Must be empty (S4). */
  readonly termRegressions: readonly TermSighting[];
}
