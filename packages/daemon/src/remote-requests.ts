import type { Readable } from 'node:stream';
import {
  createError,
  createRequest,
  kitCheckRequest,
  languages,
  renewCertificateRequest,
  HoldfastError,
  isErrorCode,
  isCodedError,
} from '@holdfast/contract';
import { z } from 'zod';
import { checkKit } from './api/check-kit.ts';
import { issueRequest } from './certificates/issue.ts';
import { describePaths } from './api/paths.ts';
import { createHierarchy } from './api/changes.ts';
import type { ApiContext } from './api/context.ts';
import { describeCreated } from './api/created.ts';
import { extendChecksRequest, runExtendChecks } from './api/extend-checks.ts';
import { ChangeError, settleAll } from './api/findings.ts';
import { listKeptOperations } from './api/operations.ts';
import { insightRequest, lookInside } from './api/foresight.ts';
import { hierarchyRecord } from '@holdfast/contract';
import { commandAsked, type CommandAsked, type Commands } from './exec/commands.ts';
import { examineRequest, examineServer } from './doctor/examine-server.ts';
import { tellOwn, tellRequest } from './doctor/told.ts';
import { PathRequestError, RequestRefusedError, type PathKeeper } from './paths/index.ts';

const settleRequest = z.strictObject({
  hierarchy: hierarchyRecord.omit({ formatVersion: true }),
  kind: z.enum(['adopt', 'let-go']),
  passwords: z.record(z.string(), z.string()).default({}),
});

const formRequest = z.strictObject({
  kit: z.string().max(100),
  asked: kitCheckRequest.omit({ server: true }),
  language: z.enum(languages),
});

/** Answers what other servers' daemons ask this one for on behalf of an administrator there. */
export function handleRemoteRequests(paths: PathKeeper, context: ApiContext, commands: Commands): void {
  const creations = createCreations();
  paths.handle('api/create', (body) => {
    const { by, creation, ...asked } = z.looseObject({ by: z.string(), creation: z.string() }).parse(body);
    return describeCreated(() =>
      creations.run(creation, (signal) => createHierarchy(context, createRequest.parse(asked), by, signal)),
    );
  });
  paths.handle('api/cancel-create', (body) => {
    creations.cancel(z.strictObject({ creation: z.string() }).parse(body).creation);
    return Promise.resolve({});
  });
  paths.handle('api/operations', (body) => {
    const { language } = z.strictObject({ language: z.enum(languages) }).parse(body);
    return Promise.resolve(listKeptOperations(context, language));
  });
  paths.handle('api/cancel-operation', (body) => {
    const { id } = z.strictObject({ id: z.string() }).parse(body);
    return Promise.resolve({ cancelled: context.operations.cancel(id) });
  });
  paths.handle('api/check-kit', (body) =>
    refusing(() => {
      const { kit, asked, language } = formRequest.parse(body);
      return checkKit(context, kit, asked, language);
    }),
  );
  paths.handle('api/extend-checks', (body) =>
    refusing(() => runExtendChecks(context, extendChecksRequest.parse(body))),
  );
  paths.handle('api/exec', (body) => commands.run(commandAsked.parse(body)));
  paths.handle('certificates/issue', (body, { from }) =>
    refusing(() => context.certificates.issueTo(from, issueRequest.parse(body))),
  );
  paths.handle('certificates/renew', (body) =>
    refusing(async () => {
      const { dryRun } = renewCertificateRequest.parse(body);
      return dryRun ? {} : { until: await context.certificates.renew() };
    }),
  );
  paths.handle('api/insight', (body) => lookInside(context, insightRequest.parse(body).hierarchy));
  paths.handle('api/paths', () => Promise.resolve(describePaths(context.paths())));
  paths.handle('api/clock', () => Promise.resolve({ wallTime: context.host.clock.wallTime() }));
  paths.handle('api/tell', (body) => tellOwn(context, tellRequest.parse(body).hierarchy));
  paths.handle('api/doctor', (body) => examineServer(context, examineRequest.parse(body).told));
  paths.handle('api/settle', (body) =>
    refusing(async () => {
      const { hierarchy, kind, passwords } = settleRequest.parse(body);
      // Whoever asks another server extends: what runs already runs elsewhere.
      const own = kind === 'adopt' ? 'stand-by' : kind;
      const secrets = Object.entries(passwords).map(([tag, password]) => [tag, () => password]);
      await settleAll(context, hierarchy, context.file.server, own, Object.fromEntries(secrets));
    }),
  );
}

/** Creations that go on here for clients of other servers, so that each can be cancelled by its name. */
function createCreations() {
  const running = new Map<string, AbortController>();
  return {
    async run<T>(creation: string, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const cancelled = new AbortController();
      running.set(creation, cancelled);
      try {
        return await act(cancelled.signal);
      } finally {
        running.delete(creation);
      }
    },
    cancel: (creation: string): void => running.get(creation)?.abort(),
  };
}

/** An error of the catalogue crosses the path as its code and facts. */
async function refusing(act: () => Promise<unknown>): Promise<unknown> {
  try {
    return await act();
  } catch (error) {
    const coded = error instanceof ChangeError ? error.error : error;
    if (!isCodedError(coded)) throw error;
    throw new RequestRefusedError({ code: coded.code, facts: coded.facts });
  }
}

/** Milliseconds for a command to begin on another server. */
const beginMs = 10_000;

/** Asks another server, and turns what went wrong back into an error of the catalogue. */
export function askServer(
  paths: PathKeeper,
  server: string,
  route: string,
  body: object,
  timeoutMs: number,
): Promise<unknown> {
  return translating(server, timeoutMs, () => paths.request(server, route, body, { timeoutMs }));
}

/** Runs a command on another server: the lines of its answer. Rejects as {@link askServer}. */
export function runOnServer(paths: PathKeeper, server: string, asked: CommandAsked): Promise<Readable> {
  return translating(server, beginMs, () => paths.open(server, 'api/exec', asked, { timeoutMs: beginMs }));
}

async function translating<T>(server: string, timeoutMs: number, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof PathRequestError)) throw error;
    const { reason, code } = error;
    if (code === 'handler-refused' && isErrorCode(reason.code))
      throw new HoldfastError(reason.code, reason.facts, { cause: error });
    if (code === 'path-none') throw createError('HF-HIER-006', { server }, { cause: error });
    if (code === 'request-timeout')
      throw createError('HF-CLUSTER-012', { server, waitedMs: timeoutMs }, { cause: error });
    const detail = Object.entries(reason.facts).map(([name, value]) => `${name} ${String(value)}`);
    throw createError(
      'HF-CLUSTER-015',
      { server, status: reason.code, detail: detail.join(', ') },
      { cause: error },
    );
  }
}
