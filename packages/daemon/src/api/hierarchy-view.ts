import type { HierarchyAnswer, HierarchyBody, HierarchySummaryName, OperationBody } from '@holdfast/contract';
import {
  because,
  candidates,
  failureOf,
  judgeConfirmation,
  judgeKeeping,
  maintenanceOf,
  startOrder,
  type Hierarchy,
  type HierarchyStatus,
  type Operation,
  type Reason,
  type Resource,
} from '@holdfast/core';
import { statusOf, type EngineState, type Snapshot } from '@holdfast/engine';
import type { ApiContext } from './context.ts';

type InstanceView = HierarchyBody['resources'][number]['instances'][string];

/** A hierarchy as the cluster page shows it, from one snapshot and this server's own newest state. */
export function viewHierarchy(context: ApiContext, snapshot: Snapshot, hierarchy: Hierarchy): HierarchyBody {
  const { view } = snapshot;
  const owner = view.owners[hierarchy.id];
  const desired = view.desired[hierarchy.id];
  const operation = desired?.operation === undefined ? undefined : view.operations[desired.operation];
  const statuses = collectStatuses(context, snapshot, hierarchy);
  const resources = [...startOrder(hierarchy.resources)].reverse().map((resource) => ({
    tag: resource.tag,
    kit: resource.kit,
    children: [...resource.children],
    instances: Object.fromEntries(
      Object.keys(hierarchy.priorities).map((server) => [
        server,
        viewInstance(statuses.get(server), resource),
      ]),
    ),
  }));
  const backups = candidates(view, hierarchy).filter((server) => server !== owner?.server);
  const waits = waitingOf(context, snapshot, hierarchy);
  return {
    id: hierarchy.id,
    summary: summarize({
      hierarchy,
      owner: owner?.server,
      desired: desired?.kind,
      resources,
      backups: backups.length,
      waits: waits.some(({ code }) => code === 'waiting-for-confirmation' || code === 'kept-by-server'),
      inMaintenance: maintenanceOf(view, hierarchy) !== 'none',
    }),
    desired: desired?.kind ?? 'out-of-service',
    target: desired?.kind === 'in-service' ? (desired.target ?? null) : null,
    owner: owner ? { server: owner.server, term: owner.term } : null,
    operation: operation?.state === 'running' ? operation.id : null,
    priorities: { ...hierarchy.priorities },
    resources,
    protection: [
      'lease',
      'volume-record',
      ...(context.file.watchdog === null ? [] : (['watchdog'] as const)),
    ],
    warnings: [...waits, ...warningsOf(context, backups.length)].map(copyReason),
  };
}

/** With everything that can be set. */
export function detailHierarchy(
  context: ApiContext,
  snapshot: Snapshot,
  hierarchy: Hierarchy,
): HierarchyAnswer {
  const body = viewHierarchy(context, snapshot, hierarchy);
  const byTag = new Map(hierarchy.resources.map((resource) => [resource.tag, resource]));
  return {
    ...body,
    recovery: { ...hierarchy.recovery },
    switchback: { ...hierarchy.switchback },
    maintenance: hierarchy.maintenance,
    resources: body.resources.flatMap((shown) => {
      const resource = byTag.get(shown.tag);
      if (!resource) return [];
      const { parameters, checks, tunables } = resource;
      const perServer = Object.fromEntries(
        Object.entries(resource.instances).map(([server, own]) => [server, { ...own }]),
      );
      return [
        {
          ...shown,
          parameters: { ...parameters },
          perServer,
          checks: { ...checks },
          tunables: { ...tunables },
        },
      ];
    }),
  };
}

/** Of this server what it knows itself; of the others what they have said under a lease that still lives. */
function collectStatuses(
  { engine, guard, file }: ApiContext,
  snapshot: Snapshot,
  hierarchy: Hierarchy,
): ReadonlyMap<string, HierarchyStatus> {
  const state: Readonly<EngineState> = engine.state();
  const found = new Map(
    snapshot.statuses
      .filter((status) => status.hierarchy === hierarchy.id)
      .filter((status) => snapshot.view.sessions[status.server]?.incarnation === status.incarnation)
      .map((status) => [status.server, status]),
  );
  const own = state.hierarchies.get(hierarchy.id);
  const lease = guard.state();
  if (own && lease) {
    const mark = failureOf(snapshot.view, hierarchy.id, file.server)?.reason;
    const self = { server: file.server, incarnation: lease.incarnation, mark };
    found.set(file.server, statusOf(hierarchy, own, self));
  }
  return found;
}

