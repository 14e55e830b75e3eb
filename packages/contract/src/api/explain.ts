import { z } from 'zod';
import { priority, tagName } from '../records.ts';
import { serverName } from '../server-file.ts';
import { milliseconds, reasonBody } from './common.ts';
import { reportSummary } from './reports.ts';
import { hierarchySummary } from './status.ts';

/** `rule` is the number of the requirement or safety rule that says so, or a row of the decision table. */
const ruledReason = z.object({ reason: reasonBody, rule: z.string().nullable() });

/** How long a failover would take now, part by part; `null` where nothing is known. */
export const outageEstimate = z
  .object({
    /** At most, until the lease of the dead server has ended. */
    leaseMs: milliseconds,
    /** Until it is the turn of the server that takes over. */
    turnMs: milliseconds,
    /** Volume and address, as the last report of a move has them. */
    volumeMs: milliseconds.nullable(),
    addressMs: milliseconds.nullable(),
    /** Crash recovery and start: estimated (B-06), or as the last report has it. */
    postgresqlMs: milliseconds.nullable(),
    /** Write-ahead log that the crash recovery would replay. */
    walBytes: z.number().nullable(),
    /** `measured`: by a crash recovery on the owner; `default`: by a cautious rate; `report`: as it was last time. */
    basis: z.enum(['measured', 'default', 'report']).nullable(),
    /** What is known of it, together. */
    totalMs: milliseconds,
  })
  .meta({ id: 'OutageEstimate' });
export type OutageEstimate = z.infer<typeof outageEstimate>;

export const foreseenRepair = z.enum(['local-recovery', 'failover', 'rest', 'watch']);

/** GET /explain/:tag (B-02) */
export const explainAnswer = z.object({
  tag: tagName,
  hierarchy: tagName,
  summary: hierarchySummary,
  owner: serverName.nullable(),
  /** Why it is where it is. */
  why: z.array(ruledReason),
  /** How it came there; `null` where no report is kept. */
  lastReport: reportSummary.nullable(),
  /** Every server it is extended to, the most preferred first. `reason` says why it cannot take over. */
  candidates: z.array(
    z.object({
      server: serverName,
      priority,
      eligible: z.boolean(),
      reason: reasonBody.nullable(),
    }),
  ),
  /** What happens if the owner dies now: who takes over, or why nobody does. `null` while it has no owner. */
  ifOwnerDied: ruledReason
    .extend({
      server: serverName.nullable(),
      /**
       * Who acts when, if those before do not, in milliseconds from the end of the lease; `null`: not by itself.
       */
      order: z.array(ruledReason.extend({ server: serverName, afterMs: milliseconds.nullable() })),
      /** `null` where nobody takes it. */
      outage: outageEstimate.nullable(),
    })
    .nullable(),
  /** What happens if a resource fails where it runs; nothing while it has no owner. */
  ifResourceFailed: z.array(
    z.object({
      tag: tagName,
      outcome: foreseenRepair,
      /** Where it would move. */
      to: serverName.nullable(),
      reason: reasonBody,
      rule: z.string(),
      /** Local recoveries left in the window of the policy; `null` where the owner does not answer. */
      recoveriesLeft: z.int().min(0).nullable(),
      /** What happens once none is left. */
      then: z.object({ outcome: foreseenRepair, to: serverName.nullable() }),
    }),
  ),
});
export type ExplainAnswer = z.infer<typeof explainAnswer>;
