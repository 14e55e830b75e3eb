import type { Hierarchy } from '@holdfast/core';
import { createRandom, type Random } from './random.ts';
import { createHierarchy, type Fault, type Scenario, type ServerPlan, type Wish } from './scenario.ts';

/** Milliseconds: the cluster has come up by then, and then things go wrong for a while. */
const calmMs = 4_000;
const troubleMs = [6_000, 30_000] as const;

/** The schedule of a seed. */
export function generateScenario(seed: number): Scenario {
  const random = createRandom(seed);
  const members = random.pick([2, 2, 2, 3, 3, 4]);
  const servers = createServers(random, members);
  const names = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const hierarchies = createHierarchies(random, names);
  const healAt = calmMs + Math.round(random.between(...troubleMs));
  const faults = createFaults(random, { servers, hierarchies, healAt });
  const stays = names.length > 1 && random.chance(0.15) ? [random.pick(names)] : [];
  return {
    name: 'random',
    seed,
    profile: 'test',
    servers,
    hierarchies,
    faults,
    wishes: createWishes(random, { names, hierarchies, healAt }),
    healAt,
    staysOff: stays,
    lasting: [],
    excluded: [],
  };
}

function createServers(random: Random, members: number): readonly ServerPlan[] {
  const late = random.chance(0.2);
  const watched = random.pick(['all', 'all', 'none', 'some'] as const);
  const member = (index: number): ServerPlan => ({
    name: `s${index + 1}`,
    role: 'member',
    hasWatchdog: watched === 'all' || (watched === 'some' && random.chance(0.5)),
    drift: random.chance(0.3) ? random.between(-0.005, 0.005) : random.between(-0.0001, 0.0001),
    onAfterMs: late ? Math.round(random.between(0, 6_000)) : Math.round(random.between(0, 200)),
  });
  const witness: ServerPlan = { name: 'w', role: 'witness', hasWatchdog: false, drift: 0, onAfterMs: 0 };
  return [...Array.from({ length: members }, (_, index) => member(index)), witness];
}

function createHierarchies(random: Random, names: readonly string[]): readonly Hierarchy[] {
  const count = random.pick([1, 1, 2]);
  return Array.from({ length: count }, (_, index) => {
    const all = random.chance(0.85) ? names : names.slice(0, Math.max(1, names.length - 1));
    const order = random.chance(0.5) ? all : [...all].reverse();
    return createHierarchy(
      `db${index + 1}`,
      Object.fromEntries(order.map((name, rank) => [name, rank === 0 ? 1 : rank * 10])),
    );
  });
}

interface Stage {
  readonly servers: readonly ServerPlan[];
  readonly hierarchies: readonly Hierarchy[];
  readonly healAt: number;
}

function createFaults(random: Random, stage: Stage): readonly Fault[] {
  const count = random.int(1, 9);
  const members = stage.servers.filter(({ role }) => role === 'member');
  const clustered = random.chance(0.4) ? random.between(calmMs, stage.healAt - 1_000) : undefined;
  return Array.from({ length: count }, (): Fault => {
    // Some troubles come together: one right after the other.
    const at =
      clustered !== undefined && random.chance(0.7)
        ? Math.min(clustered + random.between(0, 3_000), stage.healAt - 100)
        : random.between(random.chance(0.1) ? 0 : calmMs, stage.healAt - 500);
    return createFault(random, Math.round(at), members, stage);
  })
    .map((fault) => spareLastResort(fault, stage.servers))
    .sort((a, b) => a.at - b.at);
}

/**
 * Where there is no watchdog, nothing stops what runs once both daemon and guard are gone (S3): on such a server either
 * the one dies or the other, never both. Those with even numbers lose guards.
 */
function spareLastResort(fault: Fault, servers: readonly ServerPlan[]): Fault {
  const index = 'server' in fault ? servers.findIndex(({ name }) => name === fault.server) : -1;
  if (!('server' in fault) || servers[index]?.hasWatchdog !== false) return fault;
  const { at, server } = fault;
  const losesGuards = index % 2 === 0;
  const isOfDaemon =
    fault.kind === 'daemon-crash' ||
    fault.kind === 'daemon-freeze' ||
    (fault.kind === 'at-start' && fault.does === 'daemon-crash');
  if (losesGuards && isOfDaemon) return { at, kind: 'guard-crash', server };
  if (!losesGuards && fault.kind === 'guard-crash')
    return { at, kind: 'daemon-crash', server, backAfterMs: 0 };
  return fault;
}

