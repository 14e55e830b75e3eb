import {
  apiRoot,
  apiRoutes,
  covers,
  createError,
  roleNeeded,
  type ApiRoute,
  type ApiRouteName,
} from '@holdfast/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AccessDeps } from './accounts.ts';
import { findCaller, type Caller } from './admissions.ts';
import { describeAsked, type AuditLog } from './audit.ts';

export const cookieName = 'holdfast_session';
/** A page of somebody else cannot send it: with the cookie alone nothing is changed. */
const sameSiteHeader = 'x-requested-by';

export interface Gate {
  /** `local`: the local socket, where everybody is the administrator; `port`: whoever can reach the server. */
  readonly entrance: 'local' | 'port';
  readonly server: string;
  readonly access: AccessDeps;
  readonly audit: AuditLog;
}

const callers = new WeakMap<FastifyRequest, Caller>();
const failures = new WeakMap<FastifyRequest, string>();
const routeNames = new Map<string, ApiRouteName>(
  (Object.keys(apiRoutes) as ApiRouteName[]).map((name) => {
    const { method, path } = apiRoutes[name];
    return [`${method} ${apiRoot}${path}`, name];
  }),
);

/** Who asks. Every route but signing in has a caller. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw createError('HF-AUTH-001', {});
  return caller;
}

/** The error code of a refused request, for its audit record. */
export function noteFailure(request: FastifyRequest, code: string): void {
  failures.set(request, code);
}

/** The secret that a request shows, and whether a browser sends it by itself. */
export function shownSecret(
  request: FastifyRequest,
): { readonly secret: string; readonly cookie: boolean } | undefined {
  const bearer = /^Bearer (hf_[\w-]{20,100})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return { secret: bearer, cookie: false };
  const cookie = new RegExp(`(?:^|; ?)${cookieName}=(hf_[\\w-]{20,100})`).exec(
    request.headers.cookie ?? '',
  )?.[1];
  return cookie === undefined ? undefined : { secret: cookie, cookie: true };
}

/**
 * Puts a gate before every route: it finds out who asks, refuses what the role does not cover (S-02), and keeps an audit
 * record of everything but looking (S-03). A route that the contract does not know is closed.
 */
export function addGate(api: FastifyInstance, gate: Gate): void {
  api.addHook('onRequest', async (request) => {
    const { route } = routeOf(request);
    if (!route || request.is404) return;
    const needed = roleNeeded(route);
    if (needed === 'anyone') return;
    const caller = await identify(request, gate);
    callers.set(request, caller);
    if (!covers(caller.role, needed))
      throw createError('HF-AUTH-003', { who: caller.name, held: caller.role, needed });
  });
  api.addHook('onResponse', async (request, reply) => {
    const { name, route } = routeOf(request);
    if (!route || !name || (route.method === 'GET' && reply.statusCode < 400)) return;
    if (reply.statusCode === 401 && route.method === 'GET') return;
    await gate.audit.add({
      at: gate.access.wallTime(),
      server: gate.server,
      who: callers.get(request)?.name ?? accountOf(request.body),
      from: gate.entrance === 'local' ? 'local' : request.ip,
      what: `${route.method} ${request.url.slice(apiRoot.length).split('?')[0] ?? ''}`,
      asked: describeAsked(request.body),
      status: reply.statusCode,
      error: failures.get(request) ?? null,
    });
  });
}

function routeOf(request: FastifyRequest): { readonly name?: ApiRouteName; readonly route?: ApiRoute } {
  const name = routeNames.get(`${request.method} ${request.routeOptions.url ?? ''}`);
  return name === undefined ? {} : { name, route: apiRoutes[name] };
}

async function identify(request: FastifyRequest, gate: Gate): Promise<Caller> {
  if (gate.entrance === 'local')
    return { name: 'root', role: 'administrator', by: 'local', from: 'local', expiresAt: undefined };
  const shown = shownSecret(request);
  if (!shown) throw createError('HF-AUTH-001', {});
  if (shown.cookie && request.method !== 'GET' && request.headers[sameSiteHeader] === undefined)
    throw createError('HF-AUTH-001', {});
  const caller = await findCaller(gate.access, shown.secret, request.ip);
  if (!caller) throw createError('HF-AUTH-001', {});
  return caller;
}

/** Of a failed attempt to sign in: the account that was named. */
function accountOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('account' in body)) return '';
  return typeof body.account === 'string' ? body.account.slice(0, 32) : '';
}
