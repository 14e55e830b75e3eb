import type { ChangeAnswer, unextendRequest as unextendBody } from '@holdfast/contract';
import { because, startOrder, type Hierarchy } from '@holdfast/core';
import {
  isStoppedOn,
  unextendRequest,
  type RequestContext,
  type Requested,
  type Snapshot,
} from '@holdfast/engine';
import type { z } from 'zod';
import type { PlacedFinding } from './assemble.ts';
import { answerChange, commitRequest, requireHierarchy } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { letGoOn } from './let-go.ts';

/**
 * POST /hierarchies/:tag/unextend (K-12): that server alone loses it. Its services get their former start mode back, and
 * what Holdfast made there is deleted; a server that is away does so when it is back.
 */
export async function unextendHierarchy(
  context: ApiContext,
  tag: string,
  body: z.output<typeof unextendBody>,
  by: string,
): Promise<ChangeAnswer> {
  const { server, force, dryRun } = body;
  const { hierarchy, snapshot } = await requireHierarchy(context, tag);
  const judge = (request: RequestContext): Requested => unextendRequest(request, { tag, server, force });
  await commitRequest(context, by, judge, { dryRun });
  const isThere = snapshot.view.sessions[server] !== undefined;
  const late = !dryRun && isThere ? await letGoOn(context, hierarchy, server) : [];
  const findings = [...findingsOf(snapshot, hierarchy, server), ...late];
  const order = startOrder(hierarchy.resources).toReversed();
  const plan = [
    { act: 'record' as const, server, tag: null },
    ...order.map((resource) => ({ act: 'let-go' as const, server, tag: resource.tag })),
  ];
  return answerChange(context, tag, { dryRun, findings, plan, operation: null });
}

/** What a person should know before it is done. */
function findingsOf(snapshot: Snapshot, hierarchy: Hierarchy, server: string): readonly PlacedFinding[] {
  const { id } = hierarchy;
  const left = Object.keys(hierarchy.priorities).filter((name) => name !== server);
  const stopped = isStoppedOn(snapshot, hierarchy, server);
  const isThere = snapshot.view.sessions[server] !== undefined;
  const finding = (check: string, outcome: 'passed' | 'warned', reason: PlacedFinding['reason']) => ({
    check,
    outcome,
    reason,
    server,
    tag: null,
  });
  return [
    stopped
      ? finding('stopped', 'passed', because('stopped-there', { hierarchy: id, server }))
      : finding('stopped', 'warned', because('stop-not-confirmed', { hierarchy: id, server })),
    isThere
      ? finding('server', 'passed', because('lets-go-now', { server }))
      : finding('server', 'warned', because('lets-go-when-back', { server })),
    left.length > 1
      ? finding('backup', 'passed', because('another-server-left', { servers: left.join(', ') }))
      : finding('backup', 'warned', because('no-other-server-left', { server: left.join() })),
  ];
}
