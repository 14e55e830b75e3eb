import { parentsOf } from '@holdfast/core';
import {
  createEngine,
  hierarchyOfTag,
  type EngineEvent,
  type EngineOptions,
  type Snapshot,
} from '@holdfast/engine';
import { beginFailsafe, createPromises, engineClock } from './failsafe.ts';
import { judgeDecision } from './judge-decision.ts';
import { createGuardLink } from './guard-link.ts';
import { startGuard } from './guard-process.ts';
import { childIsNotThere, createKits, type Neighbours } from './kits.ts';
import type { SimProcess } from './machine.ts';
import { createStorePort, type CallOptions } from './network.ts';
import type { AmbushPoint } from './scenario.ts';
import { noteLease, traceEvent, type Node, type World } from './world.ts';

/** Milliseconds that a stop may take before it is given up; short, so that schedules see it happen. */
const limits = { removeMs: 4_000, checkMs: 1_500, killAgainMs: 1_000 };
const daemonStartMs = [100, 800] as const;
const bootMs = [300, 2_000] as const;

export function switchOn(world: World, node: Node): void {
  const { machine, record, slot } = node;
  const { scenario, scheduler } = world;
  if (!node.isMember) return;
  const staysOff = scenario.staysOff.includes(node.plan.name) && scheduler.now() >= scenario.healAt;
  if (machine.isOn() || staysOff) return;
  machine.powerOn();
  // What guards left in memory is gone with the power.
  record.current = undefined;
  node.promised.current = undefined;
  slot.guard = undefined;
  node.guardFrozenUntil = 0;
  world.trace.add(() => `${node.plan.name}: is switched on`);
  updateStore(world);
  startDaemonSoon(world, node, machine.random.between(...bootMs));
}

export function switchOff(world: World, node: Node): void {
  if (!node.machine.isOn()) return;
  world.trace.add(() => `${node.plan.name}: loses its power`);
  node.machine.powerOff();
  node.daemon = undefined;
  updateStore(world);
}

/** The service manager starts a daemon that is not there again and again. */
export function startDaemonSoon(world: World, node: Node, afterMs: number): void {
  const { scheduler } = world;
  const boot = node.machine.boot();
  node.daemonBackAt = Math.max(node.daemonBackAt, scheduler.now() + afterMs);
  scheduler.after(node.daemonBackAt - scheduler.now(), () => {
    const isThere = node.daemon?.process.isAlive() ?? false;
    if (!node.machine.isOn() || node.machine.boot() !== boot || isThere) return;
    if (scheduler.now() >= node.daemonBackAt - 1) startDaemon(world, node);
  });
}

export function crashDaemon(world: World, node: Node, backAfterMs: number): void {
  if (!node.daemon) return;
  world.trace.add(() => `${node.plan.name}: the daemon is killed`);
  node.daemon.process.kill();
  node.daemon = undefined;
  beginSilence(world, node);
  startDaemonSoon(world, node, backAfterMs + node.machine.random.between(...daemonStartMs));
}

/** The daemon is dead or frozen: when that goes on for too long, the guard ends what runs (C-06). */
export function beginSilence(world: World, node: Node): void {
  const { machine, plan, slot } = node;
  const since = (node.silentSince ??= world.scheduler.now());
  const { daemonAllowanceMs, stopAllowanceMs, leaseTtlMs } = world.profile;
  const boot = machine.boot();
  world.scheduler.after(daemonAllowanceMs * 1.01 + stopAllowanceMs + leaseTtlMs, () => {
    const guard = slot.guard?.process;
    const guarded = guard?.isAlive() === true && !guard.isFrozen();
    if (node.silentSince !== since || machine.boot() !== boot || machine.isFrozen() || !guarded) return;
    world.checkers.onLeaseTimeOver(plan.name, 'of a silent daemon');
  });
}

export function endSilence(node: Node): void {
  node.silentSince = undefined;
}

export function crashGuard(world: World, node: Node): void {
  const { slot } = node;
  if (!slot.guard?.process.isAlive()) return;
  world.trace.add(() => `${node.plan.name}: the guard is killed`);
  slot.guard.process.kill();
  slot.onEnd?.();
}

function callOptions(world: World, node: Node, process: SimProcess): CallOptions {
  return {
    scheduler: world.scheduler,
    etcd: world.etcd,
    random: node.machine.random,
    process,
    link: node.link,
  };
}

function launchGuard(world: World, node: Node): void {
  const { machine, slot } = node;
  const launcher = machine.spawn('guard-launch');
  launcher.after(machine.random.between(40, 250), () => {
    launcher.kill();
    if (slot.guard?.process.isAlive()) return;
    const process = machine.spawn('guard');
    world.trace.add(() => `${node.plan.name}: a guard starts`);
    const guard = startGuard({
      machine,
      process,
      calls: callOptions(world, node, process),
      etcd: world.etcd,
      conditions: node.conditions,
      usersOf: world.topology.usersOf,
      profile: world.profile,
      hasWatchdog: node.plan.hasWatchdog,
      rules: world.rules,
      record: node.record,
      countIncarnations: () => (world.incarnations += 1),
      onState: (state) => {
        if (slot.guard?.process === process) slot.onState?.(state);
      },
      trace: (text) => world.trace.add(() => `${node.plan.name}: ${text()}`),
      onAnswered: (lease) => noteLease(world, node, lease),
    });
    slot.guard = guard;
  });
}

