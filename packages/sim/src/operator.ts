import {
  createHierarchyRequest,
  createInServiceRequest,
  createOutOfServiceRequest,
  deleteHierarchyRequest,
  extendRequest,
  setHierarchyRequest,
  type Requested,
  type RequestContext,
} from '@holdfast/engine';
import type { Wish } from './scenario.ts';
import type { World } from './world.ts';

const tries = 3;

/** The operators: each wish is judged and written as the API does it, from a fresh look at the store. */
export function scheduleWishes(world: World): void {
  world.scenario.wishes.forEach((wish, index) =>
    world.scheduler.after(wish.at, () => ask(world, wish, { operation: `op-${index + 1}`, left: tries })),
  );
}

function ask(world: World, wish: Wish, attempt: { readonly operation: string; readonly left: number }): void {
  const { etcd, scheduler, random, trace, keys } = world;
  const again = (): void => {
    if (attempt.left > 1) ask(world, wish, { ...attempt, left: attempt.left - 1 });
  };
  if (!etcd.hasLeader()) {
    scheduler.after(1000, again);
    return;
  }
  const { revision, entries } = etcd.read(keys.prefix);
  const snapshot = world.readSnapshot(revision, entries);
  const requested = request(
    world,
    { keys, snapshot, by: 'operator', wallTime: '2026-01-01T00:00:00.000Z' },
    wish,
    attempt.operation,
  );
  if (!requested.allowed) {
    trace.add(() => `operator: ${JSON.stringify(wish)} is refused: ${JSON.stringify(requested.reason)}`);
    return;
  }
  // Between the look and the commit the world may change: the comparisons find out.
  scheduler.after(random.between(0.5, random.chance(0.2) ? 400 : 10), () => {
    if (!etcd.hasLeader()) return again();
    const done = etcd.commit(requested.transaction);
    trace.add(() => `operator: ${JSON.stringify(wish)} ${done ? 'is asked for' : 'is overtaken'}`);
    if (!done) again();
  });
}

function request(world: World, context: RequestContext, wish: Wish, operation: string): Requested {
  const tag = wish.hierarchy;
  switch (wish.kind) {
    case 'in-service':
      return createInServiceRequest(context, { tag, target: wish.target, operation });
    case 'out-of-service':
      return createOutOfServiceRequest(context, { tag, operation });
    case 'delete':
      return deleteHierarchyRequest(context, { tag, force: wish.force });
    case 'extend':
      return extendRequest(context, { tag, server: wish.server, instances: {} });
    case 'unextend':
      return unextend(context, wish);
    case 'create':
      return create(world, context, wish);
    default:
      return wish satisfies never;
  }
}

function unextend(
  context: RequestContext,
  { hierarchy: tag, server }: Extract<Wish, { readonly kind: 'unextend' }>,
): Requested {
  const found = context.snapshot.view.hierarchies[tag];
  if (!found) return { allowed: false, reason: { code: 'unknown-tag', facts: { tag } } };
  const priorities = Object.fromEntries(Object.entries(found.priorities).filter(([name]) => name !== server));
  return setHierarchyRequest(context, { hierarchy: { ...found, priorities } });
}

/** What is taken into care must run nowhere but on that server: creation checks that first (K-05). */
function create(
  world: World,
  context: RequestContext,
  wish: Extract<Wish, { readonly kind: 'create' }>,
): Requested {
  const hierarchy = world.scenario.hierarchies.find(({ id }) => id === wish.hierarchy);
  if (!hierarchy) throw new RangeError(`no hierarchy ${wish.hierarchy}`);
  const [active = wish.server, ...others] = world.checkers.activeServers(hierarchy.id);
  if (others.length > 0) return { allowed: false, reason: { code: 'runs-twice', facts: {} } };
  const priority = hierarchy.priorities[active] ?? 1;
  return createHierarchyRequest(context, {
    hierarchy: { ...hierarchy, priorities: { [active]: priority } },
    server: active,
  });
}
