import { profiles } from '@holdfast/core';
import { createRandom, type Random } from './random.ts';
import { generateScenario } from './generate.ts';
import { createHierarchy, type Fault, type Scenario, type ServerPlan, type Wish } from './scenario.ts';
import { ms } from './story.ts';

/**
 * The store loses its leader while owners may ask for promises (C-08), and everything else goes wrong meanwhile: paths are cut
 * both ways and one way, slow and lossy; who asks, who has promised and their guards die, freeze, sleep and lose power; the
 * majority comes back without the owner; another server joins, and operators ask for changes.
 */
export function generateFailsafe(seed: number): Scenario {
  const random = createRandom(seed ^ 0xfa11);
  const base = generateScenario(seed);
  const at = ms(random, 5_000, 9_000);
  const forMs = ms(random, 1_500, 16_000);
  const joiner = random.chance(0.4) ? createJoiner(base.servers) : undefined;
  const { id } = random.pick(base.hierarchies);
  const names = base.servers.map(({ name }) => name);
  const outage: Fault = { at, kind: 'store-outage', forMs };
  const troubles = Array.from({ length: random.int(0, 5) }, () =>
    createTrouble(random, { at: at + ms(random, -1_500, forMs + 2_000), id, names, outageEnds: at + forMs }),
  );
  const frozen = random.chance(0.15)
    ? freezeAsking(random, { at: at + ms(random, 1_000, 3_000), owner: `owner:${id}` })
    : [];
  const again: readonly Fault[] = random.chance(0.4)
    ? [{ at: at + forMs + ms(random, 100, 4_000), kind: 'store-outage', forMs: ms(random, 500, 8_000) }]
    : [];
  const kept = random.chance(0.4) ? base.faults : [];
  const join = joiner
    ? createJoin(random, { server: joiner.name, hierarchy: id, from: at - 1_500, forMs: forMs + 5_000 })
    : [];
  const inOrder = (one: { readonly at: number }, other: { readonly at: number }): number => one.at - other.at;
  return {
    ...base,
    name: 'failsafe',
    failsafe: true,
    servers: joiner ? [...base.servers, joiner] : base.servers,
    faults: [...kept, outage, ...again, ...troubles, ...frozen].filter((fault) => fault.at > 0).sort(inOrder),
    wishes: [...base.wishes, ...join].sort(inOrder),
    staysOff: random.chance(0.5) ? base.staysOff : [],
    healAt: Math.max(base.healAt, at + forMs + 14_000),
  };
}

/** The store loses its leader, once or again and again; every server sees every other, and nothing else goes wrong. */
export function generateLeaderless(seed: number): Scenario {
  const random = createRandom(seed ^ 0x10af);
  const base = generateScenario(seed);
  const names = base.servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const priorities = Object.fromEntries(names.map((name, rank) => [name, rank + 1]));
  const firstAt = ms(random, 12_000, 16_000);
  const outages = Array.from({ length: random.int(1, 3) }, (_, index): Fault => ({
    at: firstAt + index * 25_000 + ms(random, 0, 4_000),
    kind: 'store-outage',
    forMs: ms(random, 300, 20_000),
  }));
  const server = random.pick(names);
  const slow: readonly Fault[] = random.chance(0.5)
    ? [{ at: firstAt, kind: 'slow-paths', server, delayMs: ms(random, 5, 60), forMs: 60_000 }]
    : [];
  return {
    ...base,
    name: 'leaderless',
    failsafe: true,
    servers: base.servers.map((plan) => ({ ...plan, onAfterMs: 0 })),
    hierarchies: [createHierarchy('db1', priorities), createHierarchy('db2', priorities)],
    absent: [],
    faults: [...outages, ...slow].sort((one, other) => one.at - other.at),
    wishes: [],
    staysOff: [],
    healAt: firstAt + 76_000,
    uninterruptedFrom: 11_000,
  };
}

function createJoiner(servers: readonly ServerPlan[]): ServerPlan {
  return {
    name: `s${servers.length + 1}`,
    role: 'member',
    hasWatchdog: true,
    drift: 0.0001,
    onAfterMs: Number.MAX_SAFE_INTEGER,
    joins: true,
  };
}

/** Who asks is frozen before the answers are there, and nobody answers any more when it goes on: it has slept through its promises. */
function freezeAsking(
  random: Random,
  { at, owner }: { readonly at: number; readonly owner: string },
): readonly Fault[] {
  const forMs = ms(random, 1_500, 3_500);
  return [
    { at: at - 1_000, kind: 'slow-paths', server: owner, delayMs: ms(random, 200, 700), forMs: 12_000 },
    { at, kind: 'daemon-freeze', server: owner, forMs },
    { at: at + 800, kind: 'path-cut', server: owner, other: undefined, how: 'both', forMs: 12_000 },
  ];
}

/**
 * The majority comes back without the owner, whose lease ends then while promises still hold it: just then those who have promised
 * begin another life.
 */
