import { z } from 'zod';
import { accountName } from '../records.ts';
import { role } from '../roles.ts';
import { serverName } from '../server-file.ts';
import { wallTime } from './common.ts';

/** K-04, S-02: at least ten characters; a passphrase may be long. */
export const password = z.string().min(10).max(200);

/** GET /health and GET /health/in-service/:tag */
export const healthAnswer = z.object({ server: serverName, healthy: z.boolean() });
export type HealthAnswer = z.infer<typeof healthAnswer>;

/** POST /login */
export const loginRequest = z.strictObject({ account: accountName, password: z.string().max(200) });
export type LoginRequest = z.input<typeof loginRequest>;
/** `secret` goes with every further request: `Authorization: Bearer …`. A browser gets it as a cookie as well. */
export const loginAnswer = z.object({ account: accountName, role, secret: z.string(), expiresAt: wallTime });
export type LoginAnswer = z.infer<typeof loginAnswer>;

/** GET /me: who asks, and what they may do. */
export const callerAnswer = z.object({
  name: z.string(),
  role,
  /** `local`: over the local socket, as root. */
  by: z.enum(['local', 'session', 'token']),
  expiresAt: wallTime.nullable(),
});
export type CallerAnswer = z.infer<typeof callerAnswer>;

export const accountBody = z.object({ name: accountName, role, createdAt: wallTime }).meta({ id: 'Account' });
export type AccountBody = z.infer<typeof accountBody>;
export const accountsAnswer = z.object({ accounts: z.array(accountBody) });
/** POST /accounts */
export const createAccountRequest = z.strictObject({ name: accountName, role, password });
/** PATCH /accounts/:name. A new password ends the account's sessions and tokens. */
export const changeAccountRequest = z.strictObject({ role: role.optional(), password: password.optional() });
/** PATCH /me: whoever changes the own password proves the old one. */
export const changePasswordRequest = z.strictObject({ old: z.string().max(200), password });

export const apiTokenBody = z
  .object({
    id: z.string(),
    account: accountName,
    role,
    note: z.string(),
    createdAt: wallTime,
    expiresAt: wallTime,
  })
  .meta({ id: 'ApiToken' });
export type ApiTokenBody = z.infer<typeof apiTokenBody>;
export const apiTokensAnswer = z.object({ tokens: z.array(apiTokenBody) });
/** POST /api-tokens: for a program; never more than its account may do. */
export const createApiTokenRequest = z.strictObject({
  /** The caller's own when left out. */
  account: accountName.optional(),
  role: role.default('guest'),
  note: z.string().max(200).default(''),
  validForMs: z
    .int()
    .min(60_000)
    .max(366 * 86_400_000)
    .default(90 * 86_400_000),
});
/** The secret is shown once and never kept. */
export const createApiTokenAnswer = apiTokenBody.extend({ secret: z.string() });

export const doneAnswer = z.object({ done: z.literal(true) });

export const auditBody = z
  .object({
    id: z.string(),
    at: wallTime,
    server: serverName,
    /** Account, or `root` over the local socket. */
    who: z.string(),
    /** Address, or `local`. */
    from: z.string(),
    what: z.string(),
    /** What was asked, without secrets. */
    asked: z.string(),
    status: z.int(),
    /** Error code; `null` when it was done. */
    error: z.string().nullable(),
  })
  .meta({ id: 'AuditRecord' });
export type AuditBody = z.infer<typeof auditBody>;
/** GET /audit: the last `limit` records after `since`, oldest first (S-03). */
export const auditQuery = z.strictObject({
  since: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  search: z.string().max(200).optional(),
});
export const auditAnswer = z.object({ records: z.array(auditBody) });
export type AuditAnswer = z.infer<typeof auditAnswer>;
