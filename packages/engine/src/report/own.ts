import {
  because,
  isSwitchback,
  judgeFailover,
  type HierarchyId,
  type Reason,
  type ServerName,
  type StoreView,
} from '@holdfast/core';
import { changeIncident } from './incident.ts';
import type { ReportMemory } from './signs.ts';

/** This server has the hierarchy from now on: nothing of it counts as running until it was started in this term. */
export function becomeOwner(memory: ReportMemory, term: number): ReportMemory {
  const { hierarchy, server } = memory;
  if (memory.owner === server && memory.term === term) return memory;
  const owning = {
    ...memory,
    owner: server,
    term,
    status: undefined,
    lastGood: undefined,
    goodChecks: {},
    busy: [],
    down: hierarchy?.resources.map(({ tag }) => tag) ?? [],
  };
  return changeIncident(owning, { skipped: skippedServers(memory) });
}

/** Why it is being moved, where that was asked for: by an operator, or by the hierarchy's own switchback (H-05). */
export function causeOfMove(view: StoreView, id: HierarchyId): Reason | undefined {
  const desired = view.desired[id];
  if (desired?.kind !== 'in-service' || desired.target === undefined) return undefined;
  const operation = desired.operation === undefined ? undefined : view.operations[desired.operation];
  const { target: server } = desired;
  if (operation && isSwitchback(operation)) return because('switchback-due', { server });
  return because('move-asked', { server, by: operation?.by ?? '' });
}

/** Servers that the priorities name before this one, and why they did not take it. */
function skippedServers({
  hierarchy,
  view,
  server,
  incident,
}: ReportMemory): readonly { readonly server: ServerName; readonly reason: Reason }[] {
  if (!hierarchy || !view || incident?.target === server) return [];
  const own = hierarchy.priorities[server] ?? 0;
  return Object.entries(hierarchy.priorities)
    .filter(([name, priority]) => name !== server && priority < own)
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => {
      const verdict = judgeFailover(view, hierarchy, name);
      return {
        server: name,
        reason: verdict.allowed ? because('did-not-take-it', { server: name }) : verdict.reason,
      };
    });
}
