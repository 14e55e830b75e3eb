import {
  createError,
  execRequest,
  languageOfHeader,
  type AuditRecord,
  type ExecLine,
} from '@holdfast/contract';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, describeAsked, keepOwnRecord } from '../access/index.ts';
import { relayLines } from '../exec/relay.ts';
import type { ApiContext } from './context.ts';
import { parseInput } from './parse-input.ts';

/** Until a gone client is noticed on a connection that carries nothing. */
const keepAliveMs = 10_000;

/**
 * POST /exec (C-04). There is an audit record when the command has begun and one after its end, so that none is unseen.
 * Rejects with HF-HIER-005, HF-HIER-006 or an error of HF-EXEC.
 */
export async function answerExec(
  context: ApiContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { server, ...asked } = parseInput(execRequest, request.body);
  const { snapshot } = context.engine.state();
  if (server !== context.file.server && snapshot && !snapshot.view.servers[server])
    throw createError('HF-HIER-005', { server });
  const language = languageOfHeader(request.headers['accept-language']);
  const source = await context.runOn(server, { ...asked, language });
  keepOwnRecord(request);
  const record = createRecorder(context, request);
  const { command, timeLimitMs } = asked;
  const begun = record('POST /exec', { server, command, timeLimitMs }, undefined);
  const startedAt = performance.now();
  const onEnd = (last: ExecLine | undefined): void => {
    const durationMs = Math.round(performance.now() - startedAt);
    const facts = { server, ...describeEnd(last), durationMs, command };
    void begun.then(() => record('POST /exec ended', facts, last));
  };
  request.raw.socket.setKeepAlive(true, keepAliveMs);
  return reply.type('application/x-ndjson').send(relayLines(source, { server, language, onEnd }));
}

function describeEnd(last: ExecLine | undefined) {
  switch (last?.kind) {
    case 'ended':
      return { exitCode: last.exitCode };
    case 'failed':
      return { failed: last.error.code };
    default:
      return { failed: 'the client went away' };
  }
}

function createRecorder({ audit, file, host }: ApiContext, request: FastifyRequest) {
  const { name: who, from } = callerOf(request);
  return (what: string, asked: object, last: ExecLine | undefined): Promise<void> => {
    const record: Omit<AuditRecord, 'formatVersion'> = {
      at: host.clock.wallTime(),
      server: file.server,
      who,
      from,
      what,
      asked: describeAsked(asked),
      status: 200,
      error: last?.kind === 'failed' ? last.error.code : null,
    };
    return audit.add(record);
  };
}
