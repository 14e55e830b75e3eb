import { createKeys, type Keys } from '@holdfast/contract';
import {
  decide,
  decideGuard,
  judgePromise,
  judgePromised,
  profiles,
  renewedLease,
  type InstantMs,
  type Promises,
  type TimingProfile,
} from '@holdfast/core';
import {
  createSnapshotReader,
  failsafeRules,
  put,
  type Engine,
  type EngineEvent,
  type EngineOptions,
  type FailsafeRules,
  type PromiseKeeper,
  type PromiseRules,
  type Requested,
  type RequestContext,
  type Snapshot,
  type Store,
} from '@holdfast/engine';
import type { Guard, Instances } from '@holdfast/engine/ports';
import { createCheckers, type Checkers } from './checkers.ts';
import { createConditions, type Conditions } from './conditions.ts';
import { createEtcd, type Etcd } from './etcd.ts';
import type { GuardRecord, GuardRules } from './guard-process.ts';
import type { GuardSlot } from './guard-link.ts';
import type { VolumeRecord } from './kits.ts';
import { createMachine, type Machine, type SimProcess } from './machine.ts';
import type { Link } from './network.ts';
import { createPathNetwork, type PathNetwork } from './path-network.ts';
import { createRandom, type Random } from './random.ts';
import type { AmbushPoint, Scenario, ServerPlan, Wish } from './scenario.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** One server of the simulated cluster. */
export interface Node {
  readonly plan: ServerPlan;
  readonly machine: Machine;
  readonly conditions: Conditions;
  readonly link: Link;
  readonly slot: GuardSlot;
  readonly record: { current: GuardRecord | undefined };
  /** `engine` is there as soon as a guard has answered. */
  daemon:
    | {
        readonly process: SimProcess;
        engine: Engine | undefined;
        readonly store: Store;
        readonly promises: PromiseKeeper | undefined;
      }
    | undefined;
  /** What its daemons have promised, in memory of the machine. */
  readonly promised: { current: Promises | undefined };
  /** It is a server of the cluster; some join later. */
  isMember: boolean;
  /** Its daemon is started again at this instant of true time at the earliest. */
  daemonBackAt: number;
  guardFrozenUntil: number;
  /** Called once at the next such moment. */
  readonly ambushes: Map<AmbushPoint, () => void>;
  /** Since when its daemon has been dead or frozen. */
  silentSince: number | undefined;
  /** The lease that its guard keeps, as last renewed. */
  kept: { readonly endsAt: number } | undefined;
}

/** The parts of the program that a mutant may replace. */
export interface Rules extends GuardRules, FailsafeRules, PromiseRules {
  /** Promises outlive the daemon, and a machine that was off takes nothing at first. */
  readonly keepsPromises: 'always' | 'until the daemon ends' | 'until the machine is off';
  /** While a promise stands the configuration is not changed. */
  readonly bindsChanges: boolean;
  readonly decide: NonNullable<EngineOptions['decide']>;
  readonly wrapStore: (store: Store) => Store;
  readonly wrapGuard: (guard: Guard) => Guard;
  readonly wrapInstances: (instances: Instances) => Instances;
  readonly hasBarrier: boolean;
  /** What an operator asks for, as it was judged. */
  readonly wrapRequest: (
    requested: Requested,
    asked: { readonly context: RequestContext; readonly wish: Wish },
  ) => Requested;
  readonly profile: (profile: TimingProfile) => TimingProfile;
}

export const shippedRules: Rules = {
  decide,
  decideGuard,
  judgePromise,
  judgePromised,
  ...failsafeRules,
  keepsPromises: 'always',
  bindsChanges: true,
  renewedLease,
  wrapStore: (store) => store,
  wrapGuard: (guard) => guard,
  wrapInstances: (instances) => instances,
  newIncarnation: (server, count) => `${server}-${count}`,
  inherits: true,
  countsSleep: true,
  hasBarrier: true,
  wrapRequest: (requested) => requested,
  profile: (profile) => profile,
};

export interface World {
  readonly scenario: Scenario;
  readonly rules: Rules;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly etcd: Etcd;
  readonly keys: Keys;
  readonly profile: TimingProfile;
  readonly nodes: ReadonlyMap<string, Node>;
  readonly volumes: Map<string, VolumeRecord>;
  readonly checkers: Checkers;
  readonly trace: Trace;
  readonly paths: PathNetwork;
  readonly topology: Topology;
  /** One reader for all: what one server has parsed, no other parses again. */
  readonly readSnapshot: ReturnType<typeof createSnapshotReader>;
  /** The store is without a leader until then, whatever its members do. */
  outageUntil: number;
  leader: string | undefined;
  incarnations: number;
}

/** What is on what, whatever is configured. */
export interface Topology {
  volumesOf(tag: string): readonly string[];
  usersOf(tag: string): readonly string[];
}

function createTopology({ hierarchies }: Scenario): Topology {
  const resources = hierarchies.flatMap((hierarchy) => hierarchy.resources);
  const volumes = new Set(resources.filter(({ kit }) => kit === 'volume').map(({ tag }) => tag));
  const on = new Map(
    resources.map(({ tag, children }) => [tag, children.filter((child) => volumes.has(child))]),
  );
  return {
    volumesOf: (tag) => on.get(tag) ?? [],
    usersOf: (tag) => [...on].filter(([, below]) => below.includes(tag)).map(([user]) => user),
  };
}

