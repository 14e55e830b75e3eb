import {
  addDependencyRequest,
  createHierarchyRequest,
  createInServiceRequest,
  createOutOfServiceRequest,
  deleteRequest,
  extendRequest,
  put,
  removeDependencyRequest,
  removeServerRequest,
  setHierarchyRequest,
  setServerRequest,
  setSettingsRequest,
  unextendRequest,
  type Requested,
  type RequestContext,
} from '@holdfast/engine';
import type { Hierarchy } from '@holdfast/core';
import type { Store, Transaction } from '@holdfast/engine/ports';
import type { Wish } from './scenario.ts';
import { switchOn } from './life.ts';
import { serverOf, type Node, type World } from './world.ts';

const tries = 3;
const mostLooks = 100;

/** The operators: each wish is judged and written as the API does it, from a fresh look at the store. */
export function scheduleWishes(world: World): void {
  world.scenario.wishes.forEach((wish, index) =>
    world.scheduler.after(wish.at, () => ask(world, wish, { operation: `op-${index + 1}`, left: tries })),
  );
}

interface Attempt {
  readonly operation: string;
  readonly left: number;
}

function ask(world: World, wish: Wish, attempt: Attempt): void {
  const { etcd, scheduler, random, trace } = world;
  const again = (): void => {
    if (attempt.left > 1) ask(world, wish, { ...attempt, left: attempt.left - 1 });
  };
  if (!etcd.hasLeader()) {
    scheduler.after(1000, again);
    return;
  }
  if (wish.kind === 'create') return create(world, wish);
  const context = lookAround(world);
  const requested = world.rules.wrapRequest(request(context, wish, attempt.operation), { context, wish });
  if (!requested.allowed) {
    trace.add(() => `operator: ${JSON.stringify(wish)} is refused: ${JSON.stringify(requested.reason)}`);
    return;
  }
  // Between the look and the commit the world may change: the comparisons find out.
  scheduler.after(random.between(0.5, random.chance(0.2) ? 400 : 10), () => {
    if (!etcd.hasLeader()) return again();
    void commitSomewhere(world, requested.transaction).then((done) => {
      trace.add(() => `operator: ${JSON.stringify(wish)} ${done === true ? 'is asked for' : `is ${done}`}`);
      if (done === true) finishWish(world, wish);
      else if (done === 'overtaken') again();
      else scheduler.after(1_000, again);
    });
  });
}

/** Any server takes an operator's request, while it has not promised to change nothing (C-08). */
async function commitSomewhere(
  world: World,
  transaction: Transaction,
): Promise<true | 'overtaken' | 'refused'> {
  const { etcd, nodes, random, rules, scenario } = world;
  const store = { commit: (one: Transaction) => Promise.resolve(etcd.commit(one)) };
  if (scenario.failsafe !== true) return (await store.commit(transaction)) || 'overtaken';
  const able = [...nodes.values()].filter(
    ({ daemon, link, machine }) =>
      daemon?.promises &&
      machine.isOn() &&
      !machine.isFrozen() &&
      !daemon.process.isFrozen() &&
      link.state === 'open',
  );
  const promises = able.length === 0 ? undefined : random.pick(able).daemon?.promises;
  if (!promises) return 'refused';
  const bound = rules.bindsChanges ? promises.bind({ ...noStore, ...store }) : store;
  try {
    return (await bound.commit(transaction)) || 'overtaken';
  } catch {
    return 'refused';
  }
}

const noStore: Store = {
  read: () => Promise.reject(new Error('nothing is read here')),
  commit: () => Promise.resolve(false),
  watch: () => () => {},
};

function finishWish(world: World, wish: Wish): void {
  const node = wish.kind === 'join' ? world.nodes.get(wish.server) : undefined;
  if (!node) return;
  node.isMember = true;
  world.scheduler.after(world.random.between(100, 2_000), () => switchOn(world, node));
}

function lookAround({ etcd, keys, readSnapshot }: World): RequestContext {
  const { revision, entries } = etcd.read(keys.prefix);
  const snapshot = readSnapshot(revision, entries);
  return { keys, snapshot, by: 'operator', wallTime: '2026-01-01T00:00:00.000Z' };
}

function request(
  context: RequestContext,
  wish: Exclude<Wish, { readonly kind: 'create' }>,
  operation: string,
): Requested {
  switch (wish.kind) {
    case 'in-service':
      return createInServiceRequest(context, { tag: wish.hierarchy, target: wish.target, operation });
    case 'out-of-service':
      return createOutOfServiceRequest(context, { tag: wish.hierarchy, operation });
    case 'delete':
      return deleteRequest(context, { tag: wish.hierarchy, force: wish.force });
    case 'extend':
      return extendRequest(context, { tag: wish.hierarchy, server: wish.server, instances: {} });
    case 'unextend':
      return unextendRequest(context, { tag: wish.hierarchy, server: wish.server, force: wish.force });
    case 'add-dependency':
      return addDependencyRequest(context, { parent: wish.hierarchy, child: wish.child });
    case 'remove-dependency':
      return removeDependencyRequest(context, { parent: wish.hierarchy, child: wish.child });
    case 'set':
      return set(context, wish);
    case 'maintenance':
      return maintain(context, wish);
    case 'switchback':
      return change(context, wish.hierarchy, (found) => ({
        ...found,
        switchback:
          wish.healthyForMs === undefined
            ? { kind: 'intelligent' }
            : { kind: 'automatic', healthyForMs: wish.healthyForMs },
      }));
    case 'remove-server':
      return removeServerRequest(context, { server: wish.server, leaving: false, force: wish.force });
    case 'set-server':
      return setServer(context, wish);
    case 'join':
      return join(context, wish.server);
    default:
      return wish satisfies never;
  }
}

