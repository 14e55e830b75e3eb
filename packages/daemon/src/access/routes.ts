import {
  apiRoot,
  auditQuery,
  changeAccountRequest,
  changePasswordRequest,
  createAccountRequest,
  createApiTokenRequest,
  createError,
  loginRequest,
  type AuditAnswer,
  type CallerAnswer,
  type LoginAnswer,
} from '@holdfast/contract';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parseInput } from '../api/parse-input.ts';
import { changeAccount, createAccount, deleteAccount, findAccount, listAccounts } from './accounts.ts';
import {
  closeSession,
  createApiToken,
  deleteApiToken,
  listApiTokens,
  openSession,
  sessionMs,
  toTokenBody,
  type Caller,
} from './admissions.ts';
import { callerOf, cookieName, shownSecret, type Gate } from './gate.ts';
import { createLoginLimit } from './login-limit.ts';
import { isPassword } from './password.ts';

const done = { done: true } as const;
const cookieScope = 'HttpOnly; Secure; SameSite=Strict; Path=/';

/** Signing in and out, accounts, API tokens and the audit records (S-02, S-03). */
export function addAccessRoutes(api: FastifyInstance, gate: Gate): void {
  addSessionRoutes(api, gate);
  addAccountRoutes(api, gate);
  addTokenRoutes(api, gate);
  api.get(`${apiRoot}/audit`, async (request): Promise<AuditAnswer> => {
    const { since, limit, search } = parseInput(auditQuery, request.query);
    return { records: [...(await gate.audit.read({ since, limit, search }))] };
  });
}

function addSessionRoutes(api: FastifyInstance, { access }: Gate): void {
  const limit = createLoginLimit(() => performance.now());
  api.post(`${apiRoot}/login`, async (request, reply): Promise<LoginAnswer> => {
    const { account, password } = parseInput(loginRequest, request.body);
    const attempt = { account, address: request.ip };
    limit.begin(attempt);
    const { secret, record } = await openSession(access, { account, password });
    limit.succeed(attempt);
    reply.header('set-cookie', `${cookieName}=${secret}; Max-Age=${sessionMs / 1000}; ${cookieScope}`);
    return { account, role: record.role, secret, expiresAt: record.expiresAt };
  });
  api.post(`${apiRoot}/logout`, async (request, reply) => {
    const shown = shownSecret(request);
    if (shown && callerOf(request).by === 'session') await closeSession(access, shown.secret);
    reply.header('set-cookie', `${cookieName}=; Max-Age=0; ${cookieScope}`);
    return done;
  });
  api.get(`${apiRoot}/me`, (request): CallerAnswer => {
    const { name, role, by, expiresAt } = callerOf(request);
    return { name, role, by, expiresAt: expiresAt ?? null };
  });
  api.patch(`${apiRoot}/me`, async (request) => {
    const { old, password } = parseInput(changePasswordRequest, request.body);
    const { name: account } = callerOf(request);
    const attempt = { account, address: request.ip };
    limit.begin(attempt);
    const found = await findAccount(access, account);
    if (!found || !(await isPassword(old, found.record.passwordHash))) throw createError('HF-AUTH-002', {});
    limit.succeed(attempt);
    await changeAccount(access, account, { password });
    return done;
  });
}

function addAccountRoutes(api: FastifyInstance, { access }: Gate): void {
  const accounts = `${apiRoot}/accounts`;
  api.get(accounts, async () => ({ accounts: await listAccounts(access) }));
  api.post(accounts, (request) => createAccount(access, parseInput(createAccountRequest, request.body)));
  api.patch(`${accounts}/:name`, (request) =>
    changeAccount(access, nameOf(request.params), parseInput(changeAccountRequest, request.body)),
  );
  api.delete(`${accounts}/:name`, async (request) => {
    await deleteAccount(access, nameOf(request.params));
    return done;
  });
}

function addTokenRoutes(api: FastifyInstance, { access }: Gate): void {
  const tokens = `${apiRoot}/api-tokens`;
  api.get(tokens, async (request) => ({ tokens: await listApiTokens(access, ownOnly(callerOf(request))) }));
  api.post(tokens, async (request) => {
    const { account, role, note, validForMs } = parseInput(createApiTokenRequest, request.body ?? {});
    const caller = callerOf(request);
    const own = ownOnly(caller);
    const holder = own ?? account ?? caller.name;
    const { secret, record } = await createApiToken(access, { account: holder, role, note, validForMs });
    return { ...toTokenBody(record), secret };
  });
  api.delete(`${tokens}/:id`, async (request) => {
    const { id } = parseInput(z.object({ id: z.string().max(100) }), request.params);
    await deleteApiToken(access, id, ownOnly(callerOf(request)));
    return done;
  });
}

/** An administrator sees and makes everybody's; the others their own. */
function ownOnly({ name, role }: Caller): string | undefined {
  return role === 'administrator' ? undefined : name;
}

function nameOf(params: unknown): string {
  return parseInput(z.object({ name: z.string().max(32) }), params).name;
}
