import type { Keys } from '@holdfast/contract';
import {
  allow,
  because,
  judgeEligible,
  maintenanceOf,
  refuse,
  type Desired,
  type Hierarchy,
  type HierarchyId,
  type Operation,
  type OperationId,
  type Refusal,
  type ServerName,
  type StoreView,
  type Tag,
  type Verdict,
} from '@holdfast/core';
import { deleteOldOperations } from './old-operations.ts';
import type { Compare, Transaction, Write } from './ports.ts';
import type { Snapshot } from './snapshot.ts';
import { asSeen, put } from './transactions.ts';

/**
 * What an operator asks for, as one transaction each: done wholly or not at all (H-01). A request compares with every
 * key that it was judged from, so a commit that answers false means: the world has changed, look and ask again.
 */
export interface RequestContext {
  readonly keys: Keys;
  readonly snapshot: Snapshot;
  /** Who asks, for people. */
  readonly by: string;
  readonly wallTime: string;
}

export interface AllowedRequest {
  readonly allowed: true;
  readonly transaction: Transaction;
  /** What to follow until it ends; configuration changes are complete with their transaction. */
  readonly operation: Operation | undefined;
}

export type Requested = AllowedRequest | Refusal;

/** The hierarchy that has this tag. */
export function hierarchyOfTag(view: StoreView, tag: Tag): Hierarchy | undefined {
  return Object.values(view.hierarchies).find((one) =>
    one.resources.some((resource) => resource.tag === tag),
  );
}

/** Brings a hierarchy in service: on `target`, else where it is, else on the most preferred server (H-03). */
export function createInServiceRequest(
  context: RequestContext,
  asked: { readonly tag: Tag; readonly target?: ServerName | undefined; readonly operation: OperationId },
): Requested {
  const { keys, snapshot } = context;
  const { view } = snapshot;
  const hierarchy = hierarchyOfTag(view, asked.tag);
  if (!hierarchy) return refuse('unknown-tag', { tag: asked.tag });
  const { id } = hierarchy;
  const verdictOnMaintenance = judgeMaintenance(view, hierarchy);
  if (!verdictOnMaintenance.allowed) return verdictOnMaintenance;
  const running = runningOperation(view, id);
  if (running) return refuse('operation-running', { operation: running.id, hierarchy: id });
  const owner = view.owners[id]?.server;
  const target = asked.target === owner ? undefined : asked.target;
  const verdict = judgeInService(snapshot, hierarchy, target);
  if (!verdict.allowed) return verdict;
  const operation = begunOperation(context, {
    id: asked.operation,
    kind: 'in-service',
    hierarchy: id,
    target,
  });
  const desired: Desired = {
    kind: 'in-service',
    operation: operation.id,
    target,
    from: target === undefined ? undefined : owner,
    confirmed: owner === undefined ? view.terms[id] : undefined,
    chosen: hierarchy.switchback.kind === 'automatic' ? asked.target : undefined,
  };
  const seen = [keys.settings, keys.hierarchy(id), keys.desired(id), keys.owner(id), keys.term(id)];
  return {
    allowed: true,
    operation,
    transaction: {
      compare: [
        ...compareAll(context, target === undefined ? seen : [...seen, keys.session(target)]),
        { key: keys.operation(operation.id), is: 'absent' },
      ],
      write: [
        put(keys.desired(id), desired),
        put(keys.operation(operation.id), operation),
        ...deleteMarks(context, id),
        ...deleteOldOperations(context, id),
      ],
    },
  };
}

/** in maintenance nothing is started, stopped or moved, also not on request; the reason says by what it is in maintenance. */
function judgeMaintenance(view: StoreView, hierarchy: Hierarchy): Verdict {
  const by = maintenanceOf(view, hierarchy);
  if (by === 'none') return allow();
  return refuse(by === 'cluster' ? 'cluster-in-maintenance' : 'in-maintenance', { hierarchy: hierarchy.id });
}

