import type { PathsAnswer, changePathRequest, createPathRequest as createBody } from '@holdfast/contract';
import {
  createPathRequest,
  deletePathRequest,
  setPathRequest,
  type RequestContext,
  type Requested,
} from '@holdfast/engine';
import { z } from 'zod';
import { commitRequest } from './commit-change.ts';
import type { ApiContext, PathView } from './context.ts';

/** Milliseconds that another server may take to say how it sees its paths. */
const viewLimitMs = 2_000;

const views = z.array(
  z.object({
    id: z.string(),
    state: z.enum(['alive', 'dead', 'unknown']),
    roundTripMs: z.number().nullable(),
    misses: z.int(),
    flaps: z.int(),
  }),
);
type View = z.infer<typeof views>[number];

/** What this server says of its own ends, to another one that shows all paths. */
export function describePaths(paths: readonly PathView[]): View[] {
  return paths.map(({ id, state, roundTripMs, misses, flaps }) => ({
    ...{ id, state, misses, flaps },
    roundTripMs: roundTripMs ?? null,
  }));
}

/** GET /paths (C-02): each path with how both its ends see it; an end that does not answer says nothing. */
export async function answerPaths(context: ApiContext): Promise<PathsAnswer> {
  const { view } = await context.engine.refresh();
  const seen = new Map<string, readonly View[]>([[context.file.server, describePaths(context.paths())]]);
  const others = Object.keys(view.servers).filter((server) => server !== context.file.server);
  await Promise.all(
    others.map(async (server) => {
      const answer = await context.ask(server, 'api/paths', {}, viewLimitMs).catch(() => undefined);
      const parsed = views.safeParse(answer);
      if (parsed.success) seen.set(server, parsed.data);
    }),
  );
  const paths = [...view.paths]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, ends, priority, intervalMs, misses }) => ({
      ...{ id, priority, intervalMs, misses },
      ends: [{ ...ends[0] }, { ...ends[1] }] as [(typeof ends)[0], (typeof ends)[1]],
      views: Object.fromEntries(
        ends.map(({ server }) => {
          const found = seen.get(server)?.find((one) => one.id === id);
          if (!found) return [server, null];
          const { id: _, ...own } = found;
          return [server, own];
        }),
      ),
    }));
  return { paths };
}

/** POST /paths. Rejects with HF-CLUSTER-030 to -034, HF-HIER-005 or HF-STORE-006. */
export async function createPath(
  context: ApiContext,
  body: z.output<typeof createBody>,
  by: string,
): Promise<PathsAnswer> {
  const { ends, dryRun, ...properties } = body;
  await commitRequest(context, by, (request) => createPathRequest(request, { ends, properties }), { dryRun });
  return answerPaths(context);
}

/** PATCH /paths/:id */
export async function changePath(
  context: ApiContext,
  id: string,
  body: z.output<typeof changePathRequest>,
  by: string,
): Promise<PathsAnswer> {
  const { dryRun, priority, intervalMs, misses } = body;
  const properties = {
    ...(priority !== undefined && { priority }),
    ...(intervalMs !== undefined && { intervalMs }),
    ...(misses !== undefined && { misses }),
  };
  const judge = (request: RequestContext): Requested => setPathRequest(request, { id, properties });
  await commitRequest(context, by, judge, { dryRun });
  return answerPaths(context);
}

/** DELETE /paths/:id */
export async function deletePath(
  context: ApiContext,
  id: string,
  dryRun: boolean,
  by: string,
): Promise<PathsAnswer> {
  await commitRequest(context, by, (request) => deletePathRequest(request, { id }), { dryRun });
  return answerPaths(context);
}
