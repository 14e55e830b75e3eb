import { z } from 'zod';
import { tagName } from '../records.ts';
import { serverName } from '../server-file.ts';

/**
 * The API under `/api/v1`, as the daemon answers it and command line and console use it (U-02). Requests are
 * strict: an unknown field is an error. Answers may grow fields, so readers pass over what they do not know.
 * Wherever an address has `:tag`, any tag of a hierarchy names the hierarchy. Times of people are ISO 8601 in
 * UTC.
 */
export const apiRoot = '/api/v1';

export const wallTime = z.iso.datetime();
export const milliseconds = z.int().min(0);
export const parameters = z.record(z.string(), z.unknown());
export const profileName = z.enum(['safe', 'normal', 'fast', 'fastest', 'test']);
export const dryRun = z.boolean().default(false);

export const reasonBody = z
  .object({
    code: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: 'Reason' });

/** Result of one check before a change; all of them are shown together (K-05, K-10). */
export const findingBody = z
  .object({
    check: z.string(),
    outcome: z.enum(['passed', 'warned', 'failed']),
    reason: reasonBody,
    server: serverName,
    tag: tagName.nullable(),
    /** The field of the kit's form that it is about, where it is about one. */
    field: z.string().optional(),
    /** A creation with `fix` would put it right (K-06). */
    fixable: z.boolean().optional(),
  })
  .meta({ id: 'Finding' });
export type FindingBody = z.infer<typeof findingBody>;

/** One step of what a change does, in the order in which it happens (H-06). */
export const planStep = z
  .object({
    act: z.enum(['record', 'adopt', 'let-go', 'put-back', 'stop', 'hand-over', 'start']),
    server: serverName,
    /** The resource; `null` where the step is about the whole hierarchy. */
    tag: tagName.nullable(),
  })
  .meta({ id: 'PlanStep' });
export type PlanStep = z.infer<typeof planStep>;

/**
 * Every answer that is not 2xx. `message` and `remedy` are in the language of `Accept-Language`: `en` or
 * `ja`.
 */
export const errorBody = z
  .object({
    code: z.string(),
    message: z.string(),
    facts: reasonBody.shape.facts,
    remedy: z.string(),
    /** The checks that failed, where the error is that checks failed. */
    findings: z.array(findingBody).optional(),
    /** What a creation that failed has taken back, in this order (K-09). */
    undone: z.array(planStep).optional(),
  })
  .meta({ id: 'Error' });
export type ErrorBody = z.infer<typeof errorBody>;
