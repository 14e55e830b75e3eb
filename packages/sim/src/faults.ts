import { heal } from './conditions.ts';
import {
  crashDaemon,
  crashGuard,
  endElection,
  startDaemonSoon,
  switchOff,
  switchOn,
  updateStore,
} from './life.ts';
import type { Fault } from './scenario.ts';
import type { Node, World } from './world.ts';

/** Lets every fault of the scenario happen in its time, and puts everything right at the end. */
export function scheduleFaults(world: World): void {
  const { scenario, scheduler } = world;
  for (const fault of scenario.faults) scheduler.after(fault.at, () => strike(world, fault));
  scheduler.after(scenario.healAt, () => {
    world.trace.add(() => 'everything is put right');
    healAll(world);
    for (const fault of scenario.lasting) strike(world, fault);
  });
}

function nodeOf(world: World, name: string): Node {
  const node = world.nodes.get(name);
  if (!node) throw new RangeError(`no server ${name}`);
  return node;
}

function strike(world: World, fault: Fault): void {
  world.trace.add(() => `fault: ${JSON.stringify(fault)}`);
  switch (fault.kind) {
    case 'daemon-crash':
      return crashDaemon(world, nodeOf(world, fault.server), fault.backAfterMs);
    case 'guard-crash':
      return crashGuard(world, nodeOf(world, fault.server));
    case 'both-crash':
      crashDaemon(world, nodeOf(world, fault.server), fault.backAfterMs);
      return crashGuard(world, nodeOf(world, fault.server));
    case 'daemon-freeze':
    case 'guard-freeze':
      return freezeProcess(world, nodeOf(world, fault.server), fault);
    case 'server-freeze':
      return freezeServer(world, nodeOf(world, fault.server), fault);
    case 'power-off': {
      const node = nodeOf(world, fault.server);
      switchOff(world, node);
      world.scheduler.after(fault.backAfterMs, () => switchOn(world, node));
      return;
    }
    case 'all-off':
      return strikeAll(world, fault.backAfterMs);
    case 'store-outage':
      world.outageUntil = Math.max(world.outageUntil, world.scheduler.now() + fault.forMs);
      world.leader = undefined;
      updateStore(world);
      world.scheduler.after(fault.forMs, () => endElection(world));
      return;
    case 'cut':
    case 'slow-store':
      return strikeLink(world, nodeOf(world, fault.server), fault);
    case 'at-start':
      nodeOf(world, fault.server).atStart = () => strikeAtStart(world, nodeOf(world, fault.server), fault);
      return;
    default:
      return strikeResource(world, fault);
  }
}

function freezeProcess(
  world: World,
  node: Node,
  fault: Extract<Fault, { readonly kind: 'daemon-freeze' | 'guard-freeze' }>,
): void {
  const process = fault.kind === 'daemon-freeze' ? node.daemon?.process : node.slot.guard?.process;
  if (!process?.isAlive()) return;
  process.freeze();
  world.scheduler.after(fault.forMs, () => process.thaw());
}

function freezeServer(
  world: World,
  node: Node,
  { forMs, how }: { readonly forMs: number; readonly how: 'freeze' | 'sleep' },
): void {
  const boot = node.machine.boot();
  node.machine.freeze(how);
  updateStore(world);
  world.scheduler.after(forMs, () => {
    if (node.machine.boot() !== boot) return;
    node.machine.thaw();
    updateStore(world);
  });
}

function strikeAtStart(world: World, node: Node, fault: Extract<Fault, { readonly kind: 'at-start' }>): void {
  world.trace.add(() => `${node.plan.name}: between permission and act: ${fault.does}`);
  switch (fault.does) {
    case 'server-freeze':
      return freezeServer(world, node, { forMs: fault.forMs, how: 'freeze' });
    case 'daemon-crash':
      return crashDaemon(world, node, fault.forMs);
    case 'power-off':
      switchOff(world, node);
      world.scheduler.after(fault.forMs, () => switchOn(world, node));
      return;
    default:
      return fault.does satisfies never;
  }
}

function strikeAll(world: World, backAfterMs: readonly number[]): void {
  for (const node of world.nodes.values()) switchOff(world, node);
  [...world.nodes.values()].forEach((node, index) =>
    world.scheduler.after(backAfterMs[index] ?? 0, () => switchOn(world, node)),
  );
}

function strikeLink(
  world: World,
  { link }: Node,
  fault: Extract<Fault, { readonly kind: 'cut' | 'slow-store' }>,
): void {
  if (fault.kind === 'cut') link.state = fault.how;
  else link.delayMs = fault.delayMs;
  updateStore(world);
  world.scheduler.after(fault.forMs, () => {
    if (fault.kind === 'cut') link.state = 'open';
    else link.delayMs = 3;
    updateStore(world);
  });
}

type ResourceFault = Extract<
  Fault,
  {
    readonly kind:
      'slow-disk' | 'long-recovery' | 'crash' | 'bad-start' | 'bad-stop' | 'unkillable' | 'bad-check';
  }
>;

function strikeResource(world: World, fault: ResourceFault): void {
  const { nodes, scheduler } = world;
  const all = [...nodes.values()];
  switch (fault.kind) {
    case 'slow-disk': {
      const { conditions } = nodeOf(world, fault.server);
      conditions.diskMs = fault.diskMs;
      scheduler.after(fault.forMs, () => (conditions.diskMs = 20));
      return;
    }
    case 'long-recovery':
      for (const { conditions } of all) conditions.recoveryMs = fault.recoveryMs;
      scheduler.after(fault.forMs, () => {
        for (const { conditions } of all) conditions.recoveryMs = 600;
      });
      return;
    case 'crash':
      for (const { machine } of all)
        if (machine.thing(fault.tag) !== 'stopped') machine.setThing(fault.tag, fault.leaves, 'crash');
      return;
    case 'bad-start':
      return during(world, fault.forMs, nodeOf(world, fault.server).conditions.start, fault.tag, fault.how);
    case 'bad-stop':
      return during(world, fault.forMs, nodeOf(world, fault.server).conditions.stop, fault.tag, fault.how);
    case 'unkillable': {
      const { unkillable } = nodeOf(world, fault.server).conditions;
      unkillable.add(fault.tag);
      scheduler.after(fault.forMs, () => unkillable.delete(fault.tag));
      return;
    }
    case 'bad-check':
      for (const { conditions } of all) {
        if (fault.how === 'mute') {
          conditions.mute.add(fault.tag);
          scheduler.after(fault.forMs, () => conditions.mute.delete(fault.tag));
        } else during(world, fault.forMs, conditions.deep, fault.tag, fault.how);
      }
      return;
    default:
      fault satisfies never;
  }
}

function during<T>(world: World, forMs: number, troubles: Map<string, T>, tag: string, how: T): void {
  troubles.set(tag, how);
  world.scheduler.after(forMs, () => {
    if (troubles.get(tag) === how) troubles.delete(tag);
  });
}

function healAll(world: World): void {
  world.outageUntil = Math.min(world.outageUntil, world.scheduler.now());
  for (const node of world.nodes.values()) {
    node.link.state = 'open';
    node.link.delayMs = 3;
    node.atStart = undefined;
    heal(node.conditions);
    if (world.scenario.staysOff.includes(node.plan.name)) {
      switchOff(world, node);
      continue;
    }
    node.machine.thaw();
    node.daemon?.process.thaw();
    node.slot.guard?.process.thaw();
    switchOn(world, node);
    node.daemonBackAt = 0;
    if (!node.daemon) startDaemonSoon(world, node, 500);
  }
  updateStore(world);
  endElection(world);
}
