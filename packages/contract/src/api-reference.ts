import { z } from 'zod';
import { apiRoot, errorBody } from './api.ts';
import { madeFrom } from './error-reference.ts';
import { apiRoutes, roleNeeded, type ApiRoute } from './routes.ts';

/** What of a JSON schema the schemas of the API use. */
interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
}

/** The page `docs/reference/api.md`: every address with the form of its request and its answer. */
export function renderApiReference(): string {
  const types = new Map<string, JsonSchema>();
  const error = renderSchema(errorBody, 'output', types);
  const routes: readonly ApiRoute[] = Object.values(apiRoutes);
  const sections = routes.map((route) => renderRoute(route, types));
  const named = [...types].sort(([a], [b]) => (a < b ? -1 : 1));
  const page = [
    madeFrom,
    '# API',
    `The daemon answers below \`${apiRoot}\`, on its local socket, where root is the administrator, and by HTTPS on its port, ` +
      "where `Authorization: Bearer …` carries the secret of a session (`POST /login`) or of an API token; a browser's cookie " +
      'changes something only together with the header `X-Requested-By`. `holdfast … -o json` prints the answers as they are. ' +
      'Requests with unknown fields are refused; answers may grow fields, so a reader passes over what it does not ' +
      'know. `:tag` is any tag of a hierarchy. `?` marks a field that may be left out, `=` what it is then. ' +
      'Times are ISO 8601 in UTC.',
    `Every answer that is not 2xx is an ${error}.`,
    ...sections,
    '## Types',
    ...named.map(([name, schema]) => `### ${name}\n\n${block(renderType(schema, 0))}`),
  ];
  return `${page.join('\n\n')}\n`;
}

function renderRoute(route: ApiRoute, types: Map<string, JsonSchema>): string {
  const needed = roleNeeded(route);
  const who =
    needed === 'anyone'
      ? 'anyone, without signing in'
      : `${needed}${needed === 'administrator' ? '' : ' and above'}`;
  const parts = [`## ${route.method} ${route.path}`, route.about, `For: ${who}.`];
  if (route.query) parts.push(`Query: ${renderSchema(route.query, 'input', types)}`);
  if (route.request) parts.push(`Request: ${renderSchema(route.request, 'input', types)}`);
  parts.push(
    `${route.lines ? 'Each line of the answer' : 'Answer'}: ${renderSchema(route.answer, 'output', types)}`,
  );
  return parts.join('\n\n');
}

/** A schema with a name of its own shows as that name, and is kept for the list of types. */
function renderSchema(schema: z.ZodType, io: 'input' | 'output', types: Map<string, JsonSchema>): string {
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as JsonSchema;
  for (const [name, type] of Object.entries(json.$defs ?? {})) types.set(name, type);
  const { id } = schema.meta() ?? {};
  if (id === undefined) return `\n\n${block(renderType(json, 0))}`;
  if (json.$ref === undefined) types.set(id, json);
  return `\`${id}\``;
}

function block(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

function renderType(schema: JsonSchema, depth: number): string {
  if (schema.$ref !== undefined) return schema.$ref.replace('#/$defs/', '');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return either.map((one) => renderType(one, depth)).join(' | ');
  if (schema.items) {
    const item = renderType(schema.items, depth);
    return schema.items.anyOf || schema.items.enum ? `(${item})[]` : `${item}[]`;
  }
  if (schema.properties) return renderObject(schema, depth);
  if (typeof schema.additionalProperties === 'object')
    return `Record<string, ${renderType(schema.additionalProperties, depth)}>`;
  const { type } = schema;
  if (Array.isArray(type)) return type.join(' | ');
  return typeof type === 'string' ? type : 'unknown';
}

function renderObject(schema: JsonSchema, depth: number): string {
  const indent = '  '.repeat(depth + 1);
  const lines = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const optional = schema.required?.includes(name) ? '' : '?';
    const otherwise = property.default === undefined ? '' : ` = ${JSON.stringify(property.default)}`;
    return `${indent}${name}${optional}: ${renderType(property, depth + 1)}${otherwise};${renderNote(property)}`;
  });
  return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
}

/** Limits that a reader needs; those of whole numbers as such say nothing. */
function renderNote({ minimum, maximum, format }: JsonSchema): string {
  const limits = [
    ...(minimum !== undefined && Number.isSafeInteger(minimum - 1) ? [`from ${minimum}`] : []),
    ...(maximum !== undefined && Number.isSafeInteger(maximum + 1) ? [`to ${maximum}`] : []),
    ...(format === undefined ? [] : [format]),
  ];
  return limits.length > 0 ? ` // ${limits.join(' ')}` : '';
}