export function generateForgetful(seed: number): Scenario {
  const random = createRandom(seed ^ 0xf04e);
  const base = generateLeaderless(seed);
  const { leaseTtlMs, etcdElectionMs } = profiles[base.profile];
  const at = 12_000;
  const forMs = ms(random, 1_600, 4_000);
  const owner = 'owner:db1';
  const goneAt = at + forMs + leaseTtlMs + 1.5 * etcdElectionMs;
  const names = base.servers.map(({ name }) => name);
  const ends = names.flatMap((server): readonly Fault[] => {
    const when = Math.round(goneAt + random.between(-1_500, 2_500));
    if (random.chance(0.3)) return [];
    return random.chance(0.7)
      ? [{ at: when, kind: 'daemon-crash', server, backAfterMs: 0 }]
      : [{ at: when, kind: 'power-off', server, backAfterMs: 50 }];
  });
  return {
    ...base,
    name: 'forgetful',
    faults: [
      { at, kind: 'store-outage' as const, forMs },
      { at: at + 100, kind: 'cut' as const, server: owner, how: 'cut' as const, forMs: forMs + 25_000 },
      ...ends,
    ].sort((one, other) => one.at - other.at),
    healAt: at + 40_000,
    uninterruptedFrom: Number.MAX_SAFE_INTEGER,
  };
}

/** A server joins that the owner does not know of, because it has been cut off just before; then etcd loses its majority for long. */
export function generateNewcomer(seed: number): Scenario {
  const random = createRandom(seed ^ 0x2e3c);
  const base = generateLeaderless(seed);
  const at = 12_000;
  const joiner = createJoiner(base.servers);
  const joinedAt = at + ms(random, -100, 900);
  const forMs = ms(random, 10_000, 14_000);
  const extending = Array.from({ length: 5 }, (_, index): Wish => ({
    at: joinedAt + 60 + index * 250,
    kind: 'extend',
    hierarchy: 'db1',
    server: joiner.name,
  }));
  return {
    ...base,
    name: 'newcomer',
    servers: [...base.servers, joiner],
    faults: [
      { at, kind: 'cut', server: 'owner:db1', how: 'cut', forMs: 45_000 },
      { at: at + ms(random, 1_200, 2_500), kind: 'store-outage', forMs },
    ],
    wishes: [{ at: joinedAt, kind: 'join', server: joiner.name }, ...extending],
    healAt: at + 50_000,
    uninterruptedFrom: Number.MAX_SAFE_INTEGER,
  };
}

/** It joins before, in or after the outage, and is given the hierarchy as soon as anybody can. */
function createJoin(
  random: Random,
  join: {
    readonly server: string;
    readonly hierarchy: string;
    readonly from: number;
    readonly forMs: number;
  },
): readonly Wish[] {
  const { server, hierarchy, from, forMs } = join;
  const at = ms(random, from, from + forMs);
  const extending = Array.from({ length: 4 }, (): Wish => ({
    at: at + ms(random, 100, 6_000),
    kind: 'extend',
    hierarchy,
    server,
  }));
  return [{ at, kind: 'join', server }, ...extending];
}

function createTrouble(
  random: Random,
  place: {
    readonly at: number;
    readonly id: string;
    readonly names: readonly string[];
    readonly outageEnds: number;
  },
): Fault {
  const { id, names } = place;
  const at = Math.max(4_000, place.at);
  const owner = `owner:${id}`;
  const server = random.pick([owner, owner, `other:${id}`, random.pick(names)]);
  const forMs = random.chance(0.5) ? ms(random, 50, 2_500) : ms(random, 1_000, 9_000);
  const other = random.chance(0.6) ? random.pick(names) : undefined;
  const lateMs = Math.max(forMs, place.outageEnds - at + ms(random, 0, 12_000));
  const choices: readonly (() => Fault)[] = [
    () => ({ at, kind: 'path-cut', server, other, how: random.pick(['both', 'out', 'in']), forMs }),
    () => ({ at, kind: 'path-cut', server, other, how: random.pick(['both', 'out', 'in']), forMs }),
    () => ({
      at,
      kind: 'slow-paths',
      server,
      delayMs: ms(random, 50, random.chance(0.5) ? 900 : 4_000),
      forMs,
    }),
    () => ({ at, kind: 'lossy-paths', share: random.between(0.02, 0.5), forMs }),
    () => ({ at, kind: 'daemon-crash', server, backAfterMs: random.chance(0.6) ? 0 : forMs }),
    () => ({ at, kind: 'daemon-freeze', server, forMs }),
    () => ({ at, kind: 'guard-crash', server }),
    () => ({ at, kind: 'guard-freeze', server, forMs }),
    () => ({ at, kind: 'both-crash', server, backAfterMs: 0 }),
    () => ({ at, kind: 'server-freeze', server, forMs, how: random.pick(['freeze', 'sleep']) }),
    () => ({ at, kind: 'power-off', server, backAfterMs: ms(random, 50, 2_500) }),
    () => ({ at, kind: 'power-off', server: `other:${id}`, backAfterMs: ms(random, 50, 1_000) }),
    // The majority comes back without the owner, whose paths are whole.
    () => ({
      at,
      kind: 'cut',
      server: owner,
      how: random.pick(['cut', 'cut', 'answers-lost', 'requests-lost']),
      forMs: lateMs,
    }),
    () => ({ at, kind: 'cut', server: owner, how: 'cut', forMs: lateMs }),
    () => ({ at, kind: 'cut', server, how: 'cut', forMs: lateMs }),
    () => ({ at, kind: 'late-commit', server: `other:${id}`, delayMs: ms(random, 300, 6_000) }),
    () => ({ at, kind: 'late-answers', server: owner, forMs, delayMs: ms(random, 100, 990) }),
    () => ({ at, kind: 'store-stall', forMs }),
    () => ({ at, kind: 'crash', tag: id, leaves: random.pick(['stopped', 'half']) }),
  ];
  return random.pick(choices)();
}
