import { z } from 'zod';
import { tagName } from '../records.ts';
import { reportKind, reportPhases, reportRecord } from '../report-record.ts';
import { serverName } from '../server-file.ts';
import { eventBody } from './events.ts';
import { reasonBody, wallTime } from './common.ts';

/** GET /reports: the newest first. */
export const reportsQuery = z.strictObject({
  /** Any tag of a hierarchy, also of one that is no longer configured. */
  hierarchy: tagName.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(20),
});

export const reportSummary = z
  .object({
    /** Grows with the wall clock of the server that made the report. */
    id: z.string(),
    at: wallTime,
    hierarchy: tagName,
    kind: reportKind,
    /** `resting`: it could not be brought in service, and is tried again. */
    outcome: z.enum(['in-service', 'resting']),
    /** Where it was before; `null` where the server that made the report had not seen that. */
    from: serverName.nullable(),
    /** Where it is since; that server made the report on its own clock. */
    server: serverName,
    term: z.int(),
    /** From the last good sign to the first query answered. */
    totalMs: z.number(),
    /** What the time was spent on; the parts add up to the whole. */
    phases: reportRecord.shape.phases.loose(),
    cause: reasonBody.nullable(),
  })
  .meta({ id: 'ReportSummary' });
export type ReportSummary = z.infer<typeof reportSummary>;

export const reportsAnswer = z.object({ reports: z.array(reportSummary) });
export type ReportsAnswer = z.infer<typeof reportsAnswer>;

/** GET /reports/:id */
export const reportAnswer = reportSummary
  .extend({
    /** The last good sign, in milliseconds of the monotonic clock of `server`. */
    instant: z.number(),
    steps: z.array(
      z.object({
        afterMs: z.number(),
        server: serverName,
        tag: tagName.nullable(),
        code: z.string(),
        facts: reasonBody.shape.facts,
        /** What the time from here on was spent on. */
        phase: z.enum(reportPhases),
      }),
    ),
    /** Steps left out in the middle of a long report. */
    omitted: z.int(),
    /** More preferred servers that did not take it, and why. */
    skipped: z.array(z.object({ server: serverName, reason: reasonBody })),
    /** The last warnings and alarms of the server it was on, by the wall clock of that server. */
    lastWords: z.array(eventBody.omit({ id: true })),
  })
  .meta({ id: 'Report' });
export type ReportAnswer = z.infer<typeof reportAnswer>;
