import {
  apiRoot,
  changePathRequest,
  configurationRequest,
  changeRequest,
  createError,
  createKitForm,
  describeApi,
  createPathRequest,
  createRequest,
  deletePathQuery,
  deleteQuery,
  dependencyQuery,
  dependencyRequest,
  doctorQuery,
  eventsQuery,
  extendRequest,
  inServiceRequest,
  kitCheckRequest,
  isCodedError,
  languageOfHeader,
  outOfServiceRequest,
  renewCertificateRequest,
  reportsQuery,
  settingsQuery,
  serverName,
  serverRemovalQuery,
  serverRequest,
  settingsRequest,
  tokenRequest,
  unextendRequest,
  type Language,
} from '@holdfast/contract';
import { hierarchyOfTag } from '@holdfast/engine';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { addAccessRoutes, addGate, callerOf, noteFailure, type Gate } from '../access/index.ts';
import { answerCertificates, renewCertificate } from './certificates.ts';
import type { ApiContext } from './context.ts';
import { checkKit } from './check-kit.ts';
import {
  bringInService,
  changeHierarchy,
  createHierarchy,
  extendHierarchy,
  takeOutOfService,
} from './changes.ts';
import { answerDoctor } from '../doctor/answer-doctor.ts';
import { addDependency, removeDependency } from './dependencies.ts';
import { answerEvents, streamEvents } from './events.ts';
import { answerExec } from './exec.ts';
import { answerInLines, wantsLines } from './answer-in-lines.ts';
import type { TellFindings } from './extend-checks.ts';
import { explainHierarchy } from './explain.ts';
import { describeFailure } from './findings.ts';
import { deleteHierarchy } from './let-go.ts';
import { detailHierarchy } from './hierarchy-view.ts';
import { beginCreation, beginExtension } from './kept-operations.ts';
import { exportConfiguration, importConfiguration } from '../configuration/import-configuration.ts';
import { isConsolePage } from '../console/serve.ts';
import { addHealthRoutes } from '../health/routes.ts';
import { cancelOperation, findOperation, listOperations } from './operations.ts';
import { answerPaths, changePath, createPath, deletePath } from './paths.ts';
import { parseInput } from './parse-input.ts';
import { removeServer, requireReplaceable } from './leave-cluster.ts';
import { answerReport, answerReports } from './reports.ts';
import { answerSettings, changeSettings } from './settings.ts';
import { changeServer } from './servers.ts';
import { answerStatus } from './status.ts';
import { unextendHierarchy } from './unextend.ts';

/** Bytes of a request body: a hierarchy of 64 resources with all their parameters fits many times. */
const mostBodyBytes = 1024 * 1024;

