import { z } from 'zod';
import { shutdownStrategy } from '../records.ts';
import { serverName } from '../server-file.ts';
import { dryRun } from './common.ts';

/** PATCH /servers/:server: only what is named changes (R-07, C-07). */
export const serverRequest = z.strictObject({
  /** When this server dies, what ran here is taken over only once an operator has confirmed it. */
  confirmFailover: z.boolean().optional(),
  /** What fails here stays here, and nothing comes here by itself; an operator may still move it. */
  blockFailover: z.boolean().optional(),
  /** What becomes of what runs here when this server is shut down in order: it goes to the next one, or waits for the return (C-07). */
  shutdownStrategy: shutdownStrategy.optional(),
  dryRun,
});
export type ServerRequest = z.input<typeof serverRequest>;

/** What is set for a server now; of a dry run what would be. */
export const serverAnswer = z.object({
  dryRun: z.boolean(),
  name: serverName,
  confirmFailover: z.boolean(),
  blockFailover: z.boolean(),
  shutdownStrategy,
});
export type ServerAnswer = z.infer<typeof serverAnswer>;
