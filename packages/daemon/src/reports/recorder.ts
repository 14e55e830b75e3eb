import type { Decision, InstantMs, ServerName } from '@holdfast/core';
import {
  createReportMemory,
  followSign,
  type Report,
  type ReportMemory,
  type Sign,
  type Snapshot,
} from '@holdfast/engine';
import type { EngineEvent, InstanceRef, Instances } from '@holdfast/engine/ports';

/** Follows everything that this daemon sees, and makes the reports of what it brought in service. */
export interface ReportRecorder {
  event(event: EngineEvent): void;
  look(snapshot: Snapshot, seen: { readonly sentAt: InstantMs; readonly leaseTtlMs: number }): void;
  decided(decision: Decision, at: InstantMs): void;
  /** The same instances; their good checks are noted. */
  witness(instances: Instances): Instances;
}

/** Nothing here blocks or throws into its caller: reports inform people, and nothing waits for them. */
export function createReportRecorder(options: {
  readonly server: ServerName;
  readonly now: () => InstantMs;
  /** When each other server last answered a heartbeat. */
  readonly heardAt: () => Readonly<Record<ServerName, InstantMs>>;
  readonly onReport: (report: Report) => void;
  readonly onProblem: (error: unknown) => void;
}): ReportRecorder {
  const { server, now, heardAt, onReport, onProblem } = options;
  const memories = new Map<string, ReportMemory>();
  const decided = new Map<string, string>();

  function follow(id: string, sign: Sign): void {
    try {
      const known = memories.get(id) ?? createReportMemory(server, id);
      const { memory, report } = followSign(known, sign);
      memories.set(id, memory);
      if (report) onReport(report);
    } catch (error) {
      memories.delete(id);
      onProblem(error);
    }
  }

  function look(snapshot: Snapshot, seen: { readonly sentAt: InstantMs; readonly leaseTtlMs: number }): void {
    const { view } = snapshot;
    const ids = Object.keys(view.hierarchies);
    for (const id of memories.keys()) {
      if (view.hierarchies[id]) continue;
      memories.delete(id);
      decided.delete(id);
    }
    const statuses = Map.groupBy(snapshot.statuses, ({ hierarchy }) => hierarchy);
    const shared = { ...seen, seenAt: now(), view, heardAt: heardAt() };
    for (const id of ids) {
      // What is not extended here is never brought in service here.
      if (view.hierarchies[id]?.priorities[server] === undefined) memories.delete(id);
      else follow(id, { kind: 'look', look: { ...shared, statuses: statuses.get(id) ?? [] } });
    }
  }

  function noteDecision(decision: Decision, at: InstantMs): void {
    for (const { hierarchy, reason } of decision.hierarchies) {
      if (!memories.has(hierarchy)) continue;
      const gist = JSON.stringify(reason);
      if (decided.get(hierarchy) === gist) continue;
      decided.set(hierarchy, gist);
      follow(hierarchy, { kind: 'decided', at, reason });
    }
  }

  function note(instance: InstanceRef, depth: 'quick' | 'deep'): void {
    if (memories.has(instance.hierarchy))
      follow(instance.hierarchy, { kind: 'good', at: now(), tag: instance.tag, depth });
  }

  return {
    event(event) {
      const { hierarchy } = event;
      const concerned = hierarchy === undefined ? [...memories.keys()] : [hierarchy];
      for (const id of concerned) if (memories.has(id)) follow(id, { kind: 'event', event });
    },
    look,
    decided: noteDecision,
    witness: (instances) => ({
      ...instances,
      quickCheck: async (instance) => {
        const result = await instances.quickCheck(instance);
        if (result.state === 'ok') note(instance, 'quick');
        return result;
      },
      deepCheck: async (instance) => {
        const result = await instances.deepCheck(instance);
        if (result.state === 'ok') note(instance, 'deep');
        return result;
      },
    }),
  };
}