function startDaemon(world: World, node: Node): void {
  const { machine, plan, conditions } = node;
  const { rules, keys, profile, topology, checkers, trace } = world;
  const process = machine.spawn('daemon');
  trace.add(() => `${plan.name}: a daemon starts`);
  const calls = callOptions(world, node, process);
  const link = createGuardLink({
    scheduler: world.scheduler,
    random: machine.random,
    machine,
    process,
    slot: node.slot,
    profile,
    launch: () => launchGuard(world, node),
  });
  const guard = rules.wrapGuard(link);
  const kits = createKits({
    scheduler: world.scheduler,
    machine,
    process,
    random: machine.random,
    conditions,
    volumes: world.volumes,
    volumesOf: topology.volumesOf,
    usersOf: topology.usersOf,
    neighboursOf: (tag) => neighboursIn(node.daemon?.engine?.state().snapshot, tag),
    onStart: checkers.onStart,
    onStop: (act) => {
      spring(world, node, 'stop');
      checkers.onStop(act);
    },
    onPermitted: ({ tag }) => {
      if (tag.endsWith('-volume')) spring(world, node, 'start');
    },
    hasBarrier: rules.hasBarrier,
  });
  const port = createStorePort({ ...calls, machine, callTimeoutMs: () => profile.callTimeoutMs });
  const store = rules.wrapStore({
    ...port,
    commit: (transaction) => {
      spring(world, node, 'commit');
      return port.commit(transaction);
    },
  });
  const promises = createPromises(world, node, process);
  const options: EngineOptions = {
    server: plan.name,
    role: plan.role,
    version: '0',
    keys,
    profile: () => profile,
    clock: engineClock(machine, process),
    store,
    guard,
    instances: rules.wrapInstances(kits),
    kits: plan.role === 'member' ? ['postgresql', 'volume', 'ip'] : [],
    reporter: {
      event: (event) => {
        traceEvent(trace, event);
        judgeGivingUp(world, node, event);
      },
      journal: () => {},
    },
    limits,
    readSnapshot: world.readSnapshot,
    ...(promises && {
      promises: () => promises.promises(),
      onSnapshot: (snapshot, sentAt) => promises.accept(snapshot, sentAt),
    }),
    decide: (observation) => {
      const decision = rules.decide(observation);
      const broken = judgeDecision(observation, decision);
      if (broken) checkers.fail(broken.rule, `${plan.name} ${broken.text}`);
      return decision;
    },
  };
  endSilence(node);
  const daemon: NonNullable<Node['daemon']> = { process, engine: undefined, store, promises };
  node.daemon = daemon;
  void link.ready.then(() => {
    daemon.engine = createEngine(options);
    if (promises) beginFailsafe(world, { node, process, guard, promises });
  });
}

/** A hierarchy is not given up because a start failed on a child that nobody has looked at since; a mute one tells nothing. */
function judgeGivingUp({ checkers }: World, { plan, conditions }: Node, event: EngineEvent): void {
  if (event.code !== 'gave-up' || event.facts['cause'] !== childIsNotThere || conditions.mute.size > 0)
    return;
  checkers.fail(
    'R-04',
    `${plan.name} gives ${event.hierarchy ?? ''} up, whose start found a child that is not there`,
  );
}

/** What a resource needs and what needs it, as an engine has read it last. */
function neighboursIn(snapshot: Snapshot | undefined, tag: string): Neighbours {
  const resources = (snapshot && hierarchyOfTag(snapshot.view, tag)?.resources) ?? [];
  const children = resources.find((resource) => resource.tag === tag)?.children ?? [];
  return { children, parents: parentsOf(resources, tag) };
}

function spring(world: World, node: Node, point: AmbushPoint): void {
  const strike = node.ambushes.get(point);
  if (!strike) return;
  node.ambushes.delete(point);
  // A moment later: what sprang it is under way.
  world.scheduler.after(node.machine.random.between(0, 3), strike);
}

/** A server that joins later has no vote. */
function votersOf({ nodes }: World): readonly Node[] {
  return [...nodes.values()].filter(({ isMember, plan }) => isMember && plan.joins !== true);
}

/** etcd has a leader while a majority of its members is up and joined; a lost one takes an election to replace. */
export function updateStore(world: World): void {
  const { etcd, scheduler } = world;
  const isUp = (node: Node): boolean =>
    node.machine.isOn() && !node.machine.isFrozen() && node.link.state !== 'cut';
  const up = votersOf(world).filter(isUp);
  const leads = up.some(({ plan }) => plan.name === world.leader);
  const hasMajority = up.length > votersOf(world).length / 2;
  const isOut = scheduler.now() < world.outageUntil;
  if (hasMajority && leads && !isOut) return;
  if (world.leader !== undefined)
    world.trace.add(() => `store: has no leader, ${up.length} of ${votersOf(world).length} are up`);
  world.leader = undefined;
  etcd.loseLeader();
  if (!hasMajority || isOut) return;
  const { etcdElectionMs } = world.profile;
  world.outageUntil = scheduler.now() + world.random.between(etcdElectionMs, 2.5 * etcdElectionMs);
  scheduler.after(world.outageUntil - scheduler.now(), () => endElection(world));
}

export function endElection(world: World): void {
  const { etcd, scheduler } = world;
  if (scheduler.now() < world.outageUntil - 0.001 || world.leader !== undefined) return;
  const voters = votersOf(world);
  const up = voters.filter(
    ({ machine, link }) => machine.isOn() && !machine.isFrozen() && link.state !== 'cut',
  );
  if (up.length <= voters.length / 2) return;
  world.leader = world.random.pick(up).plan.name;
  world.trace.add(() => `store: ${world.leader ?? ''} is leader`);
  etcd.elect();
}
