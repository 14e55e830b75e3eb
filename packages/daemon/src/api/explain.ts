import type { ExplainAnswer } from '@holdfast/contract';
import {
  because,
  hierarchyTable,
  judgeFailover,
  maintenanceOf,
  type Hierarchy,
  type Reason,
} from '@holdfast/core';
import type { Snapshot } from '@holdfast/engine';
import type { KeptReport } from '../reports/report-log.ts';
import type { ApiContext } from './context.ts';
import { askOwner, foreseeFailures, foreseeOwnersDeath, ruleOfRow } from './foresight.ts';
import { copyReason, viewHierarchy } from './hierarchy-view.ts';
import { summarizeReport } from './reports.ts';

/** Reports that say how it came where it is, and how long volume and address took. */
const movingKinds = new Set(['failover', 'switchover', 'failed-move', 'start']);

/** GET /explain: why it is where it is, and what would happen if its server died or a resource failed now (B-02). */
export async function explainHierarchy(
  context: ApiContext,
  snapshot: Snapshot,
  hierarchy: Hierarchy,
  tag: string,
): Promise<ExplainAnswer> {
  const { view } = snapshot;
  const owner = view.owners[hierarchy.id]?.server;
  const [insight, reports] = await Promise.all([
    askOwner(context, owner, hierarchy.id),
    context.reports.read({ limit: 200, hierarchies: new Set([hierarchy.id]) }).catch(() => []),
  ]);
  const last = reports.find(({ record }) => movingKinds.has(record.kind));
  const observation = context.engine.observation();
  const ranked = Object.entries(hierarchy.priorities).sort(([, a], [, b]) => a - b);
  return {
    tag,
    hierarchy: hierarchy.id,
    summary: viewHierarchy(context, snapshot, hierarchy).summary,
    owner: owner ?? null,
    why: reasonsOf(context, snapshot, hierarchy, last).map(({ reason, rule }) => ({
      reason: copyReason(reason),
      rule,
    })),
    lastReport: last ? summarizeReport(last) : null,
    candidates: ranked.map(([server, priority]) => {
      const verdict = judgeFailover(view, hierarchy, server);
      return {
        server,
        priority,
        eligible: verdict.allowed,
        reason: verdict.allowed ? null : copyReason(verdict.reason),
      };
    }),
    ifOwnerDied: foreseeOwnersDeath(observation, view, hierarchy, { insight, last }),
    ifResourceFailed: foreseeFailures(observation, view, hierarchy, insight),
  };
}

interface Because {
  readonly reason: Reason;
  readonly rule: string | null;
}

function reasonsOf(
  context: ApiContext,
  snapshot: Snapshot,
  hierarchy: Hierarchy,
  last: KeptReport | undefined,
): readonly Because[] {
  const owner = snapshot.view.owners[hierarchy.id];
  return [
    ...whatIsWanted(snapshot, hierarchy),
    ...(owner
      ? [{ reason: because('owned-by', { server: owner.server, term: owner.term }), rule: 'S2' }]
      : []),
    ...(last && last.record.server === owner?.server ? [howItCame(last)] : []),
    ...whatIsSet(snapshot, hierarchy),
    ...whatHasFailed(snapshot, hierarchy),
    ...whatIsDecided(context, hierarchy),
  ];
}

function whatIsWanted({ view }: Snapshot, { id }: Hierarchy): readonly Because[] {
  const desired = view.desired[id];
  if (desired?.kind !== 'in-service')
    return [{ reason: because('asked-out-of-service', { by: desired?.by ?? 'nobody' }), rule: 'S6' }];
  if (desired.target !== undefined)
    return [{ reason: because('moving-to', { server: desired.target }), rule: 'H-03' }];
  return [{ reason: because('wanted-in-service'), rule: 'H-03' }];
}

function howItCame({ id, record: { server, cause } }: KeptReport): Because {
  // A name of its own: the cause's facts stand beside it.
  const facts = { to: server, report: id };
  return cause
    ? { reason: because('came-by-report', { ...cause.facts, ...facts, cause: cause.code }), rule: 'R-08' }
    : { reason: because('came-without-cause', facts), rule: 'R-08' };
}

/** What administrators have set that keeps it where it is, or away from a server. */
function whatIsSet({ view }: Snapshot, hierarchy: Hierarchy): readonly Because[] {
  const maintenance = maintenanceOf(view, hierarchy);
  const flags = Object.keys(hierarchy.priorities).flatMap((server): readonly Because[] => {
    const { confirmFailover = false, blockFailover = false, shutdownStrategy } = view.servers[server] ?? {};
    return [
      ...(confirmFailover ? [{ reason: because('failover-to-be-confirmed', { server }), rule: 'R-07' }] : []),
      ...(blockFailover ? [{ reason: because('failover-blocked', { server }), rule: 'R-07' }] : []),
      ...(shutdownStrategy === 'stop'
        ? [{ reason: because('shutdown-stops', { server }), rule: 'C-07' }]
        : []),
    ];
  });
  const maintained: Record<typeof maintenance, readonly Because[]> = {
    none: [],
    hierarchy: [{ reason: because('in-maintenance', { hierarchy: hierarchy.id }), rule: 'R-07' }],
    cluster: [{ reason: because('cluster-in-maintenance'), rule: 'R-07' }],
  };
  return [...maintained[maintenance], ...flags];
}

function whatHasFailed({ view }: Snapshot, { id }: Hierarchy): readonly Because[] {
  return view.failures
    .filter((mark) => mark.hierarchy === id)
    .map(({ server, reason }) => ({
      reason: because('failed-on', { server, cause: reason.code, ...reason.facts }),
      rule: 'R-05',
    }));
}

function whatIsDecided({ engine, file }: ApiContext, { id }: Hierarchy): readonly Because[] {
  const decision = engine.lastDecision()?.hierarchies.find((one) => one.hierarchy === id);
  const row = hierarchyTable.find(({ number }) => number === decision?.row);
  if (!decision || !row) return [];
  const { code, facts } = decision.reason;
  return [{ reason: because(code, { server: file.server, ...facts }), rule: ruleOfRow(row.number) }];
}
