import type { Reason, ServerName, Tag } from '@holdfast/core';
import { phaseNow } from './phase.ts';
import type { Incident, ReportMemory, Step } from './signs.ts';

/** Steps of one report: more are left out in its middle. */
const mostSteps = 199;
/** Steps kept for an incident that has not begun. */
const mostRecent = 20;

export type PlainStep = Omit<Step, 'phase' | 'server' | 'tag'> & {
  readonly server?: ServerName;
  readonly tag?: Tag | undefined;
};

/** Adds a step to what is going on, or keeps it for what may have begun already. */
export function withStep(memory: ReportMemory, plain: PlainStep): ReportMemory {
  const { incident } = memory;
  const step: Step = {
    at: Math.max(plain.at, incident?.steps.at(-1)?.at ?? plain.at),
    server: plain.server ?? memory.server,
    tag: plain.tag,
    code: plain.code,
    facts: plain.facts,
    phase: phaseNow(memory),
  };
  if (!incident) return { ...memory, recent: [...memory.recent, step].slice(-mostRecent) };
  return { ...memory, incident: append(incident, step) };
}

function append(incident: Incident, step: Step): Incident {
  const { steps } = incident;
  const last = steps.at(-1);
  // Of the progress of one thing the newest counts, and the first: when it began.
  const before = steps.at(-2);
  const repeats =
    step.code === 'progress' &&
    [last, before].every((one) => one?.code === 'progress' && one.tag === step.tag);
  if (repeats) return { ...incident, steps: [...steps.slice(0, -1), step] };
  if (steps.length < mostSteps) return { ...incident, steps: [...steps, step] };
  return { ...incident, steps: [...steps.slice(0, -1), step], omitted: incident.omitted + 1 };
}

/** Begins an incident with the last good sign; what was seen since then belongs to it. */
export function beginIncident(
  memory: ReportMemory,
  begin: {
    readonly from: ServerName | undefined;
    readonly sign: PlainStep;
    readonly cause: Reason | undefined;
    readonly target?: ServerName | undefined;
  },
): ReportMemory {
  if (memory.incident) return memory;
  const { from, sign, cause, target } = begin;
  const first: Step = {
    at: sign.at,
    server: sign.server ?? memory.server,
    tag: sign.tag,
    code: sign.code,
    facts: sign.facts,
    phase: 'detection',
  };
  const incident: Incident = {
    from,
    steps: [first, ...memory.recent.filter(({ at }) => at >= sign.at).toSorted((a, b) => a.at - b.at)],
    omitted: 0,
    cause,
    target,
    elsewhere: false,
    skipped: [],
    rested: false,
  };
  return { ...memory, recent: [], incident };
}

export function changeIncident(memory: ReportMemory, change: Partial<Incident>): ReportMemory {
  return memory.incident ? { ...memory, incident: { ...memory.incident, ...change } } : memory;
}
