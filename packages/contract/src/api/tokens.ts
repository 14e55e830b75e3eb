import { z } from 'zod';
import { serverName } from '../server-file.ts';
import { wallTime } from './common.ts';

/** POST /tokens: a join token for one server. The secret in it is never kept (S-01). */
export const tokenRequest = z.strictObject({
  validForMs: z.int().min(60_000).max(86_400_000).default(3_600_000),
  /** A dead server: whoever joins with the token takes its place, under its name (C-01). */
  replaces: serverName.optional(),
});
export type TokenRequest = z.input<typeof tokenRequest>;
export const tokenAnswer = z.object({ token: z.string(), expiresAt: wallTime });
export type TokenAnswer = z.infer<typeof tokenAnswer>;
