import { createError, createErrorAnswer, isCodedError, languageOfHeader } from '@holdfast/contract';
import Fastify, { type FastifyInstance } from 'fastify';
import { handleJoin, type AdmitDeps } from './admit.ts';
import { joinPath, maxJoinBytes } from './wire.ts';

/**
 * Requests that are answered at the same time: each costs the store a few calls, and nobody has logged in for
 * them.
 */
const maxRequests = 4;

/**
 * What a server's port answers to those who are not of the cluster yet: `POST /cluster/v1/join` and nothing
 * else. The token in the request is its only permission. To be mounted on the listener: `await api.ready()`,
 * then `onApiRequest: api.routing`.
 *
 * `onError` hears of errors that are no refusal; the client learns only that there was one.
 */
export function createClusterApi(deps: AdmitDeps, onError: (error: unknown) => void): FastifyInstance {
  const api = Fastify({ bodyLimit: maxJoinBytes, logger: false });
  let underWay = 0;
  api.setErrorHandler((error, request, reply) => {
    const coded = isCodedError(error)
      ? error
      : createError('HF-API-003', { problem: 'see the log of the daemon' });
    if (!isCodedError(error)) onError(error);
    const { status, body } = createErrorAnswer(coded, languageOfHeader(request.headers['accept-language']));
    return reply.code(status).send(body);
  });
  api.setNotFoundHandler(({ method, url: path }) => {
    throw createError('HF-API-002', { method, path });
  });
  api.post(joinPath, async (request) => {
    if (underWay >= maxRequests) throw createError('HF-CLUSTER-020', { requests: underWay });
    underWay += 1;
    try {
      return await handleJoin(request.body, deps);
    } finally {
      underWay -= 1;
    }
  });
  return api;
}
