import type { Hierarchy } from '@holdfast/core';
import { withPolicies } from './policies.ts';
import { withRemovals } from './removals.ts';
import { createRandom, type Random } from './random.ts';
import { volumeGoesUnseen } from './resource-stories.ts';
import { stories } from './stories.ts';
import { joinedAndParted } from './structure-stories.ts';
import type { Story } from './story.ts';
import { createHierarchy, type Fault, type Scenario, type ServerPlan, type Wish } from './scenario.ts';

/** Milliseconds: the cluster has come up by then, and then things go wrong for a while. */
const calmMs = 4_000;
const troubleMs = [6_000, 30_000] as const;

/** The schedule of a seed. */
export function generateScenario(seed: number): Scenario {
  return withRemovals(withPolicies(generatePlain(seed)));
}

function generatePlain(seed: number): Scenario {
  const random = createRandom(seed);
  const members = random.pick([2, 2, 2, 3, 3, 4]);
  const servers = createServers(random, members);
  const names = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const hierarchies = createHierarchies(random, names);
  const healAt = calmMs + Math.round(random.between(...troubleMs));
  const background = { servers, hierarchies, healAt };
  const told = createStories(random, background);
  const early = <T extends { readonly at: number }>(all: readonly T[]): readonly T[] =>
    all.filter(({ at }) => at < healAt - 50).sort((a, b) => a.at - b.at);
  const faults = early([...createFaults(random, background), ...told.flatMap((story) => story.faults)]);
  const wishes = createWishes(random, { names, hierarchies, healAt });
  const absent = hierarchies.filter(() => random.chance(0.1)).map(({ id }) => id);
  const created = absent.map((hierarchy): Wish => ({
    at: 3_500,
    kind: 'create',
    hierarchy,
    server: random.pick(names),
  }));
  const extended = absent.flatMap((hierarchy) =>
    names.map((server): Wish => ({ at: 3_900 + random.int(0, 500), kind: 'extend', hierarchy, server })),
  );
  const stays = names.length > 1 && random.chance(0.15) ? [random.pick(names)] : [];
  return {
    name: 'random',
    seed,
    profile: random.pick(['test', 'test', 'test', 'fast', 'fastest']),
    servers,
    hierarchies,
    faults,
    absent,
    wishes: early([...created, ...extended, ...wishes, ...told.flatMap((story) => story.wishes)]),
    healAt,
    staysOff: stays,
    lasting: [],
    sparesLastResort: true,
    excluded: [],
  };
}

/**
 * A server without a watchdog is frozen as a whole, in the middle of a start, for longer than its lease. Nothing on that
 * server can stop what runs there, and when it goes on, what ran before runs beside the new owner's until the guard has had
 * its first moment: S1 to S3 cannot hold by the lease alone. What must hold is the second barrier: nothing is brought in on
 * a volume on which a later term stands.
 */
export function generateWholeFreeze(seed: number): Scenario {
  const random = createRandom(seed);
  const base = generateScenario(seed);
  const { id } = random.pick(base.hierarchies);
  const at = Math.round(random.between(calmMs, base.healAt - 2_000));
  const forMs = Math.round(random.between(4_000, 12_000));
  const server = random.pick([`owner:${id}`, `owner:${id}`, `other:${id}`]);
  const freeze: Fault = { at, kind: 'ambush', server, point: 'start', does: 'server-freeze', forMs };
  const crash: Fault = { at: at + 100, kind: 'crash', tag: `${id}-volume`, leaves: 'stopped' };
  return {
    ...base,
    name: 'whole freeze without a watchdog',
    servers: base.servers.map((plan) => ({ ...plan, hasWatchdog: false })),
    faults: [freeze, crash, ...base.faults.filter(({ kind }) => kind !== 'bad-start')].sort(
      (a, b) => a.at - b.at,
    ),
    healAt: base.healAt + 12_000,
    sparesLastResort: false,
    excluded: ['S1', 'S2', 'S3'],
  };
}

