import type { ServerAnswer, serverRequest } from '@holdfast/contract';
import { setServerRequest, type RequestContext, type Requested } from '@holdfast/engine';
import type { z } from 'zod';
import { initialPolicy } from '../cluster/records.ts';
import { commitRequest } from './commit-change.ts';
import type { ApiContext } from './context.ts';

/** PATCH /servers/:server (R-07, C-07). Rejects with HF-HIER-005, HF-HIER-010 or HF-STORE-006. */
export async function changeServer(
  context: ApiContext,
  server: string,
  body: z.output<typeof serverRequest>,
  by: string,
): Promise<ServerAnswer> {
  const { dryRun, confirmFailover, blockFailover, shutdownStrategy } = body;
  const changes = {
    ...(confirmFailover !== undefined && { confirmFailover }),
    ...(blockFailover !== undefined && { blockFailover }),
    ...(shutdownStrategy !== undefined && { shutdownStrategy }),
  };
  const judge = (request: RequestContext): Requested => setServerRequest(request, { server, changes });
  await commitRequest(context, by, judge, { dryRun });
  const { view } = await context.engine.refresh();
  const now = { ...initialPolicy, ...view.servers[server], ...changes };
  return {
    dryRun,
    name: server,
    confirmFailover: now.confirmFailover,
    blockFailover: now.blockFailover,
    shutdownStrategy: now.shutdownStrategy,
  };
}
