import Fastify, { type FastifyInstance } from 'fastify';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isConsolePage, serveConsole } from './serve.ts';

let directory: string;
let api: FastifyInstance;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'holdfast-console-'));
  api = Fastify();
});
afterEach(async () => {
  await api.close();
  rmSync(directory, { recursive: true, force: true });
});

test('U-03 a console that has not been built is not served', async () => {
  expect(await serveConsole(api, directory)).toBe(false);
});

test('U-03 pages are asked for again each time, and may load nothing from another host; assets are kept', async () => {
  mkdirSync(path.join(directory, 'assets'));
  writeFileSync(path.join(directory, 'index.html'), '<!doctype html>');
  writeFileSync(path.join(directory, 'assets', 'index-abc.js'), 'void 0');
  expect(await serveConsole(api, directory)).toBe(true);
  const page = await api.inject('/');
  expect(page.body).toBe('<!doctype html>');
  expect(page.headers['cache-control']).toBe('no-cache');
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'self';.*frame-ancestors 'none'$/);
  const asset = await api.inject('/assets/index-abc.js');
  expect(asset.headers['cache-control']).toMatch(/immutable/);
  expect((await api.inject('/assets/../../etc/passwd')).statusCode).toBe(404);
  expect((await api.inject('/assets/%2e%2e/%2e%2e/etc/passwd')).statusCode).toBe(404);
});

test.each([
  ['GET', '/', true],
  ['GET', '/hierarchies/pgsql-5432', true],
  ['GET', '/api/v1/nothing', false],
  ['GET', '/assets/gone.js', false],
  ['GET', '/health/nothing', false],
  ['POST', '/', false],
])('U-03 %s %s is a page of the console: %s', (method, url, expected) => {
  expect(isConsolePage({ method, url })).toBe(expected);
});
