import { z } from 'zod';
import { serverName } from '../server-file.ts';
import { dryRun } from './common.ts';

/** PATCH /servers/:server: only what is named changes. */
export const serverRequest = z.strictObject({
  /** When this server dies, what ran here is taken over only once an operator has confirmed it. */
  confirmFailover: z.boolean().optional(),
  /** What fails here stays here, and nothing comes here by itself; an operator may still move it. */
  blockFailover: z.boolean().optional(),
  dryRun,
});
export type ServerRequest = z.input<typeof serverRequest>;

/** What is set for a server now; of a dry run what would be. */
export const serverAnswer = z.object({
  dryRun: z.boolean(),
  name: serverName,
  confirmFailover: z.boolean(),
  blockFailover: z.boolean(),
});
export type ServerAnswer = z.infer<typeof serverAnswer>;
