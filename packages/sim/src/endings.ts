import type { Snapshot } from '@holdfast/engine';
import { judgeEligible, judgeKeeping, type Hierarchy, type StoreView } from '@holdfast/core';
import type { Rule } from './checkers.ts';
import type { World } from './world.ts';

interface Unsettled {
  readonly rule: Rule;
  readonly text: string;
}

/** What is still to come, once faults have stopped: nothing when the cluster is at rest as it should be (L1, L3, S8). */
export function settlement(world: World): Unsettled | undefined {
  const { etcd, keys } = world;
  const { revision, entries } = etcd.read(keys.prefix);
  const snapshot = world.readSnapshot(revision, entries);
  const { view } = snapshot;
  for (const operation of Object.values(view.operations)) {
    const hierarchy = view.hierarchies[operation.hierarchy];
    const isWaiting =
      operation.kind === 'in-service' && hierarchy && ableServers(snapshot, hierarchy).length === 0;
    if (operation.state === 'running' && !isWaiting)
      return { rule: 'L3', text: `operation ${operation.id} does not end` };
  }
  for (const { plan, machine, slot } of world.nodes.values()) {
    const session = view.sessions[plan.name];
    if (!world.nodes.get(plan.name)?.isMember) continue;
    if (!world.scenario.staysOff.includes(plan.name) && !machine.isOn())
      return { rule: 'L1', text: `${plan.name} is not on` };
    if (!view.servers[plan.name]) {
      if (session) return { rule: 'S2', text: `${plan.name} was taken out and has a session` };
      continue;
    }
    if (machine.isOn() && session?.incarnation !== (slot.guard?.state()?.incarnation ?? 'none'))
      return { rule: 'L1', text: `${plan.name} has no session` };
  }
  for (const hierarchy of Object.values(view.hierarchies)) {
    const unsettled = settlementOf(world, snapshot, hierarchy);
    if (unsettled) return unsettled;
  }
  return leftovers(world, snapshot);
}

/** Servers that could run it, even if they have failed to before, and that may take it by themselves. */
function ableServers({ view }: Snapshot, hierarchy: Hierarchy): readonly string[] {
  return Object.keys(hierarchy.priorities).filter(
    (name) =>
      judgeEligible({ ...view, failures: [] }, hierarchy, name).allowed &&
      (view.owners[hierarchy.id]?.server === name || mayCome(view, hierarchy, name)),
  );
}

/** Neither is it blocked, nor does it wait for somebody to confirm the death of the last owner. */
function mayCome(view: StoreView, { id, priorities }: Hierarchy, name: string): boolean {
  const term = view.terms[id];
  const desired = view.desired[id];
  const last = view.lastOwners[id];
  if (term === undefined || last === name || desired?.kind !== 'in-service') return true;
  if (desired.confirmed === term || desired.target === name) return true;
  if (!judgeKeeping(view, { id, priorities }, name).allowed) return false;
  if (view.servers[name]?.blockFailover === true) return false;
  const possible = last === undefined ? Object.keys(priorities) : [last];
  const isDead = view.owners[id] === undefined;
  return !isDead || !possible.some((one) => one !== name && view.servers[one]?.confirmFailover === true);
}

function isMaintained({ settings }: StoreView, hierarchy: Hierarchy): boolean {
  return settings?.maintenance === true || hierarchy.maintenance;
}

function settlementOf(world: World, snapshot: Snapshot, hierarchy: Hierarchy): Unsettled | undefined {
  const { view } = snapshot;
  const { id } = hierarchy;
  const desired = view.desired[id];
  const owner = view.owners[id];
  const active = world.checkers.activeServers(id);
  // Whatever it was found in, nobody touches it.
  if (isMaintained(view, hierarchy)) return undefined;
  if (desired?.kind !== 'in-service') {
    if (owner) return { rule: 'S6', text: `${id} is out of service and owned by ${owner.server}` };
    return active.length > 0
      ? { rule: 'S6', text: `${id} is out of service and runs on ${active.join()}` }
      : undefined;
  }
  const able = ableServers(snapshot, hierarchy);
  if (able.length === 0) return undefined;
  if (desired.target !== undefined)
    return { rule: 'S8', text: `${id} is still on its way to ${desired.target}` };
  if (!owner) return { rule: 'L1', text: `${id} has no owner, and ${able.join()} could run it` };
  const machine = world.nodes.get(owner.server)?.machine;
  const missing = hierarchy.resources.find(({ tag }) => machine?.thing(tag) !== 'running');
  if (missing)
    return { rule: 'L1', text: `${id} is owned by ${owner.server}, where ${missing.tag} does not run` };
  const said = snapshot.statuses.find((status) => status.hierarchy === id && status.server === owner.server);
  const odd = hierarchy.resources.find(({ tag }) => said?.instances[tag]?.state !== 'in-service');
  if (odd)
    return {
      rule: 'L1',
      text: `${id} runs on ${owner.server}, which says ${JSON.stringify(said?.instances[odd.tag])}`,
    };
  return unreturned(snapshot, hierarchy, owner.server);
}

/** With automatic switchback it runs where it is most preferred, unless an operator has put it elsewhere (H-05). */
function unreturned(snapshot: Snapshot, hierarchy: Hierarchy, owner: string): Unsettled | undefined {
  const { view } = snapshot;
  const { id, switchback, priorities } = hierarchy;
  const desired = view.desired[id];
  const stays = desired?.kind === 'in-service' && desired.chosen === owner;
  if (switchback.kind === 'intelligent' || stays || view.servers[owner]?.blockFailover === true)
    return undefined;
  const better = ableServers(snapshot, hierarchy).find(
    (name) => (priorities[name] ?? 0) < (priorities[owner] ?? 0),
  );
  return better === undefined
    ? undefined
    : { rule: 'H-05', text: `${id} stays on ${owner}, and ${better} is preferred` };
}

/** A guard holds a plan for what its server owns, and for nothing else; else it would kill, or spare, the wrong thing. */
function leftovers(world: World, { view }: Snapshot): Unsettled | undefined {
  for (const { plan, slot, machine } of world.nodes.values()) {
    if (!machine.isOn()) continue;
    const held =
      slot.guard
        ?.plans()
        .filter(({ stopped }) => !stopped)
        .map(({ hierarchy }) => hierarchy) ?? [];
    for (const { id } of Object.values(view.hierarchies)) {
      const owns = view.owners[id]?.server === plan.name;
      if (owns !== held.includes(id))
        return {
          rule: 'S8',
          text: `the guard of ${plan.name} ${owns ? 'holds no' : 'still holds a'} plan for ${id}`,
        };
    }
    const unknown = held.find((id) => !view.hierarchies[id]);
    if (unknown !== undefined)
      return { rule: 'S8', text: `the guard of ${plan.name} holds a plan for ${unknown}, which is no more` };
  }
  return undefined;
}

/** Fails when something is still to come: it had all the time it could need. */
export function judgeEnd(world: World): void {
  const unsettled = settlement(world);
  if (unsettled) world.checkers.fail(unsettled.rule, unsettled.text);
}

/** Once at rest, nothing moves any more (L2). */
export function judgeQuiet(world: World, since: number): void {
  if (world.checkers.lastMove() > since)
    world.checkers.fail(
      'L2',
      `something moved at ${world.checkers.lastMove()} after everything had come to rest at ${since}`,
    );
}
