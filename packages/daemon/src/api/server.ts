import {
  apiRoot,
  changeRequest,
  createError,
  createErrorAnswer,
  createKitForm,
  createRequest,
  deleteQuery,
  eventsQuery,
  extendRequest,
  inServiceRequest,
  kitCheckRequest,
  isCodedError,
  languageOfHeader,
  outOfServiceRequest,
  settingsQuery,
  settingsRequest,
  tokenRequest,
  unextendRequest,
} from '@holdfast/contract';
import { hierarchyOfTag } from '@holdfast/engine';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { ApiContext } from './context.ts';
import { checkKit } from './check-kit.ts';
import {
  bringInService,
  changeHierarchy,
  createHierarchy,
  deleteHierarchy,
  extendHierarchy,
  takeOutOfService,
} from './changes.ts';
import { answerEvents, streamEvents } from './events.ts';
import { explainHierarchy } from './explain.ts';
import { FindingsError } from './findings.ts';
import { copyReason, detailHierarchy } from './hierarchy-view.ts';
import { answerSettings, changeSettings } from './settings.ts';
import { answerStatus } from './status.ts';
import { unextendHierarchy } from './unextend.ts';

/** Bytes of a request body: a hierarchy of 64 resources with all their parameters fits many times. */
const mostBodyBytes = 1024 * 1024;

/** The API under `/api/v1` (U-02). It is not listening yet; on the local socket every caller is the administrator. */
export function createApi(context: ApiContext): FastifyInstance {
  const api = Fastify({ bodyLimit: mostBodyBytes, requestTimeout: 120_000, logger: false });
  api.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  api.setNotFoundHandler((request, reply) =>
    answerError(createError('HF-API-002', { method: request.method, path: request.url }), request, reply),
  );
  addViews(api, context);
  addChanges(api, context);
  return api;
}

function addViews(api: FastifyInstance, context: ApiContext): void {
  const { engine } = context;
  api.get(`${apiRoot}/status`, () => answerStatus(context));
  api.get(`${apiRoot}/kits`, () => ({ kits: [...context.kits.values()].map((kit) => createKitForm(kit)) }));
  api.get(`${apiRoot}/hierarchies/:tag`, async (request) => {
    const { snapshot, hierarchy } = await find(context, tagOf(request));
    return detailHierarchy(context, snapshot, hierarchy);
  });
  api.get(`${apiRoot}/explain/:tag`, async (request) => {
    const tag = tagOf(request);
    const { snapshot, hierarchy } = await find(context, tag);
    return explainHierarchy(context, snapshot, hierarchy, tag);
  });
  api.get(`${apiRoot}/operations/:id`, async (request) => {
    const { id } = parse(z.object({ id: z.string().max(100) }), request.params);
    const operation = (await engine.refresh()).view.operations[id];
    if (!operation) throw createError('HF-HIER-012', { operation: id });
    const { target, reason } = operation;
    return { ...operation, target: target ?? null, reason: reason ? copyReason(reason) : null };
  });
  api.get(`${apiRoot}/events`, async (request, reply) => {
    const query = parse(eventsQuery, request.query);
    return query.follow ? streamEvents(context, query, request, reply) : answerEvents(context, query);
  });
  api.get(`${apiRoot}/settings`, (request) =>
    answerSettings(context, parse(settingsQuery, request.query).tag),
  );
}

function addChanges(api: FastifyInstance, context: ApiContext): void {
  const by = 'administrator';
  const hierarchies = `${apiRoot}/hierarchies`;
  api.post(`${apiRoot}/kits/:kit/check`, (request) => {
    const { kit } = parse(z.object({ kit: z.string().max(100) }), request.params);
    const language = languageOfHeader(request.headers['accept-language']);
    return checkKit(context, kit, parse(kitCheckRequest, request.body ?? {}), language);
  });
  api.post(hierarchies, (request) => createHierarchy(context, parse(createRequest, request.body), by));
  api.post(`${hierarchies}/:tag/extend`, (request) =>
    extendHierarchy(context, tagOf(request), parse(extendRequest, request.body), by),
  );
  api.post(`${hierarchies}/:tag/unextend`, (request) =>
    unextendHierarchy(context, tagOf(request), parse(unextendRequest, request.body), by),
  );
  api.post(`${hierarchies}/:tag/in-service`, async (request, reply) => {
    const answer = await bringInService(
      context,
      tagOf(request),
      parse(inServiceRequest, request.body ?? {}),
      by,
    );
    return reply.code(answer.operation?.state === 'running' ? 202 : 200).send(answer);
  });
  api.post(`${hierarchies}/:tag/out-of-service`, async (request, reply) => {
    const asked = parse(outOfServiceRequest, request.body ?? {});
    const answer = await takeOutOfService(context, tagOf(request), asked, by);
    return reply.code(answer.operation?.state === 'running' ? 202 : 200).send(answer);
  });
  api.patch(`${hierarchies}/:tag`, (request) =>
    changeHierarchy(context, tagOf(request), parse(changeRequest, request.body), by),
  );
  api.delete(`${hierarchies}/:tag`, (request) =>
    deleteHierarchy(context, tagOf(request), parse(deleteQuery, request.query), by),
  );
  api.patch(`${apiRoot}/settings`, (request) =>
    changeSettings(context, parse(settingsRequest, request.body)),
  );
  api.post(`${apiRoot}/tokens`, (request) => {
    const { validForMs } = parse(tokenRequest, request.body ?? {});
    return context.createToken(validForMs);
  });
}

async function find(context: ApiContext, tag: string) {
  const snapshot = await context.engine.refresh();
  const hierarchy = hierarchyOfTag(snapshot.view, tag);
  if (!hierarchy) throw createError('HF-HIER-001', { tag });
  return { snapshot, hierarchy };
}

function tagOf(request: FastifyRequest): string {
  return parse(z.object({ tag: z.string().max(256) }), request.params).tag;
}

/** Parses what came in by its schema. Rejects with HF-API-001, which names the field. */
function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw createError('HF-API-001', { problem: `${field === '' ? '' : `${field}: `}${issue?.message ?? ''}` });
}

/** Every error leaves as its code, message, facts and remedy, in the caller's language. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const language = languageOfHeader(request.headers['accept-language']);
  if (error instanceof FindingsError) {
    const findings = error.findings.map((one) => ({ ...one, reason: copyReason(one.reason) }));
    const { status, body } = createErrorAnswer(error.error, language, findings);
    return reply.code(status).send(body);
  }
  const { status, body } = createErrorAnswer(codedError(error), language);
  return reply.code(status).send(body);
}

function codedError(error: unknown): Parameters<typeof createErrorAnswer>[0] {
  if (isCodedError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  const refused =
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500;
  return createError(refused ? 'HF-API-001' : 'HF-API-003', { problem: message }, { cause: error });
}
