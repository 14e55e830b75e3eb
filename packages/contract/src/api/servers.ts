import { z } from 'zod';
import { shutdownStrategy } from '../records.ts';
import { serverName } from '../server-file.ts';
import { tagName } from '../records.ts';
import { dryRun, findingBody } from './common.ts';

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

/** DELETE /servers/:server?force=true&dryRun=true (C-01) */
export const serverRemovalQuery = z.strictObject({
  /**
   * Of the server that leaves: also takes from it what is extended to it. Of another: also takes out one that is alive and
   * owns nothing.
   */
  force: z.stringbool().default(false),
  dryRun: z.stringbool().default(false),
});

/** What was done, or would be, in its order; of a server that leaves, the end of its daemon follows the answer. */
export const serverRemovalAnswer = z.object({
  dryRun: z.boolean(),
  server: serverName,
  findings: z.array(findingBody),
  plan: z.array(
    z.object({
      act: z.enum(['unextend', 'let-go', 'give-up-vote', 'forget', 'end']),
      server: serverName,
      tag: tagName.nullable(),
    }),
  ),
});
export type ServerRemovalAnswer = z.infer<typeof serverRemovalAnswer>;