/** Nothing else goes wrong than a volume that is lost unseen: it is put right where it is. */
export function generateUnseenLoss(seed: number): Scenario {
  const random = createRandom(seed);
  const base = generatePlain(seed);
  const hierarchies = base.hierarchies.map((one) => ({ ...one, recovery: { ...one.recovery, attempts: 3 } }));
  const { servers } = base;
  const names = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const hierarchy = random.pick(hierarchies);
  const { faults } = volumeGoesUnseen({ at: 9_000, random, servers, names, hierarchies, hierarchy });
  const calm = { absent: [], wishes: [], staysOff: [], healAt: 20_000 };
  return { ...base, ...calm, name: 'a volume lost unseen', hierarchies, faults };
}

/** Two hierarchies on the same servers that are joined and parted, and what goes wrong meanwhile; nothing else. */
export function generateJoining(seed: number): Scenario {
  const random = createRandom(seed);
  const base = generateScenario(seed);
  const names = base.servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const order = random.chance(0.5) ? names : [...names].reverse();
  const priorities = Object.fromEntries(order.map((name, rank) => [name, rank === 0 ? 1 : rank * 10]));
  const hierarchies = [createHierarchy('db1', priorities), createHierarchy('db2', priorities)];
  const hierarchy = random.pick(hierarchies);
  const { servers } = base;
  const { faults, wishes } = joinedAndParted({ at: 7_000, random, servers, names, hierarchies, hierarchy });
  const inOrder = (a: { readonly at: number }, b: { readonly at: number }): number => a.at - b.at;
  return {
    ...base,
    name: 'joined and parted',
    hierarchies,
    absent: [],
    faults: faults.toSorted(inOrder),
    wishes: wishes.toSorted(inOrder),
    healAt: 36_000,
    staysOff: [],
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
  const count = random.pick([1, 1, 2, 2]);
  return Array.from({ length: count }, (_, index) => {
    const all = random.chance(0.85) ? names : names.slice(0, Math.max(1, names.length - 1));
    const order = random.chance(0.5) ? all : [...all].reverse();
    return createHierarchy(
      `db${index + 1}`,
      Object.fromEntries(order.map((name, rank) => [name, rank === 0 ? 1 : rank * 10])),
    );
  });
}

interface Background {
  readonly servers: readonly ServerPlan[];
  readonly hierarchies: readonly Hierarchy[];
  readonly healAt: number;
}

/** Single faults at any time, many of them at once in some schedules. */
function createFaults(random: Random, background: Background): readonly Fault[] {
  const { servers, healAt } = background;
  const count = random.int(0, 7);
  const members = servers.filter(({ role }) => role === 'member');
  const clustered = random.chance(0.4) ? random.between(calmMs, healAt - 1_000) : undefined;
  return Array.from({ length: count }, (): Fault => {
    const at =
      clustered !== undefined && random.chance(0.7)
        ? clustered + random.between(0, 3_000)
        : random.between(random.chance(0.1) ? 0 : calmMs, healAt - 500);
    return createFault(random, Math.round(at), members, background);
  });
}

function createStories(random: Random, { servers, hierarchies, healAt }: Background): readonly Story[] {
  const names = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  return Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => {
    const at = Math.round(random.between(calmMs, Math.max(calmMs + 1_000, healAt - 4_000)));
    return random.pick(stories)({
      at,
      random,
      servers,
      names,
      hierarchies,
      hierarchy: random.pick(hierarchies),
    });
  });
}

