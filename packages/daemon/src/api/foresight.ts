import type { ExplainAnswer, OutageEstimate } from '@holdfast/contract';
import {
  because,
  foreseeFailure,
  foreseeLoss,
  type ForeseenFailure,
  type Hierarchy,
  type HierarchyId,
  type Observation,
  type Reason,
  type StoreView,
} from '@holdfast/core';
import { z } from 'zod';
import type { KeptReport } from '../reports/report-log.ts';
import { parametersOn } from './assemble.ts';
import { createCheckContext, type ApiContext } from './context.ts';
import { copyReason } from './hierarchy-view.ts';

/** Milliseconds for what only the owner can tell. */
const insightLimitMs = 2_000;

const insightAnswer = z.object({
  /** Local recoveries begun within the window of the policy. */
  recoveries: z.int().min(0),
  estimate: z
    .object({ walBytes: z.number(), estimateMs: z.number(), basis: z.enum(['measured', 'default']) })
    .nullable(),
});

/** What only the server that runs a hierarchy knows of it. */
export type Insight = z.infer<typeof insightAnswer>;

export const insightRequest = z.strictObject({ hierarchy: z.string().max(256) });

/** This server's own insight into a hierarchy that it runs. */
export async function lookInside(context: ApiContext, id: HierarchyId): Promise<Insight> {
  const { engine, file, host } = context;
  const state = engine.state();
  const hierarchy = state.snapshot?.view.hierarchies[id];
  const { windowMs } = hierarchy?.recovery ?? { windowMs: 0 };
  const now = host.clock.now();
  const recoveries = state.hierarchies.get(id)?.memory.recoveries.filter((at) => now - at < windowMs) ?? [];
  const estimates = await Promise.all(
    (hierarchy?.resources ?? []).map(async (resource) => {
      const parameters = parametersOn(resource, file.server);
      const check = createCheckContext(
        { ...context, checkLimitMs: insightLimitMs / 2 },
        resource.tag,
        parameters,
      );
      return context.kits
        .get(resource.kit)
        ?.estimateTakeover?.(check)
        .catch(() => undefined);
    }),
  );
  const known = estimates.filter((one) => one !== undefined);
  const [first] = known;
  return {
    recoveries: recoveries.length,
    estimate: first
      ? {
          walBytes: known.reduce((sum, { walBytes }) => sum + walBytes, 0),
          // Databases of one hierarchy recover side by side.
          estimateMs: Math.max(...known.map(({ estimateMs }) => estimateMs)),
          basis: known.every(({ basis }) => basis === 'measured') ? 'measured' : 'default',
        }
      : null,
  };
}

/** The owner's insight, wherever it is; `undefined` where it does not answer in time. */
export async function askOwner(
  context: ApiContext,
  owner: string | undefined,
  id: HierarchyId,
): Promise<Insight | undefined> {
  if (owner === undefined) return undefined;
  if (owner === context.file.server) return lookInside(context, id);
  const answer = await context
    .ask(owner, 'api/insight', { hierarchy: id }, insightLimitMs)
    .catch(() => undefined);
  return insightAnswer.safeParse(answer).data;
}

/** What would happen if the owner died now (B-02): who acts in which order, and how long it would take. */
export function foreseeOwnersDeath(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  known: { readonly insight: Insight | undefined; readonly last: KeptReport | undefined },
): ExplainAnswer['ifOwnerDied'] {
  if (!view.owners[hierarchy.id]) return null;
  const foreseen = foreseeLoss(observation, view, hierarchy);
  const first = foreseen.find(({ afterMs }) => afterMs !== undefined);
  const reason = first
    ? because('would-take-over', {
        server: first.server,
        priority: hierarchy.priorities[first.server] ?? 0,
      })
    : (foreseen[0]?.reason ?? because('nobody-could-take-over'));
  return {
    server: first?.server ?? null,
    reason: copyReason(first || foreseen.length === 1 ? reason : because('nobody-could-take-over')),
    rule: first ? 'K-24' : 'R-05',
    order: foreseen.map((one) => ({
      server: one.server,
      afterMs: one.afterMs === undefined ? null : Math.round(one.afterMs),
      reason: copyReason(one.reason),
      rule: ruleOfRow(one.row),
    })),
    outage: first ? estimateOutage(observation, first.afterMs ?? 0, known) : null,
  };
}

function estimateOutage(
  { profile }: Observation,
  turnMs: number,
  { insight, last }: { readonly insight: Insight | undefined; readonly last: KeptReport | undefined },
): OutageEstimate {
  const spent = last?.record.phases;
  const estimate = insight?.estimate ?? undefined;
  const volumeMs = spent?.volume ?? null;
  const addressMs = spent?.address ?? null;
  const postgresqlMs = estimate?.estimateMs ?? spent?.postgresql ?? null;
  const parts = {
    leaseMs: profile.leaseTtlMs,
    turnMs: Math.round(turnMs),
    volumeMs,
    addressMs,
    postgresqlMs,
  };
  return {
    ...parts,
    walBytes: estimate?.walBytes ?? null,
    basis: estimate?.basis ?? (spent ? 'report' : null),
    totalMs: Object.values(parts).reduce<number>((sum, part) => sum + (part ?? 0), 0),
  };
}

/** What would happen if each resource failed where it runs, now and once no local recovery is left (B-02). */
export function foreseeFailures(
  observation: Observation,
  view: StoreView,
  hierarchy: Hierarchy,
  insight: Insight | undefined,
): ExplainAnswer['ifResourceFailed'] {
  const { localRecovery, attempts } = hierarchy.recovery;
  const recoveries = insight?.recoveries ?? 0;
  return hierarchy.resources.flatMap(({ tag }) => {
    const now = foreseeFailure(observation, view, hierarchy, { tag, recoveries });
    const later = foreseeFailure(observation, view, hierarchy, { tag, recoveries: attempts });
    if (!now || !later) return [];
    const left = localRecovery ? Math.max(0, attempts - recoveries) : 0;
    return [
      {
        tag,
        outcome: now.kind,
        to: targetOf(now),
        reason: copyReason(reasonOf(now, { hierarchy, left })),
        rule: `${ruleOf(now)}, ${ruleOfRow(now.row)}`,
        recoveriesLeft: insight ? left : null,
        then: { outcome: later.kind, to: targetOf(later) },
      },
    ];
  });
}

function targetOf(foreseen: ForeseenFailure): string | null {
  return foreseen.kind === 'failover' ? foreseen.to : null;
}

function reasonOf(
  foreseen: ForeseenFailure,
  { hierarchy, left }: { readonly hierarchy: Hierarchy; readonly left: number },
): Reason {
  const { attempts, restMs } = hierarchy.recovery;
  switch (foreseen.kind) {
    case 'local-recovery':
      return because('would-be-repaired', { left, attempts });
    case 'failover':
      return because('would-move', { server: foreseen.to });
    case 'rest':
      return because('would-rest', { restMs });
    case 'watch':
      return because('would-be-watched');
    default:
      return foreseen satisfies never;
  }
}

function ruleOf({ kind }: ForeseenFailure): string {
  switch (kind) {
    case 'local-recovery':
    case 'failover':
      return 'R-02';
    case 'rest':
      return 'R-05';
    case 'watch':
      return 'R-07';
    default:
      return kind satisfies never;
  }
}

export function ruleOfRow(row: number): string {
  return `decision table, row ${String(row)}`;
}