/** A server that does not answer says nothing: its instances are unknown, never stopped (S5). */
function viewInstance(status: HierarchyStatus | undefined, resource: Resource): InstanceView {
  const instance = status?.instances[resource.tag];
  if (!instance) return { state: 'unknown', reason: null };
  return { state: instance.state, reason: instance.reason ? copyReason(instance.reason) : null };
}

/** An operation of the store as the API shows it. */
export function describeOperation({ target, reason, ...operation }: Operation): OperationBody {
  return { ...operation, target: target ?? null, reason: reason ? copyReason(reason) : null };
}

export function copyReason(reason: Reason): {
  code: string;
  facts: Record<string, string | number | boolean>;
} {
  return { code: reason.code, facts: { ...reason.facts } };
}

function summarize(of: {
  readonly hierarchy: Hierarchy;
  readonly owner: string | undefined;
  readonly desired: 'in-service' | 'out-of-service' | undefined;
  readonly resources: HierarchyBody['resources'];
  readonly backups: number;
  readonly waits: boolean;
  readonly inMaintenance: boolean;
}): HierarchySummaryName {
  const { owner, desired, resources, backups, waits, inMaintenance } = of;
  if (!owner && waits) return 'failed';
  if (!owner) return desired === 'in-service' ? (backups > 0 ? 'warning' : 'failed') : 'out-of-service';
  const states = resources.map(({ instances }) => instances[owner]?.state ?? 'unknown');
  if (states.includes('failed')) return 'failed';
  if (states.includes('unknown')) return 'unknown';
  const isSound = states.every((state) => state === 'in-service');
  return isSound && backups > 0 && !inMaintenance ? 'normal' : 'warning';
}

/** What is set so that nothing, or not everything, goes on by itself. */
function waitingOf(context: ApiContext, { view }: Snapshot, hierarchy: Hierarchy): readonly Reason[] {
  const { id } = hierarchy;
  const maintenance = maintenanceOf(view, hierarchy);
  if (maintenance !== 'none') {
    const code = maintenance === 'cluster' ? 'cluster-in-maintenance' : 'in-maintenance';
    return [because(code, { hierarchy: id })];
  }
  if (view.desired[id]?.kind !== 'in-service') return [];
  const decided = context.engine.lastDecision()?.hierarchies.find((one) => one.hierarchy === id)?.reason;
  const rests = decided && restReasons.has(decided.code) ? [decided] : [];
  return [...(view.owners[id] ? [] : unownedOf(view, hierarchy)), ...rests];
}

/** Of a resting hierarchy only the server that decides to rest knows how long. */
const restReasons = new Set(['failovers-used-up', 'failovers-used-up-here', 'failover-blocked-here']);

/** Nobody has it, and nobody who could run it may take it before a certain server is back, or an operator agrees. */
function unownedOf(view: Snapshot['view'], hierarchy: Hierarchy): readonly Reason[] {
  const kept = Object.keys(hierarchy.priorities).map((server) => judgeKeeping(view, hierarchy, server));
  const keeping = kept.find((verdict) => !verdict.allowed);
  if (keeping && !keeping.allowed) return [keeping.reason];
  const able = candidates(view, hierarchy);
  const asked = able.length > 0 ? able : Object.keys(hierarchy.priorities);
  const verdicts = asked.map((server) => judgeConfirmation(view, hierarchy, server));
  if (able.length > 0 && verdicts.some(({ allowed }) => allowed)) return [];
  return verdicts.flatMap((verdict) => (verdict.allowed ? [] : [verdict.reason])).slice(0, 1);
}

function warningsOf(context: ApiContext, backups: number): readonly Reason[] {
  const found: Reason[] = [];
  if (context.file.watchdog === null) found.push(because('protected-by-the-lease-only'));
  if (backups === 0) found.push(because('no-usable-backup'));
  return found;
}
