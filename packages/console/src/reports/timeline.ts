import { reportPhases, type ReportAnswer, type ReportPhase } from '@holdfast/contract';

export interface Segment {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the time of a report was spent on: one lane for each phase that took part. */
export interface Lane {
  readonly phase: ReportPhase;
  readonly totalMs: number;
  readonly segments: readonly Segment[];
}

export interface Timeline {
  /** Where the scale ends. */
  readonly endMs: number;
  readonly lanes: readonly Lane[];
  /** Round values along the scale, 0 the first. */
  readonly ticks: readonly number[];
}

const tickLimit = 8;

/** Lays out a report: from each step on, the time goes to the lane of its phase, until the next step. */
export function layOutTimeline(report: Pick<ReportAnswer, 'steps' | 'totalMs' | 'phases'>): Timeline {
  const { steps, totalMs, phases } = report;
  const endMs = Math.max(totalMs, steps.at(-1)?.afterMs ?? 0, 1);
  const pieces = steps.map(({ afterMs, phase }, index) => ({
    phase,
    fromMs: afterMs,
    toMs: Math.max(afterMs, steps[index + 1]?.afterMs ?? totalMs),
  }));
  const lanes = reportPhases.flatMap((phase): Lane[] => {
    const segments = joinSegments(pieces.filter((piece) => piece.phase === phase));
    const spentMs = phases[phase];
    return segments.length === 0 && spentMs === 0 ? [] : [{ phase, totalMs: spentMs, segments }];
  });
  return { endMs, lanes, ticks: chooseTicks(endMs) };
}

/** Segments that touch become one; those without length are left out. */
function joinSegments(pieces: readonly Segment[]): readonly Segment[] {
  const joined: Segment[] = [];
  for (const { fromMs, toMs } of pieces) {
    if (toMs <= fromMs) continue;
    const last = joined.at(-1);
    if (last && last.toMs >= fromMs) joined[joined.length - 1] = { fromMs: last.fromMs, toMs };
    else joined.push({ fromMs, toMs });
  }
  return joined;
}

/** At most {@link tickLimit} values from 0 to `endMs`, each a multiple of 1, 2 or 5 times a power of ten. */
export function chooseTicks(endMs: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(Math.max(endMs, 1)) - 1);
  const step = [1, 2, 5, 10, 20, 50].map((factor) => factor * power).find((one) => endMs / one < tickLimit);
  if (step === undefined) return [0];
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
}
