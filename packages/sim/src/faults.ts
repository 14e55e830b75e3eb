import { heal } from './conditions.ts';
import {
  beginSilence,
  endSilence,
  crashDaemon,
  crashGuard,
  endElection,
  startDaemonSoon,
  switchOff,
  switchOn,
  updateStore,
} from './life.ts';
import type { Link } from './network.ts';
import { shutDown } from './shut-down.ts';
import { cutPaths } from './path-network.ts';
import { isLastResort, type Fault } from './scenario.ts';
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

/** `owner:<hierarchy>` is who owns it now, `other:<hierarchy>` somebody else that could; a name is a name. */
function nodeOf(world: World, name: string): Node {
  const [role, hierarchy] = name.split(':');
  const plan = world.scenario.hierarchies.find(({ id }) => id === hierarchy);
  const servers = Object.keys(plan?.priorities ?? {});
  const owner = servers.find((server) =>
    world.etcd.get(world.keys.owner(hierarchy ?? ''))?.value.includes(`"${server}"`),
  );
  const meant = !plan ? name : role === 'owner' ? owner : servers.find((server) => server !== owner);
  const node = world.nodes.get(meant ?? servers[0] ?? name);
  if (!node) throw new RangeError(`no server ${name}`);
  return node;
}

function strike(world: World, named: Fault): void {
  const fault = 'server' in named ? { ...named, server: nodeOf(world, named.server).plan.name } : named;
  const index =
    'server' in fault ? world.scenario.servers.findIndex(({ name }) => name === fault.server) : -1;
  const spared = world.scenario.servers[index]?.hasWatchdog === false && isLastResort(fault, index);
  if (spared && world.scenario.sparesLastResort) return;
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
    case 'shut-down':
      return shutDown(world, nodeOf(world, fault.server), fault.backAfterMs);
    case 'all-off':
      return strikeAll(world, fault.backAfterMs);
    case 'store-outage':
      world.outageUntil = Math.max(world.outageUntil, world.scheduler.now() + fault.forMs);
      world.leader = undefined;
      updateStore(world);
      world.scheduler.after(fault.forMs, () => endElection(world));
      return;
    case 'path-cut':
      return cutPaths(world, fault);
    case 'slow-paths':
      world.paths.delays.set(fault.server, fault.delayMs);
      world.scheduler.after(fault.forMs, () => world.paths.delays.delete(fault.server));
      return;
    case 'lossy-paths':
      world.paths.lossShare = fault.share;
      world.scheduler.after(fault.forMs, () => (world.paths.lossShare = 0));
      return;
    case 'store-stall':
      world.etcd.stall();
      world.scheduler.after(fault.forMs, () => world.etcd.goOn());
      return;
    case 'late-commit':
      nodeOf(world, fault.server).link.nextCommitDelayMs = fault.delayMs;
      return;
    case 'late-answers': {
      const { link } = nodeOf(world, fault.server);
      link.answerDelayMs = fault.delayMs;
      world.scheduler.after(fault.forMs, () => (link.answerDelayMs = 0));
      return;
    }
    case 'cut':
      return cutLink(world, nodeOf(world, fault.server), fault.how, fault.forMs);
    case 'slow-store':
      return slowLink(world, nodeOf(world, fault.server), fault.delayMs, fault.forMs);
    case 'ambush': {
      const node = nodeOf(world, fault.server);
      node.ambushes.set(fault.point, () => strikeAmbush(world, node, fault));
      return;
    }
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
  if (fault.kind === 'daemon-freeze') beginSilence(world, node);
  world.scheduler.after(fault.forMs, () => {
    process.thaw();
    if (node.daemon?.process === process) endSilence(node);
  });
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

function strikeAmbush(world: World, node: Node, fault: Extract<Fault, { readonly kind: 'ambush' }>): void {
  world.trace.add(() => `${node.plan.name}: ambush at ${fault.point}: ${fault.does}`);
  const { forMs } = fault;
  switch (fault.does) {
    case 'server-freeze':
      return freezeServer(world, node, { forMs, how: 'freeze' });
    case 'daemon-crash':
      return crashDaemon(world, node, forMs);
    case 'guard-crash':
      return crashGuard(world, node);
    case 'power-off':
      switchOff(world, node);
      world.scheduler.after(forMs, () => switchOn(world, node));
      return;
    case 'answers-lost':
    case 'cut':
      return cutLink(world, node, fault.does, forMs);
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

function cutLink(world: World, { link }: Node, how: Link['state'], forMs: number): void {
  link.state = how;
  updateStore(world);
  world.scheduler.after(forMs, () => {
    link.state = 'open';
    updateStore(world);
  });
}

function slowLink(world: World, { link }: Node, delayMs: number, forMs: number): void {
  link.delayMs = delayMs;
  world.scheduler.after(forMs, () => (link.delayMs = 3));
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
  world.paths.cuts.clear();
  world.paths.delays.clear();
  world.paths.lossShare = 0;
  for (const node of world.nodes.values()) {
    node.link.state = 'open';
    node.link.delayMs = 3;
    node.link.answerDelayMs = 0;
    node.link.nextCommitDelayMs = 0;
    node.ambushes.clear();
    heal(node.conditions);
    if (world.scenario.staysOff.includes(node.plan.name)) {
      switchOff(world, node);
      continue;
    }
    node.machine.thaw();
    node.daemon?.process.thaw();
    if (node.daemon) endSilence(node);
    node.slot.guard?.process.thaw();
    switchOn(world, node);
    node.daemonBackAt = 0;
    if (!node.daemon) startDaemonSoon(world, node, 500);
  }
  world.etcd.goOn();
  updateStore(world);
  endElection(world);
}
