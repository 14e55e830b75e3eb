import { z } from 'zod';
import { pathRecord } from '../records.ts';
import { serverName } from '../server-file.ts';
import { dryRun } from './common.ts';

/** How one end sees a path. `null` in `views` where that server does not answer. */
const pathView = z.object({
  state: z.enum(['alive', 'dead', 'unknown']),
  roundTripMs: z.number().nullable(),
  misses: z.int(),
  flaps: z.int(),
});

export const pathDetail = z
  .object({
    id: pathRecord.shape.id,
    ends: pathRecord.shape.ends,
    priority: pathRecord.shape.priority,
    intervalMs: pathRecord.shape.intervalMs,
    misses: pathRecord.shape.misses,
    /** By server: the two ends see a path apart from each other (C-02). */
    views: z.record(serverName, pathView.nullable()),
  })
  .meta({ id: 'PathDetail' });
export type PathDetail = z.infer<typeof pathDetail>;

/** GET /paths */
export const pathsAnswer = z.object({ paths: z.array(pathDetail) });
export type PathsAnswer = z.infer<typeof pathsAnswer>;

/** POST /paths: the addresses are such that the servers were given at `init` or `join`. */
export const createPathRequest = z.strictObject({
  ends: pathRecord.shape.ends,
  priority: pathRecord.shape.priority.default(1),
  intervalMs: pathRecord.shape.intervalMs.default(1_000),
  misses: pathRecord.shape.misses.default(5),
  dryRun,
});

/** PATCH /paths/:id */
export const changePathRequest = z.strictObject({
  priority: pathRecord.shape.priority.optional(),
  intervalMs: pathRecord.shape.intervalMs.optional(),
  misses: pathRecord.shape.misses.optional(),
  dryRun,
});

/** DELETE /paths/:id?dryRun=true */
export const deletePathQuery = z.strictObject({ dryRun: z.stringbool().default(false) });
