import { z } from 'zod';
import { eventRecord, reasonRecord, recordFormat, tagName } from './records.ts';
import { serverName } from './server-file.ts';

/** What the time of a report was spent on, in the order in which it counts when several go on at once. */
export const reportPhases = ['detection', 'arbitration', 'volume', 'address', 'postgresql', 'other'] as const;
export type ReportPhase = (typeof reportPhases)[number];

export const reportKind = z
  .enum(['failover', 'local-recovery', 'switchover', 'failed-move', 'rest', 'start'])
  .meta({ id: 'ReportKind' });
export type ReportKind = z.infer<typeof reportKind>;

const spentMs = z.number().min(0);
const phaseDurations = z.strictObject({
  detection: spentMs,
  arbitration: spentMs,
  volume: spentMs,
  address: spentMs,
  postgresql: spentMs,
  other: spentMs,
});

export const reportStep = z.strictObject({
  /** Milliseconds since the last good sign. */
  afterMs: spentMs,
  /** The server that the step is about. */
  server: serverName,
  tag: tagName.optional(),
  code: z.string(),
  facts: reasonRecord.shape.facts,
  /** What the time from here on was spent on. */
  phase: z.enum(reportPhases),
});

/** A candidate that was more preferred and did not take the hierarchy. */
const skippedServer = z.strictObject({ server: serverName, reason: reasonRecord });

/**
 * how a hierarchy came back in service, on the monotonic clock of the server that brought it there (S9). `at` and
 * the old owner's own events are wall-clock time, for people.
 */
export const reportRecord = z.strictObject({
  formatVersion: z.literal(recordFormat),
  hierarchy: tagName,
  kind: reportKind,
  outcome: z.enum(['in-service', 'resting']),
  /** Where it was in service before; nothing where this server had not seen that. */
  from: serverName.optional(),
  /** Where it is since, and whose clock counts. */
  server: serverName,
  term: z.int().min(0),
  at: z.iso.datetime(),
  /** The last good sign, in milliseconds of that server's monotonic clock. */
  instant: z.number(),
  totalMs: spentMs,
  phases: phaseDurations,
  cause: reasonRecord.optional(),
  skipped: z.array(skippedServer).max(32),
  steps: z.array(reportStep).max(200),
  /** Steps left out in the middle of a long report. */
  omitted: z.int().min(0),
  /** The old owner's last warnings and alarms, by its own wall clock. */
  lastWords: z.array(eventRecord.omit({ formatVersion: true })).max(10),
});
export type ReportRecord = z.infer<typeof reportRecord>;
export type ReportStep = z.infer<typeof reportStep>;
