import { createError, type ServerRemovalAnswer, type serverRemovalQuery } from '@holdfast/contract';
import { because, startOrder } from '@holdfast/core';
import {
  hierarchiesOn,
  judgeReplaceable,
  removeServerRequest,
  type RequestContext,
  type Requested,
  type Snapshot,
} from '@holdfast/engine';
import type { z } from 'zod';
import type { PlacedFinding } from './assemble.ts';
import { commitRequest } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { copyFindings } from './let-go.ts';
import { refusalError } from './refusal.ts';
import { unextendHierarchy } from './unextend.ts';

type Query = z.output<typeof serverRemovalQuery>;
type Plan = ServerRemovalAnswer['plan'];

/**
 * DELETE /servers/:server (C-01): this server leaves, or a dead one is taken out. Rejects with HF-HIER-005, HF-CLUSTER-050 to
 * -055 and -057, HF-STORE-006. After a leaving that was carried out, `membership.leave()` is to follow the answer.
 */
export async function removeServer(
  context: ApiContext,
  server: string,
  query: Query,
  by: string,
): Promise<ServerRemovalAnswer> {
  return server === context.file.server
    ? await leaveCluster(context, query, by)
    : await removeDeadServer(context, server, query, by);
}

/**
 * The vote goes first: should this server die after that, etcd has its majority without it, and it claims a vote again when
 * it comes back, as if it had never wanted to leave. From the transaction on it is gone, and whoever finds that out finishes.
 */
async function leaveCluster(context: ApiContext, query: Query, by: string): Promise<ServerRemovalAnswer> {
  const { engine, membership, file } = context;
  const { server } = file;
  const { dryRun, force } = query;
  const { view } = await engine.refresh();
  const extended = hierarchiesOn(view, server);
  const plan: Plan = [
    ...extended.flatMap(({ id, resources }): Plan => [
      { act: 'unextend', server, tag: resources[0]?.tag ?? id },
      ...startOrder(resources)
        .toReversed()
        .map(({ tag }) => ({ act: 'let-go' as const, server, tag })),
    ]),
    { act: 'give-up-vote', server, tag: null },
    { act: 'forget', server, tag: null },
    { act: 'end', server, tag: null },
  ];
  if (extended.length > 0 && !force) await commitLeaving(context, by, true);
  await judgeMajority(context);
  if (dryRun) {
    if (extended.length === 0) await commitLeaving(context, by, true);
    return { dryRun, server, findings: [], plan };
  }
  for (const { id, resources } of extended) {
    const asked = { server, force: false, dryRun };
    await unextendHierarchy(context, resources[0]?.tag ?? id, asked, by);
  }
  const tags = context.care.list().map(({ tag }) => tag);
  if (tags.length > 0) throw refusalError(because('still-in-care', { server, tags: tags.join(', ') }));
  await commitLeaving(context, by, true);
  engine.setAccepting(false);
  try {
    await membership.giveUpVote();
    await commitLeaving(context, by, false);
  } catch (error) {
    engine.setAccepting(true);
    membership.claimVoteAgain();
    throw error;
  }
  return { dryRun, server, findings: [], plan };
}

function commitLeaving(context: ApiContext, by: string, dryRun: boolean): Promise<unknown> {
  const { server } = context.file;
  const judge = (request: RequestContext): Requested =>
    removeServerRequest(request, { server, leaving: true, force: false });
  return commitRequest(context, by, judge, { dryRun });
}

/** etcd must have a majority of what is left. */
async function judgeMajority({ file, membership }: ApiContext): Promise<void> {
  const { server } = file;
  const others = await membership.votersWithout(server);
  if (others && others.alive < Math.floor(others.voters / 2) + 1)
    throw refusalError(because('majority-would-be-lost', { server, ...others }));
}

/** Its member is taken out of etcd by the first living server, which sees it as one of nobody; this only waits for that. */
async function removeDeadServer(
  context: ApiContext,
  server: string,
  query: Query,
  by: string,
): Promise<ServerRemovalAnswer> {
  const { dryRun, force } = query;
  const snapshot = await context.engine.refresh();
  const judge = (request: RequestContext): Requested =>
    removeServerRequest(request, { server, leaving: false, force });
  await commitRequest(context, by, judge, { dryRun });
  const late = dryRun ? [] : await findLateMember(context, server);
  return {
    dryRun,
    server,
    findings: copyFindings([...findingsOf(snapshot, server), ...late]),
    plan: [
      ...hierarchiesOn(snapshot.view, server).map(({ id, resources }) => ({
        act: 'unextend' as const,
        server,
        tag: resources[0]?.tag ?? id,
      })),
      { act: 'forget', server, tag: null },
      { act: 'give-up-vote', server, tag: null },
    ],
  };
}

function findingsOf({ view }: Snapshot, server: string): readonly PlacedFinding[] {
  const hierarchies = hierarchiesOn(view, server).map(({ id }) => id);
  const finding = (check: string, outcome: 'passed' | 'warned', reason: PlacedFinding['reason']) => ({
    ...{ check, outcome, reason, server, tag: null },
  });
  return [
    view.sessions[server]
      ? finding('server', 'warned', because('removed-while-alive', { server }))
      : finding('server', 'passed', because('lease-ended', { server })),
    ...(hierarchies.length === 0
      ? []
      : [
          finding(
            'hierarchies',
            'warned',
            because('runs-there-no-more', { server, hierarchies: hierarchies.join(', ') }),
          ),
        ]),
  ];
}

async function findLateMember(context: ApiContext, server: string): Promise<readonly PlacedFinding[]> {
  if (await context.membership.hasNoMember(server)) return [];
  const reason = because('etcd-member-goes-later', { server });
  return [{ check: 'etcd', outcome: 'warned', reason, server, tag: null }];
}

/** Is there such a server, and may its place be given to another machine? Rejects with HF-HIER-005, HF-CLUSTER-052, -053. */
export async function requireReplaceable(context: ApiContext, server: string): Promise<void> {
  const { view } = await context.engine.refresh();
  if (!view.servers[server]) throw createError('HF-HIER-005', { server });
  const verdict = judgeReplaceable(view, server);
  if (!verdict.allowed) throw refusalError(verdict.reason);
}
