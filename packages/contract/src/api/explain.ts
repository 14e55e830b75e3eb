import { z } from 'zod';
import { priority, tagName } from '../records.ts';
import { serverName } from '../server-file.ts';
import { reasonBody } from './common.ts';
import { hierarchySummary } from './status.ts';

/** GET /explain/:tag (B-02) */
export const explainAnswer = z.object({
  tag: tagName,
  hierarchy: tagName,
  summary: hierarchySummary,
  owner: serverName.nullable(),
  /** Why it is where it is; `rule` is the number of the requirement or safety rule that says so. */
  why: z.array(z.object({ reason: reasonBody, rule: z.string().nullable() })),
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
  ifOwnerDied: z.object({ server: serverName.nullable(), reason: reasonBody }).nullable(),
});
export type ExplainAnswer = z.infer<typeof explainAnswer>;
