import type { Decision, Reason } from '@holdfast/core';
import type { EngineEvent } from './ports.ts';

/** Reasons that a person must hear of when they begin: nothing goes on by itself, or not for long. */
const alarming = [
  'waiting-for-confirmation',
  'failovers-used-up',
  'failovers-used-up-here',
  'failover-blocked-here',
] as const;
/** An administrator has set it so: worth a warning, because clients are not served. */
const kept = 'kept-by-server';
const maintained = ['in-maintenance', 'cluster-in-maintenance'] as const;

/** Tells when a hierarchy begins to wait for a person, and when its maintenance begins and ends; once each. */
export function createAnnouncer(
  tell: (event: Pick<EngineEvent, 'code' | 'severity'> & Partial<EngineEvent>) => void,
): (decision: Decision) => void {
  const told = new Map<string, string>();
  return ({ hierarchies }) => {
    for (const { hierarchy, reason } of hierarchies) {
      // A store that does not answer says nothing about what has been set.
      if (reason.code === 'store-unknown' || reason.code === 'failsafe') continue;
      const before = told.get(hierarchy);
      if (before === reason.code) continue;
      told.set(hierarchy, reason.code);
      for (const event of news(before, reason)) tell({ ...event, hierarchy });
    }
    const known = new Set(hierarchies.map(({ hierarchy }) => hierarchy));
    for (const hierarchy of told.keys()) if (!known.has(hierarchy)) told.delete(hierarchy);
  };
}

function news(
  before: string | undefined,
  { code, facts }: Reason,
): readonly Pick<EngineEvent, 'code' | 'severity' | 'facts'>[] {
  const begun = maintained.find((one) => one === code);
  const alarm = alarming.find((one) => one === code);
  const over = !begun && maintained.some((one) => one === before);
  return [
    ...(over ? [{ code: 'maintenance-over', severity: 'info', facts: {} } as const] : []),
    ...(begun ? [{ code: begun, severity: 'info', facts } as const] : []),
    ...(code === kept ? [{ code, severity: 'warning', facts } as const] : []),
    ...(alarm ? [{ code: alarm, severity: 'alarm', facts } as const] : []),
  ];
}
