import type { ReportKind, ReportRecord } from '@holdfast/contract';
import type { InstantMs, Reason, WallTime } from '@holdfast/core';
import { spendPhases } from './phase.ts';
import type { Incident, ReportMemory } from './signs.ts';

/** A report without what only the event log knows. */
export type Report = Omit<ReportRecord, 'formatVersion' | 'lastWords'>;

/** Makes the report of what is going on, as it ends or rests now. Whole milliseconds, so that the parts add up exactly. */
export function composeReport(
  memory: ReportMemory,
  end: {
    readonly at: InstantMs;
    readonly wallTime: WallTime;
    readonly outcome: Report['outcome'];
    readonly cause: Reason | undefined;
  },
): Report | undefined {
  const { incident, hierarchy, server, term } = memory;
  const first = incident?.steps[0];
  if (!incident || !hierarchy || !first) return undefined;
  const after = (at: InstantMs): number => Math.max(0, Math.round(at - first.at));
  const totalMs = after(end.at);
  const steps = incident.steps.map(({ at, tag, ...step }) => ({
    afterMs: Math.min(after(at), totalMs),
    ...(tag === undefined ? {} : { tag }),
    ...step,
    facts: { ...step.facts },
  }));
  const marks = steps.map(({ afterMs, phase }) => ({ at: afterMs, phase }));
  const cause = end.cause ?? incident.cause;
  return {
    hierarchy: hierarchy.id,
    kind: end.outcome === 'resting' ? 'rest' : kindOf(incident, server),
    outcome: end.outcome,
    ...(incident.from === undefined ? {} : { from: incident.from }),
    server,
    term,
    at: end.wallTime,
    instant: first.at,
    totalMs,
    phases: spendPhases(marks, { from: 0, until: totalMs }),
    ...(cause === undefined ? {} : { cause: { code: cause.code, facts: { ...cause.facts } } }),
    skipped: incident.skipped.map((one) => ({
      server: one.server,
      reason: { code: one.reason.code, facts: { ...one.reason.facts } },
    })),
    steps,
    omitted: incident.omitted,
  };
}

function kindOf({ from, target, elsewhere }: Incident, server: string): ReportKind {
  if (from === undefined) return 'start';
  if (from !== server) return target === server ? 'switchover' : 'failover';
  return elsewhere || (target !== undefined && target !== server) ? 'failed-move' : 'local-recovery';
}