function createFault(random: Random, at: number, members: readonly ServerPlan[], stage: Stage): Fault {
  const server = random.pick(members);
  const anyone = random.pick(stage.servers).name;
  const hierarchy = random.pick(stage.hierarchies);
  const tag = random.pick(hierarchy.resources).tag;
  const forMs = Math.round(random.chance(0.5) ? random.between(50, 3_000) : random.between(500, 12_000));
  const { name } = server;
  const choices: readonly (() => Fault)[] = [
    () => ({ at, kind: 'daemon-crash', server: name, backAfterMs: random.chance(0.7) ? 0 : forMs }),
    () => ({ at, kind: 'daemon-freeze', server: name, forMs }),
    () => ({ at, kind: 'guard-crash', server: name }),
    () =>
      server.hasWatchdog
        ? { at, kind: 'guard-freeze', server: name, forMs }
        : { at, kind: 'guard-crash', server: name },
    () =>
      server.hasWatchdog
        ? { at, kind: 'both-crash', server: name, backAfterMs: random.chance(0.5) ? 0 : forMs }
        : { at, kind: 'daemon-crash', server: name, backAfterMs: forMs },
    () =>
      server.hasWatchdog
        ? { at, kind: 'server-freeze', server: name, forMs, how: 'freeze' }
        : { at, kind: 'power-off', server: name, backAfterMs: forMs },
    () => ({ at, kind: 'power-off', server: anyone, backAfterMs: forMs }),
    () => ({ at, kind: 'power-off', server: name, backAfterMs: Math.round(random.between(100, 1_500)) }),
    () => ({
      at,
      kind: 'cut',
      server: anyone,
      forMs,
      how: random.pick(['cut', 'answers-lost', 'requests-lost']),
    }),
    () => ({ at, kind: 'slow-store', server: anyone, forMs, delayMs: Math.round(random.between(50, 900)) }),
    () => ({ at, kind: 'store-outage', forMs: Math.round(random.between(100, 5_000)) }),
    () => ({ at, kind: 'slow-disk', server: name, forMs, diskMs: Math.round(random.between(100, 3_000)) }),
    () => ({ at, kind: 'long-recovery', forMs, recoveryMs: Math.round(random.between(2_000, 20_000)) }),
    () => ({ at, kind: 'crash', tag, leaves: random.chance(0.6) ? 'stopped' : 'half' }),
    () => ({ at, kind: 'crash', tag: hierarchy.id, leaves: random.chance(0.6) ? 'stopped' : 'half' }),
    () => ({
      at,
      kind: 'bad-start',
      server: name,
      tag,
      forMs,
      how: random.pick(['server', 'data', 'hangs', 'hangs-for-good']),
    }),
    () => ({ at, kind: 'bad-start', server: name, tag: hierarchy.id, forMs, how: 'server' }),
    () => ({ at, kind: 'bad-stop', server: name, tag, forMs, how: random.pick(['fails', 'hangs', 'half']) }),
    () =>
      server.hasWatchdog
        ? { at, kind: 'unkillable', server: name, tag, forMs }
        : { at, kind: 'bad-stop', server: name, tag, forMs, how: 'fails' },
    () => ({ at, kind: 'bad-check', tag, forMs, how: random.pick(['server', 'data', 'mute']) }),
    () => ({
      at,
      kind: 'at-start',
      server: name,
      does: random.pick(['daemon-crash', 'power-off', server.hasWatchdog ? 'server-freeze' : 'daemon-crash']),
      forMs,
    }),
    () => ({
      at,
      kind: 'all-off',
      backAfterMs: stage.servers.map(() => Math.round(random.between(200, 6_000))),
    }),
  ];
  return random.pick(choices)();
}

function createWishes(
  random: Random,
  {
    names,
    hierarchies,
    healAt,
  }: {
    readonly names: readonly string[];
    readonly hierarchies: readonly Hierarchy[];
    readonly healAt: number;
  },
): readonly Wish[] {
  const count = random.pick([0, 0, 1, 1, 2, 3, 5]);
  return Array.from({ length: count }, (): Wish => {
    const at = Math.round(random.between(calmMs / 2, healAt - 100));
    const hierarchy = random.pick(hierarchies).id;
    const server = random.pick(names);
    const choices: readonly (() => Wish)[] = [
      () => ({ at, kind: 'in-service', hierarchy, target: server }),
      () => ({ at, kind: 'in-service', hierarchy, target: server }),
      () => ({ at, kind: 'in-service', hierarchy, target: undefined }),
      () => ({ at, kind: 'out-of-service', hierarchy }),
      () => ({ at, kind: 'unextend', hierarchy, server }),
      () => ({ at, kind: 'extend', hierarchy, server }),
    ];
    return random.pick(choices)();
  })
    .flatMap((wish) =>
      // Two operators at once.
      random.chance(0.2) ? [wish, { ...wish, at: wish.at + random.int(0, 3) }] : [wish],
    )
    .sort((a, b) => a.at - b.at);
}
