/** What became of one row that the client tried to write. `unknown`: it was sent, and no answer came. */
export type Outcome = 'pending' | 'committed' | 'failed' | 'unknown';

export interface Attempt {
  /** Unique and increasing. */
  readonly id: number;
  readonly sentAtMs: number;
  readonly outcome: Outcome;
  readonly answeredAtMs: number | undefined;
  /** Start time of the postmaster that acknowledged it. */
  readonly postmaster: string | undefined;
}

/** A time in which no write was acknowledged, from the last acknowledged one before to the first after. */
export interface Outage {
  readonly fromMs: number;
  /** `undefined` while it lasts. */
  readonly untilMs: number | undefined;
  readonly lengthMs: number;
}

export interface HistoryVerdict {
  readonly attempted: number;
  readonly committed: number;
  readonly failed: number;
  readonly unknown: number;
  readonly rows: number;
  /** Acknowledged, and not in the table. */
  readonly lost: readonly number[];
  /** In the table more than once. */
  readonly duplicated: readonly number[];
  /** In the table, although it was never sent or was refused. */
  readonly invented: readonly number[];
  /** Acknowledged by a postmaster after a later one had acknowledged another: two of them served at once. */
  readonly interleaved: readonly number[];
}

/**
 * Gaps between acknowledged writes that are longer than `thresholdMs`, with the one that goes on at `nowMs`.
 */
export function findOutages(
  attempts: readonly Attempt[],
  options: { readonly thresholdMs: number; readonly nowMs: number },
): readonly Outage[] {
  const instants = attempts.flatMap((attempt) =>
    attempt.outcome === 'committed' && attempt.answeredAtMs !== undefined ? [attempt.answeredAtMs] : [],
  );
  const gaps: Outage[] = [];
  for (const [index, fromMs] of instants.entries()) {
    const untilMs = instants[index + 1];
    const lengthMs = (untilMs ?? options.nowMs) - fromMs;
    if (lengthMs > options.thresholdMs) gaps.push({ fromMs, untilMs, lengthMs });
  }
  return gaps;
}

/**
 * Compares what the client was told with what the table holds. `ids` are all rows of the client, in any
 * order.
 */
export function judgeHistory(attempts: readonly Attempt[], ids: readonly number[]): HistoryVerdict {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const mayBeThere = new Set(attempts.flatMap(({ id, outcome }) => (outcome === 'failed' ? [] : [id])));
  const committed = attempts.filter(({ outcome }) => outcome === 'committed');
  const count = (outcome: Outcome): number =>
    attempts.filter((attempt) => attempt.outcome === outcome).length;
  return {
    attempted: attempts.length,
    committed: committed.length,
    failed: count('failed'),
    unknown: count('unknown') + count('pending'),
    rows: ids.length,
    lost: committed.flatMap(({ id }) => (counts.has(id) ? [] : [id])),
    duplicated: [...counts].flatMap(([id, times]) => (times > 1 ? [id] : [])),
    invented: [...counts.keys()].filter((id) => !mayBeThere.has(id)),
    interleaved: findInterleaved(committed),
  };
}

/** One client sends one row after another, so acknowledgements of one postmaster follow each other. */
function findInterleaved(committed: readonly Attempt[]): readonly number[] {
  const left = new Set<string>();
  let current: string | undefined;
  return committed.flatMap(({ id, postmaster }) => {
    if (postmaster === undefined || postmaster === current) return [];
    if (current !== undefined) left.add(current);
    current = postmaster;
    return left.has(postmaster) ? [id] : [];
  });
}