/** Builds the world of one run; nothing is switched on yet. */
export function createWorld(
  scenario: Scenario,
  rules: Rules,
  trace: Trace,
  onReset: (node: Node) => void,
): World {
  const scheduler = createScheduler();
  const random = createRandom(scenario.seed);
  const keys = createKeys('sim');
  const profile = rules.profile(profiles[scenario.profile]);
  const topology = createTopology(scenario);
  const volumes = new Map<string, VolumeRecord>();
  const nodes = new Map<string, Node>();
  trace.start(() => scheduler.now());
  const machines = new Map<string, Machine>();
  const checkers = createCheckers({
    now: () => scheduler.now(),
    after: (delayMs, act) => scheduler.after(delayMs, act),
    etcd: () => etcd,
    keys,
    machines: () => machines,
    volumeTerm: (tag) => volumes.get(tag)?.term,
    excluded: new Set(scenario.excluded),
    hasPromises: scenario.failsafe === true,
    uninterruptedFrom: scenario.uninterruptedFrom ?? Number.POSITIVE_INFINITY,
  });
  const etcd = createEtcd({
    scheduler,
    random: random.fork(),
    electionMs: profile.etcdElectionMs,
    onChange: (change) => {
      trace.add(
        () =>
          `store: ${change.key.slice(keys.prefix.length)} = ${change.after?.value ?? `gone (${change.cause})`}`,
      );
      checkers.onStoreChange(change);
    },
    onLeaseEnd: (lease) => {
      trace.add(() => `store: lease ${lease} is over`);
      checkers.onLeaseEnd(lease);
    },
  });
  for (const plan of scenario.servers) {
    const machine: Machine = createMachine({
      name: plan.name,
      scheduler,
      random: random.fork(),
      drift: plan.drift,
      onThing: (tag, change) => {
        trace.add(() => `${plan.name}: ${tag} ${change.before} -> ${change.after} (${change.cause})`);
        checkers.onThing(plan.name, tag, change);
      },
      onReset: () => {
        trace.add(() => `${plan.name}: reset by the watchdog`);
        const node = nodes.get(plan.name);
        if (node) onReset(node);
      },
    });
    machines.set(plan.name, machine);
    nodes.set(plan.name, {
      plan,
      machine,
      conditions: createConditions(),
      link: { state: 'open', delayMs: 3, answerDelayMs: 0, nextCommitDelayMs: 0 },
      slot: { guard: undefined, onState: undefined, onEnd: undefined },
      record: { current: undefined },
      promised: { current: undefined },
      isMember: plan.joins !== true,
      daemon: undefined,
      daemonBackAt: 0,
      guardFrozenUntil: 0,
      ambushes: new Map(),
      silentSince: undefined,
      kept: undefined,
    });
  }
  return {
    scenario,
    rules,
    scheduler,
    random,
    etcd,
    keys,
    profile,
    nodes,
    volumes,
    checkers,
    trace,
    paths: createPathNetwork(),
    topology,
    readSnapshot: createSharedReader(keys),
    outageUntil: 0,
    leader: undefined,
    incarnations: 0,
  };
}

function createSharedReader(keys: Keys): World['readSnapshot'] {
  const read = createSnapshotReader(keys);
  let last: Snapshot | undefined;
  return (revision, entries) => {
    if (last?.view.revision !== revision) last = read(revision, entries);
    return last;
  };
}

/** Writes the configuration that an installation would have left in the store. */
export function writeConfiguration({ etcd, keys, scenario }: World): void {
  const servers = scenario.servers
    .filter(({ joins }) => joins !== true)
    .map((plan) => put(keys.server(plan.name), serverOf(plan)));
  const hierarchies = scenario.hierarchies
    .filter(({ id }) => !scenario.absent.includes(id))
    .flatMap((hierarchy) => [
      put(keys.hierarchy(hierarchy.id), hierarchy),
      put(keys.desired(hierarchy.id), { kind: 'in-service' }),
    ]);
  const revision = put(keys.revision, { revision: 1 });
  etcd.commit({ compare: [], write: [revision, ...servers, ...hierarchies] });
}

/** A server's record. */
export function serverOf({ name, role }: Pick<ServerPlan, 'name' | 'role'>): object {
  return { name, role, addresses: [name], port: 7600, etcdClientPort: 2379, etcdPeerPort: 2380 };
}

export function traceEvent(trace: Trace, event: EngineEvent): void {
  trace.add(
    () =>
      `${event.server}: ${event.code}${event.tag ? ` ${event.tag}` : event.hierarchy ? ` ${event.hierarchy}` : ''} ${JSON.stringify(event.facts)}`,
  );
}

/** Notes a lease that the store has granted, and looks when its time has passed whether everything under it has stopped (S3). */
export function noteLease(
  world: World,
  node: Node,
  answered: { readonly lease: string; readonly sentAt: InstantMs; readonly ttlMs: number },
): void {
  const { machine, plan } = node;
  const { lease, sentAt, ttlMs } = answered;
  const endsAt = world.scheduler.now() + machine.trueMs(sentAt + ttlMs - machine.now());
  world.checkers.onLeaseHeld(plan.name, lease);
  if (node.kept && node.kept.endsAt > endsAt) return;
  const noted = { endsAt };
  node.kept = noted;
  world.scheduler.after(endsAt - world.scheduler.now(), () => {
    world.checkers.onLeaseTimeOver(plan.name, lease, () => node.kept !== noted);
  });
}