function createFault(
  random: Random,
  at: number,
  members: readonly ServerPlan[],
  { servers, hierarchies }: Background,
): Fault {
  const server = random.pick(members).name;
  const anyone = random.pick(servers).name;
  const { id, resources } = random.pick(hierarchies);
  const { tag } = random.pick(resources);
  const ms = (from: number, to: number): number => Math.round(random.between(from, to));
  const forMs = random.chance(0.5) ? ms(50, 3_000) : ms(500, 12_000);
  const leaves = random.chance(0.6) ? 'stopped' : 'half';
  const choices: readonly (() => Fault)[] = [
    () => ({ at, kind: 'daemon-crash', server, backAfterMs: random.chance(0.7) ? 0 : forMs }),
    () => ({ at, kind: 'daemon-freeze', server, forMs }),
    () => ({ at, kind: 'guard-crash', server }),
    () => ({ at, kind: 'guard-freeze', server, forMs }),
    () => ({ at, kind: 'both-crash', server, backAfterMs: random.chance(0.5) ? 0 : forMs }),
    () => ({ at, kind: 'server-freeze', server, forMs, how: random.chance(0.8) ? 'freeze' : 'sleep' }),
    () => ({ at, kind: 'power-off', server: anyone, backAfterMs: forMs }),
    () => ({ at, kind: 'power-off', server, backAfterMs: ms(100, 1_500) }),
    () => ({
      at,
      kind: 'cut',
      server: anyone,
      forMs,
      how: random.pick(['cut', 'answers-lost', 'requests-lost']),
    }),
    () => ({
      at,
      kind: 'slow-store',
      server: anyone,
      forMs,
      delayMs: ms(50, random.chance(0.5) ? 600 : 3_000),
    }),
    () => ({ at, kind: 'late-answers', server: anyone, forMs, delayMs: ms(100, 990) }),
    () => ({ at, kind: 'store-outage', forMs: ms(100, 5_000) }),
    () => ({ at, kind: 'late-commit', server, delayMs: ms(300, 4_000) }),
    () => ({ at, kind: 'store-stall', forMs: ms(300, 9_000) }),
    () => ({ at, kind: 'slow-disk', server, forMs, diskMs: ms(100, 3_000) }),
    () => ({ at, kind: 'long-recovery', forMs, recoveryMs: ms(2_000, 20_000) }),
    () => ({ at, kind: 'crash', tag, leaves }),
    () => ({ at, kind: 'crash', tag: id, leaves }),
    () => ({
      at,
      kind: 'bad-start',
      server,
      tag,
      forMs,
      how: random.pick(['server', 'data', 'hangs', 'hangs-for-good']),
    }),
    () => ({ at, kind: 'bad-stop', server, tag, forMs, how: random.pick(['fails', 'hangs', 'half']) }),
    () => ({ at, kind: 'unkillable', server, tag, forMs }),
    () => ({ at, kind: 'bad-check', tag, forMs, how: random.pick(['server', 'data', 'mute']) }),
    () => ({ at, kind: 'all-off', backAfterMs: servers.map(() => ms(200, 6_000)) }),
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
  const count = random.pick([0, 0, 0, 1, 1, 2, 3]);
  return Array.from({ length: count }, (): Wish => {
    const at = Math.round(random.between(calmMs / 2, healAt - 100));
    const hierarchy = random.pick(hierarchies).id;
    const server = random.pick(names);
    const choices: readonly (() => Wish)[] = [
      () => ({ at, kind: 'in-service', hierarchy, target: server }),
      () => ({ at, kind: 'in-service', hierarchy, target: server }),
      () => ({ at, kind: 'in-service', hierarchy, target: undefined }),
      () => ({ at, kind: 'out-of-service', hierarchy }),
      () => ({ at, kind: 'unextend', hierarchy, server, force: random.chance(0.4) }),
      () => ({ at, kind: 'add-dependency', hierarchy, child: random.pick(hierarchies).id }),
      () => ({ at, kind: 'remove-dependency', hierarchy, child: random.pick(hierarchies).id }),
      () => ({ at, kind: 'remove-dependency', hierarchy, child: `${hierarchy}-address` }),
      () => ({ at, kind: 'set', hierarchy, localRecovery: random.chance(0.5) }),
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
