import { reportPhases, type ReportPhase } from '@holdfast/contract';
import type { Hierarchy, HierarchyStatus, InstantMs, Tag } from '@holdfast/core';
import type { ReportMemory } from './signs.ts';

const phaseOfKit: Readonly<Record<string, ReportPhase>> = {
  volume: 'volume',
  ip: 'address',
  postgresql: 'postgresql',
};

/** What the time from now on is spent on. */
export function phaseNow(memory: ReportMemory): ReportPhase {
  const { hierarchy, owner, server, busy, down, status } = memory;
  if (!hierarchy || owner === undefined) return 'arbitration';
  if (owner === server) return choosePhase(hierarchy, busy.length > 0 ? busy : nextToStart(hierarchy, down));
  if (isWell(hierarchy, status)) return 'detection';
  return phaseElsewhere(hierarchy, status);
}

/** Of several that go on at once the one counts that the others wait for: volumes, then addresses, then the rest. */
function choosePhase(hierarchy: Hierarchy, tags: readonly Tag[]): ReportPhase {
  const phases = new Set(
    hierarchy.resources.filter(({ tag }) => tags.includes(tag)).map(({ kit }) => phaseOfKit[kit] ?? 'other'),
  );
  return reportPhases.find((phase) => phases.has(phase)) ?? 'other';
}

function nextToStart(hierarchy: Hierarchy, down: readonly Tag[]): readonly Tag[] {
  return hierarchy.resources
    .filter(({ tag, children }) => down.includes(tag) && !children.some((child) => down.includes(child)))
    .map(({ tag }) => tag);
}

/** On another server it is being started, stopped or repaired; once all has stopped there, somebody else is to go on. */
function phaseElsewhere(hierarchy: Hierarchy, status: HierarchyStatus | undefined): ReportPhase {
  const inState = (...states: readonly string[]): readonly Tag[] =>
    hierarchy.resources
      .map(({ tag }) => tag)
      .filter((tag) => states.includes(status?.instances[tag]?.state ?? ''));
  const busy = inState('starting', 'stopping');
  if (busy.length > 0) return choosePhase(hierarchy, busy);
  const running = inState('in-service', 'degraded');
  if (running.length === 0) return 'arbitration';
  return choosePhase(
    hierarchy,
    hierarchy.resources.map(({ tag }) => tag).filter((tag) => !running.includes(tag)),
  );
}

/** A server says that everything of the hierarchy runs there. */
export function isWell(hierarchy: Hierarchy, status: HierarchyStatus | undefined): boolean {
  return hierarchy.resources.every(({ tag }) => {
    const state = status?.instances[tag]?.state;
    return state === 'in-service' || state === 'degraded';
  });
}

/** Where a phase begins. */
export interface PhaseMark {
  readonly at: InstantMs;
  readonly phase: ReportPhase;
}

/**
 * Milliseconds that were spent on each phase between two instants; the parts add up to the whole. Before the first mark
 * nobody knew anything: that is detection. Marks are in the order of time.
 */
export function spendPhases(
  marks: readonly PhaseMark[],
  span: { readonly from: InstantMs; readonly until: InstantMs },
): Record<ReportPhase, number> {
  const spent = { detection: 0, arbitration: 0, volume: 0, address: 0, postgresql: 0, other: 0 };
  let phase: ReportPhase = 'detection';
  let since = span.from;
  for (const mark of marks) {
    const at = Math.min(Math.max(mark.at, since), Math.max(span.until, since));
    spent[phase] += at - since;
    since = at;
    phase = mark.phase;
  }
  spent[phase] += Math.max(0, span.until - since);
  return spent;
}
