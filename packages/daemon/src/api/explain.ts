import type { ExplainAnswer } from '@holdfast/contract';
import {
  because,
  candidates,
  hierarchyTable,
  judgeEligible,
  type Hierarchy,
  type Reason,
} from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import type { ApiContext } from './context.ts';
import { copyReason, viewHierarchy } from './hierarchy-view.ts';

/** GET /explain: why it is where it is, and what would happen if its server died now (B-02). */
export function explainHierarchy(
  context: ApiContext,
  snapshot: Snapshot,
  hierarchy: Hierarchy,
  tag: string,
): ExplainAnswer {
  const { view } = snapshot;
  const owner = view.owners[hierarchy.id]?.server;
  const ranked = Object.entries(hierarchy.priorities).sort(([, a], [, b]) => a - b);
  const next = candidates(view, hierarchy).filter((server) => server !== owner);
  return {
    tag,
    hierarchy: hierarchy.id,
    summary: viewHierarchy(context, snapshot, hierarchy).summary,
    owner: owner ?? null,
    why: reasonsOf(context, snapshot, hierarchy).map(({ reason, rule }) => ({
      reason: copyReason(reason),
      rule,
    })),
    candidates: ranked.map(([server, priority]) => {
      const verdict = judgeEligible(view, hierarchy, server);
      return {
        server,
        priority,
        eligible: verdict.allowed,
        reason: verdict.allowed ? null : copyReason(verdict.reason),
      };
    }),
    ifOwnerDied: owner === undefined ? null : ifOwnerDied(hierarchy, next),
  };
}

interface Because {
  readonly reason: Reason;
  readonly rule: string | null;
}

function reasonsOf(
  { engine, file }: ApiContext,
  { view }: Snapshot,
  hierarchy: Hierarchy,
): readonly Because[] {
  const found: Because[] = [];
  const desired = view.desired[hierarchy.id];
  const owner = view.owners[hierarchy.id];
  if (desired?.kind === 'out-of-service')
    found.push({ reason: because('asked-out-of-service', { by: desired.by }), rule: 'S6' });
  else if (desired?.target !== undefined)
    found.push({ reason: because('moving-to', { server: desired.target }), rule: 'H-03' });
  if (owner)
    found.push({ reason: because('owned-by', { server: owner.server, term: owner.term }), rule: 'S2' });
  for (const mark of view.failures.filter((one) => one.hierarchy === hierarchy.id)) {
    found.push({
      reason: because('failed-on', { server: mark.server, cause: mark.reason.code, ...mark.reason.facts }),
      rule: 'R-05',
    });
  }
  const decision = engine.lastDecision()?.hierarchies.find((one) => one.hierarchy === hierarchy.id);
  const row = hierarchyTable.find(({ number }) => number === decision?.row);
  if (decision && row) {
    const { code, facts } = decision.reason;
    const rule = `decision table, row ${String(row.number)}`;
    found.push({ reason: because(code, { server: file.server, ...facts }), rule });
  }
  return found;
}

function ifOwnerDied(
  hierarchy: Hierarchy,
  next: readonly string[],
): NonNullable<ExplainAnswer['ifOwnerDied']> {
  const first = next[0];
  if (first === undefined) return { server: null, reason: copyReason(because('nobody-could-take-over')) };
  const priority = hierarchy.priorities[first] ?? 0;
  return { server: first, reason: copyReason(because('would-take-over', { server: first, priority })) };
}