function join({ keys, snapshot }: RequestContext, server: string): Requested {
  const revision = snapshot.modRevisions.get(keys.revision) ?? 0;
  return {
    allowed: true,
    operation: undefined,
    transaction: {
      compare: [
        { key: keys.revision, is: 'unchanged', modRevision: revision },
        { key: keys.server(server), is: 'absent' },
      ],
      write: [
        put(keys.revision, { revision: snapshot.configRevision + 1 }),
        put(keys.server(server), serverOf({ name: server, role: 'member' })),
      ],
    },
  };
}

function set(
  context: RequestContext,
  { hierarchy: tag, localRecovery }: Extract<Wish, { readonly kind: 'set' }>,
): Requested {
  return change(context, tag, (found) => {
    const names = Object.keys(found.priorities);
    const turned = Object.values(found.priorities).reverse();
    return {
      ...found,
      recovery: { ...found.recovery, localRecovery },
      priorities: Object.fromEntries(names.map((name, index) => [name, turned[index] ?? 1])),
    };
  });
}

function maintain(
  context: RequestContext,
  { hierarchy, on }: Extract<Wish, { readonly kind: 'maintenance' }>,
): Requested {
  if (hierarchy !== undefined) return change(context, hierarchy, (found) => ({ ...found, maintenance: on }));
  const initial = { profile: 'test', maintenance: false, tunables: {} } as const;
  return setSettingsRequest(context, { settings: { maintenance: on }, initial });
}

function setServer(
  context: RequestContext,
  {
    server,
    confirmFailover,
    blockFailover,
    shutdownStrategy,
  }: Extract<Wish, { readonly kind: 'set-server' }>,
): Requested {
  const changes = {
    ...(confirmFailover !== undefined && { confirmFailover }),
    ...(blockFailover !== undefined && { blockFailover }),
    ...(shutdownStrategy !== undefined && { shutdownStrategy }),
  };
  return setServerRequest(context, { server, changes });
}

function change(context: RequestContext, tag: string, changed: (found: Hierarchy) => Hierarchy): Requested {
  const found = context.snapshot.view.hierarchies[tag];
  if (!found) return { allowed: false, reason: { code: 'unknown-tag', facts: { tag } } };
  return setHierarchyRequest(context, { hierarchy: changed(found) });
}

/**
 * What is taken into care must run nowhere but on that server (K-05), and that server's daemon does it: its guard holds
 * the plan before the store has the hierarchy.
 */
function create(world: World, wish: Extract<Wish, { readonly kind: 'create' }>): void {
  const { scenario, checkers, trace, nodes } = world;
  const planned = scenario.hierarchies.find(({ id }) => id === wish.hierarchy);
  if (!planned) throw new RangeError(`no hierarchy ${wish.hierarchy}`);
  const [active = wish.server, ...others] = checkers.serversOf(planned.resources.map(({ tag }) => tag));
  const node = nodes.get(active);
  const daemon = node?.daemon;
  const engine = daemon?.engine;
  if (others.length > 0 || !node || !daemon || !engine) return;
  const hierarchy = { ...planned, priorities: { [active]: planned.priorities[active] ?? 1 } };
  const finish = (done: boolean): void => {
    trace.add(() => `operator: ${JSON.stringify(wish)} ${done ? 'is done' : 'fails'} on ${active}`);
    if (!done) engine.unprotect(hierarchy.id).catch(() => {});
  };
  daemon.process.deliver(() => {
    if (lookAround(world).snapshot.view.hierarchies[hierarchy.id]) return;
    engine
      .protect(hierarchy)
      .then(() => commitCreation(world, node, hierarchy))
      .then(finish, () => {
        trace.add(() => 'operator: nobody knows whether the creation took place');
        settleCreation(world, node, hierarchy.id, mostLooks);
      });
  });
}

/** An unanswered commit may have taken place: only a later look says so. */
function settleCreation(world: World, node: Node, hierarchy: string, looks: number): void {
  const { daemon } = node;
  const engine = daemon?.engine;
  if (!daemon || !engine || looks === 0) return;
  daemon.process.after(500, () => {
    engine.refresh().then(
      ({ view }) => {
        if (!view.hierarchies[hierarchy]) engine.unprotect(hierarchy).catch(() => {});
      },
      () => settleCreation(world, node, hierarchy, looks - 1),
    );
  });
}

async function commitCreation(world: World, node: Node, hierarchy: Hierarchy): Promise<boolean> {
  const context = lookAround(world);
  // A server creates under the lease that it has (`startAndRecord`); the store may still show its session of an earlier one.
  const session = context.snapshot.view.sessions[node.plan.name];
  if (session?.incarnation !== node.slot.guard?.state()?.incarnation) {
    world.trace.add(() => 'operator: creation is refused: the session is of an earlier lease');
    return false;
  }
  const requested = createHierarchyRequest(context, { hierarchy, server: node.plan.name });
  if (!requested.allowed) {
    world.trace.add(() => `operator: creation is refused: ${JSON.stringify(requested.reason)}`);
    return false;
  }
  return (await node.daemon?.store.commit(requested.transaction)) ?? false;
}
