import type { HierarchyStatus } from '@holdfast/core';
import {
  addDependencyRequest,
  hierarchyOfTag,
  removeServerRequest,
  unextendRequest,
  type Requested,
  type RequestContext,
} from '@holdfast/engine';
import type { KillStep, Write } from '@holdfast/engine/ports';
import { generateJoining } from './generate.ts';
import type { Mutant } from './mutant.ts';
import type { Wish } from './scenario.ts';
import { shippedRules as shipped, type Rules } from './world.ts';

/** Leaves writes out of what operators with a wish of this kind ask for. */
function withoutWrites(kind: Wish['kind'], isLeftOut: (key: string, wish: Wish) => boolean): Rules {
  const keyOf = (write: Write): string => ('put' in write ? write.put : '');
  return {
    ...shipped,
    wrapRequest: (requested, { wish }) =>
      requested.allowed && wish.kind === kind
        ? {
            ...requested,
            transaction: {
              ...requested.transaction,
              write: requested.transaction.write.filter((write) => !isLeftOut(keyOf(write), wish)),
            },
          }
        : requested,
  };
}

/** As if the child's hierarchy were where the parent's is. */
function joinBlindly(context: RequestContext, wish: Extract<Wish, { kind: 'add-dependency' }>): Requested {
  const { view, statuses } = context.snapshot;
  const upper = hierarchyOfTag(view, wish.hierarchy);
  const lower = hierarchyOfTag(view, wish.child);
  const owner = upper && view.owners[upper.id];
  const asked = { parent: wish.hierarchy, child: wish.child };
  if (!lower || !owner || !view.owners[lower.id]) return addDependencyRequest(context, asked);
  const instances = lower.resources.map(({ tag }) => [tag, { state: 'in-service', reason: undefined }]);
  const forged: HierarchyStatus = {
    server: owner.server,
    hierarchy: lower.id,
    incarnation: owner.incarnation,
    instances: Object.fromEntries(instances),
  };
  const others = statuses.filter((one) => one.hierarchy !== lower.id || one.server !== owner.server);
  const snapshot = {
    ...context.snapshot,
    view: { ...view, owners: { ...view.owners, [lower.id]: owner } },
    statuses: [...others, forged],
  };
  return addDependencyRequest({ ...context, snapshot }, asked);
}

function unextendBlindly(context: RequestContext, wish: Extract<Wish, { kind: 'unextend' }>): Requested {
  const snapshot = { ...context.snapshot, view: { ...context.snapshot.view, owners: {} } };
  const { hierarchy: tag, server } = wish;
  return unextendRequest({ ...context, snapshot }, { tag, server, force: true });
}

/** As if the server owned nothing: what it owns is free for everybody. */
function removeBlindly(context: RequestContext, wish: Extract<Wish, { kind: 'remove-server' }>): Requested {
  const { view } = context.snapshot;
  const snapshot = { ...context.snapshot, view: { ...view, owners: {} } };
  const { server } = wish;
  const requested = removeServerRequest({ ...context, snapshot }, { server, leaving: false, force: true });
  if (!requested.allowed) return requested;
  const owned = Object.keys(view.owners).filter((id) => view.owners[id]?.server === server);
  const freed = owned.map((id) => ({ delete: context.keys.owner(id) }));
  const { transaction } = requested;
  return { ...requested, transaction: { ...transaction, write: [...transaction.write, ...freed] } };
}

/** Changes of the structure that leave something out. */
export const structureMutants: readonly Mutant[] = [
  {
    name: 'a joined hierarchy goes on in its old term',
    breaks: 'joining raises no term',
    rules: () =>
      withoutWrites('add-dependency', (key) => key.includes('/terms/') || key.includes('/owners/')),
    schedule: generateJoining,
    seen: { as: ['S4', 'barrier'] },
  },
  {
    name: 'a part that leaves has no owner',
    breaks: 'what runs of it is free for everybody',
    rules: () =>
      withoutWrites('remove-dependency', (key, wish) =>
        'child' in wish ? key.endsWith(`/owners/${wish.child}`) : false,
      ),
    schedule: generateJoining,
    seen: { as: ['S1', 'S2', 'S3'] },
  },
  {
    name: 'joined wherever they run',
    breaks: 'it is not asked whether both are in service on one server',
    rules: () => ({
      ...shipped,
      wrapRequest: (requested, { context, wish }) =>
        wish.kind === 'add-dependency' ? joinBlindly(context, wish) : requested,
    }),
    schedule: generateJoining,
    seen: { as: ['S1', 'S4', 'S2'] },
  },
  {
    name: 'the old plan stays after hierarchies were joined',
    breaks: 'a plan is forgotten before another one has its steps',
    rules: () => ({ ...shipped, wrapGuard: (guard) => ({ ...guard, ...keepingFirstPlans(guard) }) }),
    schedule: generateJoining,
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'unextended where it is in service',
    breaks: 'an unextension does not look at the owner',
    rules: () => ({
      ...shipped,
      wrapRequest: (requested, { context, wish }) =>
        wish.kind === 'unextend' ? unextendBlindly(context, wish) : requested,
    }),
    seen: { as: ['S1', 'S3', 'S8', 'L1', 'L3'] },
  },
  {
    name: 'a server is taken out although it owns something',
    breaks: 'nobody waits for the end of its lease',
    rules: () => ({
      ...shipped,
      wrapRequest: (requested, { context, wish }) =>
        wish.kind === 'remove-server' ? removeBlindly(context, wish) : requested,
    }),
    seen: { as: ['S1', 'S2', 'S3', 'S8'] },
  },
];

/** Every later plan of a hierarchy has the steps of the first one. */
function keepingFirstPlans(
  guard: Parameters<Rules['wrapGuard']>[0],
): Pick<Parameters<Rules['wrapGuard']>[0], 'plan' | 'drop'> {
  const first = new Map<string, readonly KillStep[]>();
  return {
    plan: (hierarchy, term, steps) => {
      const kept = first.get(hierarchy) ?? steps;
      first.set(hierarchy, kept);
      return guard.plan(hierarchy, term, kept);
    },
    drop: (hierarchy) => {
      first.delete(hierarchy);
      return guard.drop(hierarchy);
    },
  };
}
