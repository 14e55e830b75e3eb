import { z } from 'zod';
import { errorBody } from './api.ts';
import { apiRoot } from './api/common.ts';
import { apiRoutes, openRoutes, roleNeeded, type ApiRoute } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

/** The API as OpenAPI 3.1, made from the schemas that requests and answers are checked by (U-02). */
export function describeApi(version: string): Json {
  const schemas = new Map<string, Json>();
  const routes = [
    ...Object.entries(apiRoutes).map(([name, route]) => ({ name, route, path: `${apiRoot}${route.path}` })),
    ...Object.entries(openRoutes).map(([name, route]) => ({ name, route, path: route.path })),
  ];
  const paths: Record<string, Record<string, Json>> = {};
  for (const { name, route, path } of routes) {
    const address = path.replaceAll(/:([a-zA-Z]+)/g, '{$1}');
    paths[address] = {
      ...paths[address],
      [route.method.toLowerCase()]: describeRoute(name, route, address, schemas),
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Holdfast', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      schemas: Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: { secret: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function describeRoute(name: string, route: ApiRoute, address: string, schemas: Map<string, Json>): Json {
  const needed = roleNeeded(route);
  const inPath = [...address.matchAll(/\{([a-zA-Z]+)\}/g)].map(([, parameter]) => ({
    name: parameter,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query ? describeSchema(route.query, 'input', new Map()) : {};
  const required = (query['required'] ?? []) as readonly string[];
  const inQuery = Object.entries((query['properties'] ?? {}) as Json).map(([parameter, schema]) => ({
    name: parameter,
    in: 'query',
    required: required.includes(parameter),
    schema,
  }));
  const json = (schema: Json, type = 'application/json'): Json => ({ content: { [type]: { schema } } });
  const answerType = route.lines ? 'application/x-ndjson' : 'application/json';
  return {
    operationId: name,
    summary: route.about,
    'x-role': needed,
    security: needed === 'anyone' ? [] : [{ secret: [] }],
    ...(inPath.length + inQuery.length > 0 && { parameters: [...inPath, ...inQuery] }),
    ...(route.request && {
      requestBody: { required: true, ...json(describeSchema(route.request, 'input', schemas)) },
    }),
    responses: {
      '2XX': {
        description: route.lines ? 'lines, each of this schema' : 'done, or going on',
        ...json(describeSchema(route.answer, 'output', schemas), answerType),
      },
      default: { description: 'refused or failed', ...json(describeSchema(errorBody, 'output', schemas)) },
    },
  };
}

/** A schema as JSON Schema 2020-12; those with a name of their own are kept apart and referred to. */
function describeSchema(schema: z.ZodType, io: 'input' | 'output', schemas: Map<string, Json>): Json {
  const {
    $defs = {},
    $schema: _,
    ...own
  } = moveReferences(z.toJSONSchema(schema, { io, unrepresentable: 'any' })) as {
    readonly $defs?: Readonly<Record<string, Json>>;
  } & Json;
  for (const [name, definition] of Object.entries($defs)) schemas.set(name, withoutName(definition));
  const { id } = schema.meta() ?? {};
  if (id === undefined) return withoutName(own);
  if (own['$ref'] === undefined) schemas.set(id, withoutName(own));
  return { $ref: `#/components/schemas/${id}` };
}

function moveReferences(json: unknown): unknown {
  return JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'));
}

function withoutName(schema: Json): Json {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== 'id'));
}
