import { createError, type ChangeAnswer } from '@holdfast/contract';
import type { Hierarchy } from '@holdfast/core';
import { hierarchyOfTag, type RequestContext, type Requested, type Snapshot } from '@holdfast/engine';
import type { PlacedFinding } from './assemble.ts';
import type { ApiContext } from './context.ts';
import { describeOperation, detailHierarchy } from './hierarchy-view.ts';
import { refusalError } from './refusal.ts';

/** How often a change is judged again when the store has changed under it. */
const mostAttempts = 5;

/** Looks, judges, and commits; again when others were faster (H-01). Rejects with the refusal, or HF-STORE-006. */
export async function commitRequest(
  context: ApiContext,
  by: string,
  judge: (request: RequestContext) => Requested,
  options: { readonly dryRun: boolean },
): Promise<Extract<Requested, { allowed: true }>> {
  const { keys, store, engine, host } = context;
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const snapshot = await engine.refresh();
    const requested = judge({ keys, snapshot, by, wallTime: host.clock.wallTime() });
    if (!requested.allowed) throw refusalError(requested.reason);
    if (options.dryRun || (await store.commit(requested.transaction))) return requested;
  }
  throw createError('HF-STORE-006', { attempts: mostAttempts });
}

/** The hierarchy of a tag, from a fresh look at the store. Rejects with HF-HIER-001. */
export async function requireHierarchy(
  context: ApiContext,
  tag: string,
): Promise<{ readonly snapshot: Snapshot; readonly hierarchy: Hierarchy }> {
  const snapshot = await context.engine.refresh();
  const hierarchy = hierarchyOfTag(snapshot.view, tag);
  if (!hierarchy) throw createError('HF-HIER-001', { tag });
  return { snapshot, hierarchy };
}

/** The answer to a change, with the hierarchy as it is now. */
export async function answerChange(
  context: ApiContext,
  tag: string,
  change: {
    readonly dryRun: boolean;
    readonly findings: readonly PlacedFinding[];
    readonly plan: ChangeAnswer['plan'];
    readonly changes?: NonNullable<ChangeAnswer['changes']>;
    readonly operation: string | null;
  },
): Promise<ChangeAnswer> {
  const snapshot = await context.engine.refresh();
  const hierarchy = hierarchyOfTag(snapshot.view, tag);
  const operation = change.operation === null ? undefined : snapshot.view.operations[change.operation];
  return {
    dryRun: change.dryRun,
    findings: change.findings.map((finding) => ({
      ...finding,
      reason: { ...finding.reason, facts: { ...finding.reason.facts } },
    })),
    plan: change.plan,
    ...(change.changes && { changes: change.changes }),
    hierarchy: hierarchy ? detailHierarchy(context, snapshot, hierarchy) : null,
    operation: operation ? describeOperation(operation) : null,
  };
}