function judgeInService(snapshot: Snapshot, hierarchy: Hierarchy, target: ServerName | undefined): Verdict {
  const { view } = snapshot;
  if (target !== undefined) {
    if (!view.servers[target]) return refuse('unknown-server', { server: target });
    // A failure mark does not stand against an operator's word: the request clears it.
    return judgeEligible({ ...view, failures: [] }, hierarchy, target);
  }
  const owner = view.owners[hierarchy.id];
  const wanted = view.desired[hierarchy.id]?.kind === 'in-service';
  if (owner && wanted && runsWholly(snapshot, hierarchy, owner.server))
    return refuse('already-in-service', { hierarchy: hierarchy.id, server: owner.server });
  return allow();
}

/** Takes a hierarchy out of service. It overtakes a start or a move that is still under way: stopping is always allowed. */
export function createOutOfServiceRequest(
  context: RequestContext,
  asked: { readonly tag: Tag; readonly operation: OperationId },
): Requested {
  const { keys, snapshot, by } = context;
  const { view } = snapshot;
  const hierarchy = hierarchyOfTag(view, asked.tag);
  if (!hierarchy) return refuse('unknown-tag', { tag: asked.tag });
  const { id } = hierarchy;
  const verdict = judgeMaintenance(view, hierarchy);
  if (!verdict.allowed) return verdict;
  const running = runningOperation(view, id);
  if (running?.kind === 'out-of-service')
    return refuse('operation-running', { operation: running.id, hierarchy: id });
  const owner = view.owners[id];
  if (!owner && view.desired[id]?.kind === 'out-of-service')
    return refuse('already-out-of-service', { hierarchy: id });
  const begun = begunOperation(context, {
    id: asked.operation,
    kind: 'out-of-service',
    hierarchy: id,
    target: undefined,
  });
  const operation: Operation = owner ? begun : { ...begun, state: 'done' };
  const overtaken = running && {
    ...running,
    state: 'failed',
    reason: because('overtaken', { operation: operation.id }),
  };
  return {
    allowed: true,
    operation,
    transaction: {
      compare: [
        ...compareAll(context, [keys.settings, keys.hierarchy(id), keys.desired(id), keys.owner(id)]),
        ...(running ? [asSeen(context, keys.operation(running.id))] : []),
        { key: keys.operation(operation.id), is: 'absent' },
      ],
      write: [
        put(keys.desired(id), { kind: 'out-of-service', operation: operation.id, by }),
        put(keys.operation(operation.id), operation),
        ...(overtaken ? [put(keys.operation(overtaken.id), overtaken)] : []),
        ...deleteOldOperations(context, id),
      ],
    },
  };
}

export function runningOperation(view: StoreView, hierarchy: HierarchyId): Operation | undefined {
  return Object.values(view.operations).find((one) => one.hierarchy === hierarchy && one.state === 'running');
}

/** By its owner's own word: every instance runs there now. */
export function runsWholly(snapshot: Snapshot, hierarchy: Hierarchy, server: ServerName): boolean {
  const status = snapshot.statuses.find((one) => one.server === server && one.hierarchy === hierarchy.id);
  return (
    status !== undefined &&
    status.incarnation === snapshot.view.owners[hierarchy.id]?.incarnation &&
    hierarchy.resources.every(({ tag }) => {
      const state = status.instances[tag]?.state;
      return state === 'in-service' || state === 'degraded';
    })
  );
}

function begunOperation(
  { by, wallTime }: RequestContext,
  asked: Pick<Operation, 'id' | 'kind' | 'hierarchy' | 'target'>,
): Operation {
  return { ...asked, state: 'running', by, at: wallTime, reason: undefined };
}

export function compareAll(context: RequestContext, names: readonly string[]): Compare[] {
  return names.map((key) => asSeen(context, key));
}

export function deleteMarks({ keys, snapshot }: RequestContext, hierarchy: HierarchyId): Write[] {
  return snapshot.view.failures
    .filter((mark) => mark.hierarchy === hierarchy)
    .map((mark) => ({ delete: keys.failure(hierarchy, mark.server) }));
}
