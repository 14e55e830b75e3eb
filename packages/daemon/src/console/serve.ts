import fastifyStatic from '@fastify/static';
import { apiRoot } from '@holdfast/contract';
import type { FastifyInstance } from 'fastify';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where the build puts the console's files. */
export const consoleFiles = path.resolve(import.meta.dirname, '../../../console/dist');

/** The one route of the files; it is open to everybody, because they hold nothing that the source does not. */
export const consoleRoute = '/*';

/**
 * Only this server is asked, for scripts too; no other page may frame the console. React and PatternFly write the style of
 * single elements.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const yearMs = 365 * 86_400_000;

/**
 * Serves the console (U-03) from `directory`. Names of files under `assets/` change with what is in them, so browsers keep
 * them; everything that is no file and no address of the API is a page of the console, whose script finds out which.
 * Answers whether there is a console: without one the daemon has its API only.
 */
export async function serveConsole(api: FastifyInstance, directory = consoleFiles): Promise<boolean> {
  if (!existsSync(path.join(directory, 'index.html'))) return false;
  await api.register(fastifyStatic, {
    root: directory,
    wildcard: true,
    index: ['index.html'],
    cacheControl: false,
    setHeaders: (reply, file) => {
      const kept = file.startsWith(path.join(directory, 'assets'));
      reply.header('cache-control', kept ? `public, max-age=${yearMs / 1000}, immutable` : 'no-cache');
      reply.header('content-security-policy', contentSecurityPolicy);
      reply.header('x-content-type-options', 'nosniff');
      reply.header('referrer-policy', 'no-referrer');
    },
  });
  return true;
}

/** Says whether a request that no route answers is for a page of the console. */
export function isConsolePage(request: { readonly method: string; readonly url: string }): boolean {
  const beside = [apiRoot, '/health', '/metrics', '/assets/', '/cluster/'];
  return request.method === 'GET' && !beside.some((address) => request.url.startsWith(address));
}
