import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeApi } from './openapi.ts';
import { apiRoutes, openRoutes } from './routes.ts';
import { createRequest, deleteQuery, eventsQuery, extendRequest, statusAnswer, tokenRequest } from './api.ts';
import { createKitForm } from './form.ts';
import { routePath } from './routes.ts';

test('U-02 a request with an unknown field is refused', () => {
  const resources = [{ kit: 'postgresql' }];
  expect(createRequest.safeParse({ resources }).success).toBe(true);
  expect(createRequest.safeParse({ resources, dryrun: true }).success).toBe(false);
  expect(createRequest.safeParse({ resources: [{ kit: 'postgresql', params: {} }] }).success).toBe(false);
  expect(createRequest.safeParse({ resources: [] }).success).toBe(false);
});

test('H-01 what a request leaves out has its default', () => {
  expect(createRequest.parse({ resources: [{ kit: 'volume' }] })).toEqual({
    resources: [{ kit: 'volume', parameters: {}, children: [] }],
    priority: 1,
    fix: false,
    wait: true,
    dryRun: false,
  });
  expect(extendRequest.parse({ server: 'server2' })).toEqual({
    server: 'server2',
    parameters: {},
    passwords: {},
    wait: true,
    dryRun: false,
  });
  expect(tokenRequest.parse({})).toEqual({ validForMs: 3_600_000 });
});

test('S-04 names that do not fit keys and paths are refused', () => {
  for (const server of ['', 'Server1', '../x', 'a b', 'a'.repeat(64), '-a'])
    expect(extendRequest.safeParse({ server }).success, server).toBe(false);
  for (const tag of ['', 'a b', '../x', 'a/b', 'ä', 'a'.repeat(257)])
    expect(createRequest.safeParse({ resources: [{ kit: 'volume', tag }] }).success, tag).toBe(false);
});

test('K-11 priorities go from 1 to 999', () => {
  for (const priority of [0, 1000, 1.5, '1'])
    expect(extendRequest.safeParse({ server: 'server2', priority }).success).toBe(false);
});

test('U-02 query strings are parsed to what they mean', () => {
  expect(deleteQuery.parse({ force: 'true' })).toEqual({ force: true, dryRun: false });
  expect(eventsQuery.parse({ limit: '7', follow: 'false' })).toEqual({ limit: 7, follow: false });
  expect(eventsQuery.safeParse({ limit: '0' }).success).toBe(false);
});

test('U-02 an answer of a newer daemon is still read', () => {
  const status = {
    cluster: 'office',
    answeredBy: 'server1',
    at: '2026-01-02T03:04:05.678Z',
    profile: 'safe',
    maintenance: false,
    store: { state: 'available', reason: null },
    servers: [],
    hierarchies: [],
    news: true,
  };
  expect(statusAnswer.parse(status)).not.toHaveProperty('news');
});

test('U-02 a tag stands in an address as one part', () => {
  expect(routePath('extend', 'a b/../c')).toBe('/api/v1/hierarchies/a%20b%2F..%2Fc/extend');
  expect(routePath('status')).toBe('/api/v1/status');
});

const texts = { label: { en: 'l', ja: 'l' }, help: { en: 'h', ja: 'h' } };

test('X-06 the schema of a kit makes its form', () => {
  const form = createKitForm({
    name: 'demo',
    schema: z.strictObject({
      path: z.string().regex(/^\//),
      port: z.int().min(1),
      kind: z.enum(['device', 'directory']).default('device'),
      announce: z.boolean().optional(),
      options: z.array(z.string()).default([]),
      weight: z.number().nullable(),
      internal: z.string(),
    }),
    fields: { path: texts, port: texts, kind: texts, announce: texts, options: texts, weight: texts },
    perServer: ['port'],
    tunables: [
      { name: 'DEMO_RETRIES', default: 3, minimum: 2, unit: texts.label, effect: texts.label, ...texts },
    ],
  });
  expect(form.tunables).toMatchObject([{ name: 'DEMO_RETRIES', default: 3, minimum: 2 }]);
  const short = form.fields.map(({ name, type, required, perServer }) => ({
    name,
    type,
    required,
    perServer,
  }));
  expect(short).toEqual([
    { name: 'path', type: 'text', required: true, perServer: false },
    { name: 'port', type: 'integer', required: true, perServer: true },
    { name: 'kind', type: 'choice', required: false, perServer: false },
    { name: 'announce', type: 'boolean', required: false, perServer: false },
    { name: 'options', type: 'list', required: false, perServer: false },
    { name: 'weight', type: 'number', required: true, perServer: false },
  ]);
  expect(form.standsBeneath).toBe(false);
  expect(form.fields[2]).toMatchObject({ choices: ['device', 'directory'], default: 'device' });
});

test('X-06 a schema of several variants makes one form with the fields of all', () => {
  const form = createKitForm({
    name: 'demo',
    schema: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('device'), path: z.string(), device: z.string() }),
      z.strictObject({ kind: z.literal('directory'), path: z.string() }),
    ]),
    fields: { path: texts, kind: texts, device: texts },
    perServer: [],
  });
  expect(form.fields).toMatchObject([
    { name: 'path', type: 'text', required: true },
    { name: 'kind', type: 'choice', choices: ['device', 'directory'], required: true },
    { name: 'device', type: 'text', required: false },
  ]);
});

test('U-02 the OpenAPI description has every route, and each of its references leads somewhere', () => {
  const description = describeApi('1.0.0');
  const text = JSON.stringify(description);
  const { paths, components } = description as unknown as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
  };
  const operations = Object.values(paths).flatMap((path) => Object.keys(path));
  expect(operations).toHaveLength(Object.keys(apiRoutes).length + Object.keys(openRoutes).length);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  expect(references.length).toBeGreaterThan(20);
  expect(references.filter((name) => name === undefined || !(name in components.schemas))).toEqual([]);
});
