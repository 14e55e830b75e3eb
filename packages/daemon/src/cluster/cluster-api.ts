import { createError, createErrorAnswer, isCodedError, languageOfHeader } from '@holdfast/contract';
import Fastify, { type FastifyInstance } from 'fastify';
import { handleJoin, type AdmitDeps } from './admit.ts';
import { answerStanding, standingPath } from './standing.ts';
import { joinPath, maxJoinBytes } from './wire.ts';

/**
 * Requests that are answered at the same time: each costs the store a few calls, and nobody has logged in for
 * them.
 */
const maxRequests = 4;

/**
 * What a server's port answers to those who are not of the cluster yet: `POST /cluster/v1/join`, for which
 * the token in the request is the only permission, and whether a certificate has been revoked, for whoever knows its serial
 * number. To be mounted on the listener: `await api.ready()`,
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
  const limited = async <T>(answer: () => Promise<T>): Promise<T> => {
    if (underWay >= maxRequests) throw createError('HF-CLUSTER-020', { requests: underWay });
    underWay += 1;
    try {
      return await answer();
    } finally {
      underWay -= 1;
    }
  };
  api.post(joinPath, (request) => limited(() => handleJoin(request.body, deps)));
  api.post(standingPath, (request) => limited(() => answerStanding(request.body, deps)));
  return api;
}
