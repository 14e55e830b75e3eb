import type { ChangeAnswer } from '@holdfast/contract';
import { because, startOrder, type Hierarchy } from '@holdfast/core';
import { deleteRequest, findRemoval, type RequestContext, type Requested } from '@holdfast/engine';
import type { PlacedFinding } from './assemble.ts';
import { answerChange, commitRequest, requireHierarchy } from './commit-change.ts';
import { findingLimitMs, type ApiContext } from './context.ts';
import { settleAll } from './findings.ts';

/**
 * DELETE /hierarchies/:tag (K-13): what runs goes on running, unprotected. Of several roots the one that is named goes, with
 * what only it needs; anything else takes the whole hierarchy.
 */
export async function deleteHierarchy(
  context: ApiContext,
  tag: string,
  query: { readonly force: boolean; readonly dryRun: boolean },
  by: string,
): Promise<ChangeAnswer> {
  const { dryRun, force } = query;
  const { hierarchy, snapshot } = await requireHierarchy(context, tag);
  const judge = (request: RequestContext): Requested => deleteRequest(request, { tag, force });
  await commitRequest(context, by, judge, { dryRun });
  const { removed = hierarchy.resources, after = [] } = findRemoval(snapshot.view, tag) ?? {};
  const servers = Object.keys(hierarchy.priorities).filter((server) => snapshot.view.sessions[server]);
  const order = startOrder(removed).toReversed();
  const plan = [
    { act: 'record' as const, server: context.file.server, tag: null },
    ...servers.flatMap((server) =>
      order.map((resource) => ({ act: 'let-go' as const, server, tag: resource.tag })),
    ),
  ];
  const gone = { ...hierarchy, resources: removed };
  const letGo = dryRun ? [] : servers.map((server) => letGoOn(context, gone, server));
  const findings = (await Promise.all(letGo)).flat();
  const [left] = after;
  if (left === undefined)
    return { dryRun, findings: copyFindings(findings), plan, hierarchy: null, operation: null };
  const remains = left.resources[0]?.tag ?? left.id;
  return answerChange(context, remains, { dryRun, findings, plan, operation: null });
}

/** Findings as they leave in an answer. */
export function copyFindings(findings: readonly PlacedFinding[]): ChangeAnswer['findings'] {
  return findings.map(({ reason: { code, facts }, ...rest }) => ({
    ...rest,
    reason: { code, facts: { ...facts } },
  }));
}

/**
 * Has one server let go at once what is configured there no more. That it cannot be told now, or cannot do it, is no failure
 * of the change: the server sees by itself what it has in its care, and tries again.
 */
export async function letGoOn(
  context: ApiContext,
  hierarchy: Hierarchy,
  server: string,
): Promise<readonly PlacedFinding[]> {
  const message = { hierarchy: { ...hierarchy }, kind: 'let-go' };
  try {
    if (server === context.file.server) await settleAll(context, hierarchy, server, 'let-go');
    else await context.ask(server, 'api/settle', message, findingLimitMs);
    return [];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    const reason = because('lets-go-later', { server, detail });
    return [{ check: 'let-go', outcome: 'warned', reason, server, tag: null }];
  }
}