/** The API under `/api/v1` (U-02), behind its gate. It is not listening yet. */
export function createApi(context: ApiContext, entrance: Gate['entrance']): FastifyInstance {
  const api = Fastify({ bodyLimit: mostBodyBytes, requestTimeout: 120_000, logger: false });
  const { file, keys, store, host, audit } = context;
  const access = { keys, store, wallTime: () => host.clock.wallTime() };
  const gate: Gate = { entrance, server: file.server, access, audit };
  addGate(api, gate);
  api.addHook('onSend', async (_, reply) => {
    if (!reply.hasHeader('cache-control'))
      reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
  api.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  api.setNotFoundHandler((request, reply) =>
    api.hasReplyDecorator('sendFile') && isConsolePage(request)
      ? reply.sendFile('index.html')
      : answerError(createError('HF-API-002', { method: request.method, path: request.url }), request, reply),
  );
  addViews(api, context);
  addChanges(api, context);
  addAccessRoutes(api, gate);
  addHealthRoutes(api, context);
  return api;
}

function addViews(api: FastifyInstance, context: ApiContext): void {
  api.get(`${apiRoot}/openapi.json`, () => describeApi(context.version));
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
  api.get(`${apiRoot}/operations`, async (request) => ({
    operations: await listOperations(context, languageOf(request)),
  }));
  api.get(`${apiRoot}/operations/:id`, (request) =>
    findOperation(context, operationOf(request), languageOf(request)),
  );
  api.get(`${apiRoot}/events`, async (request, reply) => {
    const query = parseInput(eventsQuery, request.query);
    return query.follow ? streamEvents(context, query, request, reply) : answerEvents(context, query);
  });
  api.get(`${apiRoot}/reports`, (request) => answerReports(context, parseInput(reportsQuery, request.query)));
  api.get(`${apiRoot}/reports/:id`, (request) => {
    const { id } = parseInput(z.object({ id: z.string().max(200) }), request.params);
    return answerReport(context, id);
  });
  api.get(`${apiRoot}/settings`, (request) =>
    answerSettings(context, parseInput(settingsQuery, request.query).tag),
  );
  api.get(`${apiRoot}/doctor`, (request) =>
    answerDoctor(context, parseInput(doctorQuery, request.query), languageOf(request)),
  );
}

function addChanges(api: FastifyInstance, context: ApiContext): void {
  const hierarchies = `${apiRoot}/hierarchies`;
  api.post(`${apiRoot}/kits/:kit/check`, (request) => {
    const { kit } = parseInput(z.object({ kit: z.string().max(100) }), request.params);
    return checkKit(context, kit, parseInput(kitCheckRequest, request.body ?? {}), languageOf(request));
  });
  api.post(hierarchies, (request, reply) => {
    const body = parseInput(createRequest, request.body);
    const { name } = callerOf(request);
    if (body.dryRun || body.wait) return createHierarchy(context, body, name, whileConnected(reply));
    return reply.code(202).send(beginCreation(context, body, name, languageOf(request)));
  });
  api.delete(`${apiRoot}/operations/:id`, (request) =>
    cancelOperation(context, operationOf(request), languageOf(request)),
  );
  api.post(`${hierarchies}/:tag/extend`, async (request, reply) => {
    const body = parseInput(extendRequest, request.body);
    const tag = tagOf(request);
    const { name } = callerOf(request);
    if (!body.dryRun && !body.wait) {
      const asked = { body, by: name, language: languageOf(request) };
      return reply.code(202).send(await beginExtension(context, tag, asked));
    }
    const extend = (tell?: TellFindings) => extendHierarchy(context, tag, body, name, tell);
    return body.dryRun && wantsLines(request) ? answerInLines(request, reply, extend) : extend();
  });
  api.post(`${hierarchies}/:tag/unextend`, (request) =>
    unextendHierarchy(
      context,
      tagOf(request),
      parseInput(unextendRequest, request.body),
      callerOf(request).name,
    ),
  );
  api.post(`${hierarchies}/:tag/dependencies`, (request) =>
    addDependency(
      context,
      tagOf(request),
      parseInput(dependencyRequest, request.body),
      callerOf(request).name,
    ),
  );
  api.delete(`${hierarchies}/:tag/dependencies/:child`, (request) => {
    const name = z.string().max(256);
    const { tag: parent, child } = parseInput(z.object({ tag: name, child: name }), request.params);
    const query = parseInput(dependencyQuery, request.query);
    return removeDependency(context, { parent, child }, query, callerOf(request).name);
  });
  api.post(`${hierarchies}/:tag/in-service`, async (request, reply) => {
    const answer = await bringInService(
      context,
      tagOf(request),
      parseInput(inServiceRequest, request.body ?? {}),
      callerOf(request).name,
    );
    return reply.code(answer.operation?.state === 'running' ? 202 : 200).send(answer);
  });
  api.post(`${hierarchies}/:tag/out-of-service`, async (request, reply) => {
    const asked = parseInput(outOfServiceRequest, request.body ?? {});
    const answer = await takeOutOfService(context, tagOf(request), asked, callerOf(request).name);
    return reply.code(answer.operation?.state === 'running' ? 202 : 200).send(answer);
  });
  api.patch(`${hierarchies}/:tag`, (request) =>
    changeHierarchy(context, tagOf(request), parseInput(changeRequest, request.body), callerOf(request).name),
  );
  api.delete(`${hierarchies}/:tag`, (request) =>
    deleteHierarchy(context, tagOf(request), parseInput(deleteQuery, request.query), callerOf(request).name),
  );
  addPathRoutes(api, context);
  addCertificateRoutes(api, context);
  api.patch(`${apiRoot}/settings`, (request) =>
    changeSettings(context, parseInput(settingsRequest, request.body), callerOf(request).name),
  );
  api.patch(`${apiRoot}/servers/:server`, (request) => {
    const { server } = parseInput(z.object({ server: serverName }), request.params);
    return changeServer(context, server, parseInput(serverRequest, request.body), callerOf(request).name);
  });
  api.delete(`${apiRoot}/servers/:server`, async (request, reply) => {
    const { server } = parseInput(z.object({ server: serverName }), request.params);
    const query = parseInput(serverRemovalQuery, request.query);
    const answer = await removeServer(context, server, query, callerOf(request).name);
    if (!query.dryRun && server === context.file.server)
      reply.raw.once('close', () => context.membership.leave());
    return answer;
  });
  api.get(`${apiRoot}/configuration`, () => exportConfiguration(context));
  api.post(`${apiRoot}/configuration`, (request) =>
    importConfiguration(context, parseInput(configurationRequest, request.body), {
      by: callerOf(request).name,
      language: languageOfHeader(request.headers['accept-language']),
    }),
  );
  api.post(`${apiRoot}/exec`, (request, reply) => answerExec(context, request, reply));
  api.post(`${apiRoot}/tokens`, async (request) => {
    const { validForMs, replaces } = parseInput(tokenRequest, request.body ?? {});
    if (replaces !== undefined) await requireReplaceable(context, replaces);
    return await context.createToken({ validForMs, ...(replaces !== undefined && { replaces }) });
  });
}

/** Aborts when the client goes away before it has its answer. */
function whileConnected(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function addPathRoutes(api: FastifyInstance, context: ApiContext): void {
  const paths = `${apiRoot}/paths`;
  const idOf = (request: FastifyRequest): string =>
    parseInput(z.object({ id: z.string().max(200) }), request.params).id;
  api.get(paths, () => answerPaths(context));
  api.post(paths, (request) =>
    createPath(context, parseInput(createPathRequest, request.body), callerOf(request).name),
  );
  api.patch(`${paths}/:id`, (request) =>
    changePath(context, idOf(request), parseInput(changePathRequest, request.body), callerOf(request).name),
  );
  api.delete(`${paths}/:id`, (request) => {
    const { dryRun } = parseInput(deletePathQuery, request.query);
    return deletePath(context, idOf(request), dryRun, callerOf(request).name);
  });
}

function addCertificateRoutes(api: FastifyInstance, context: ApiContext): void {
  api.get(`${apiRoot}/certificates`, () => answerCertificates(context));
  api.post(`${apiRoot}/servers/:server/certificate`, (request) => {
    const { server } = parseInput(z.object({ server: serverName }), request.params);
    const { dryRun } = parseInput(renewCertificateRequest, request.body ?? {});
    return renewCertificate(context, server, dryRun);
  });
}

async function find(context: ApiContext, tag: string) {
  const snapshot = await context.engine.refresh();
  const hierarchy = hierarchyOfTag(snapshot.view, tag);
  if (!hierarchy) throw createError('HF-HIER-001', { tag });
  return { snapshot, hierarchy };
}

function languageOf(request: FastifyRequest): Language {
  return languageOfHeader(request.headers['accept-language']);
}

function operationOf(request: FastifyRequest): string {
  return parseInput(z.object({ id: z.string().max(100) }), request.params).id;
}

function tagOf(request: FastifyRequest): string {
  return parseInput(z.object({ tag: z.string().max(256) }), request.params).tag;
}

/** Every error leaves as its code, message, facts and remedy, in the caller's language. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, body } = describeFailure(refusedError(error) ?? error, languageOf(request));
  noteFailure(request, body.code);
  return reply.code(status).send(body);
}

/** What the HTTP server itself has refused, a body that is too long for example. */
function refusedError(error: unknown): unknown {
  const refused =
    error instanceof Error &&
    !isCodedError(error) &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500;
  return refused ? createError('HF-API-001', { problem: error.message }, { cause: error }) : undefined;
}
