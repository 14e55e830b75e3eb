import { because, judgeFailover, type ServerName, type Reason } from '@holdfast/core';
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
