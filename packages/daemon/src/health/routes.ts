import { createError, openRoutes, type HealthAnswer } from '@holdfast/contract';
import { hierarchyOfTag } from '@holdfast/engine';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ApiContext } from '../api/context.ts';
import { parseInput } from '../api/parse-input.ts';
import { holdsLease, isInServiceHere } from './in-service.ts';
import { renderMetrics } from './metrics.ts';

/** Addresses for load balancers and collectors (U-04). They ask nothing of etcd: what this server knows itself counts. */
export function addHealthRoutes(api: FastifyInstance, context: ApiContext): void {
  const answer = (reply: FastifyReply, healthy: boolean): HealthAnswer => {
    reply.code(healthy ? 200 : 503);
    return { server: context.file.server, healthy };
  };
  api.get(openRoutes.health.path, (_, reply) => answer(reply, holdsLease(context)));
  api.get(openRoutes.inServiceHealth.path, (request, reply) => {
    const { tag } = parseInput(z.object({ tag: z.string().max(256) }), request.params);
    const { snapshot } = context.engine.state();
    const hierarchy = snapshot && hierarchyOfTag(snapshot.view, tag);
    if (snapshot && !hierarchy) throw createError('HF-HIER-001', { tag });
    return answer(reply, hierarchy !== undefined && isInServiceHere(context, hierarchy, tag));
  });
  api.get(openRoutes.metrics.path, async (_, reply) => {
    const { contentType, text } = await renderMetrics(context);
    return reply.header('content-type', contentType).send(text);
  });
}
