import {
  apiRoot,
  apiRoutes,
  covers,
  createError,
  roleNeeded,
  openRoutes,
  type ApiRoute,
} from '@holdfast/contract';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { consoleRoute } from '../console/serve.ts';
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
const ownRecords = new WeakSet<FastifyRequest>();
const routes = new Map<string, ApiRoute>([
  ...Object.values(apiRoutes).map((route): [string, ApiRoute] => [
    `${route.method} ${apiRoot}${route.path}`,
    route,
  ]),
  ...Object.values(openRoutes).map((route): [string, ApiRoute] => [`${route.method} ${route.path}`, route]),
]);

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

/** Whoever answers this request keeps its audit records, because its answer goes on for long. */
export function keepOwnRecord(request: FastifyRequest): void {
  ownRecords.add(request);
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
    if (request.is404 || request.routeOptions.url === consoleRoute) return;
    const route = routeOf(request);
    const needed = route ? roleNeeded(route) : 'administrator';
    if (needed === 'anyone') return;
    const caller = await identify(request, gate);
    callers.set(request, caller);
    if (!covers(caller.role, needed))
      throw createError('HF-AUTH-003', { who: caller.name, held: caller.role, needed });
  });
  api.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    if (!route || ownRecords.has(request) || isLooking(route, reply.statusCode)) return;
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

function routeOf(request: FastifyRequest): ApiRoute | undefined {
  return routes.get(`${request.method} ${request.routeOptions.url ?? ''}`);
}

/** Only looking leaves no record, but for the attempt to see what the role does not cover. */
function isLooking({ method }: ApiRoute, status: number): boolean {
  return method === 'GET' && status !== 403;
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
