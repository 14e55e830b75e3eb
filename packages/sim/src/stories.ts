import type { Hierarchy } from '@holdfast/core';
import type { Random } from './random.ts';
import type { Fault, ServerPlan, Wish } from './scenario.ts';

/** Things that go wrong together, because they do so in practice or because together they are worst. */
export interface Story {
  readonly faults: readonly Fault[];
  readonly wishes: readonly Wish[];
}

export interface Stage {
  readonly at: number;
  readonly random: Random;
  readonly hierarchy: Hierarchy;
  readonly servers: readonly ServerPlan[];
  readonly names: readonly string[];
}

type Teller = (stage: Stage) => Story;

const only = (...faults: readonly Fault[]): Story => ({ faults, wishes: [] });

function ms(random: Random, from: number, to: number): number {
  return Math.round(random.between(from, to));
}

/** It dies where it runs, and cannot be started there again: it moves, and comes to rest somewhere. */
const failsWhereItRuns: Teller = ({ at, random, hierarchy: { id, resources } }) =>
  only(
    {
      at,
      kind: 'bad-start',
      server: `owner:${id}`,
      tag: random.chance(0.6) ? id : random.pick(resources).tag,
      forMs: ms(random, 2_000, 15_000),
      how: random.pick(['server', 'server', 'server', 'data', 'hangs', 'hangs-for-good']),
    },
    {
      at: at + 50,
      kind: 'crash',
      tag: random.chance(0.7) ? id : random.pick(resources).tag,
      leaves: random.pick(['stopped', 'half']),
    },
  );

/** It fails everywhere: nobody has it for a time, and nobody must move it in circles. */
const failsEverywhere: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: [
    ...names.map((server): Fault => ({
      at,
      kind: 'bad-start',
      server,
      tag: id,
      forMs: ms(random, 2_000, 12_000),
      how: random.chance(0.8) ? 'server' : 'data',
    })),
    { at: at + 50, kind: 'crash', tag: id, leaves: 'stopped' },
  ],
  wishes: random.chance(0.5)
    ? [
        {
          at: at + ms(random, 500, 4_000),
          kind: 'in-service',
          hierarchy: id,
          target: random.chance(0.5) ? random.pick(names) : undefined,
        },
      ]
    : [],
});

/** The move's target cannot start it: it goes back (H-04). */
const targetFails: Teller = ({ at, random, names, hierarchy: { id, resources } }) => ({
  faults: names
    .map((server): Fault => ({
      at,
      kind: 'bad-start',
      server,
      tag: random.chance(0.5) ? id : random.pick(resources).tag,
      forMs: ms(random, 1_000, 8_000),
      how: random.pick(['server', 'hangs', 'data']),
    }))
    .slice(1),
  wishes: [{ at: at + 100, kind: 'in-service', hierarchy: id, target: names.at(-1) }],
});

/** What must stop does not: it is ended by force, or the server is, and nobody else takes it before that. */
const doesNotStop: Teller = ({ at, random, names, hierarchy: { id, resources } }) => ({
  faults: [
    {
      at,
      kind: 'bad-stop',
      server: `owner:${id}`,
      tag: random.chance(0.6) ? id : random.pick(resources).tag,
      forMs: ms(random, 2_000, 12_000),
      how: random.pick(['fails', 'hangs', 'half']),
    },
    ...(random.chance(0.4)
      ? [{ at, kind: 'unkillable', server: `owner:${id}`, tag: id, forMs: ms(random, 500, 5_000) } as const]
      : []),
    ...(random.chance(0.4)
      ? [
          {
            at: at + ms(random, 100, 3_000),
            kind: 'daemon-crash',
            server: `owner:${id}`,
            backAfterMs: 0,
          } as const,
        ]
      : []),
  ],
  wishes: [
    random.chance(0.5)
      ? { at: at + 20, kind: 'out-of-service', hierarchy: id }
      : { at: at + 20, kind: 'in-service', hierarchy: id, target: random.pick(names) },
  ],
});

/** A process that waits for a dead disk, on a server that is cut off. */
const stuckAndCut: Teller = ({ at, random, hierarchy: { id, resources } }) =>
  only(
    {
      at,
      kind: 'unkillable',
      server: `owner:${id}`,
      tag: random.pick(resources).tag,
      forMs: ms(random, 1_000, 10_000),
    },
    {
      at: at + ms(random, 0, 500),
      kind: 'cut',
      server: `owner:${id}`,
      forMs: ms(random, 1_000, 9_000),
      how: random.pick(['cut', 'answers-lost', 'requests-lost']),
    },
  );

/** The owner loses the store while it starts, stops or replays its log. */
const cutInTheMiddle: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: [
    { at, kind: 'long-recovery', forMs: 15_000, recoveryMs: ms(random, 1_000, 12_000) },
    {
      at: at + ms(random, 100, 3_000),
      kind: 'cut',
      server: random.pick([`owner:${id}`, `other:${id}`]),
      forMs: ms(random, 300, 8_000),
      how: random.pick(['cut', 'answers-lost', 'requests-lost']),
    },
  ],
  wishes: [{ at: at + 30, kind: 'in-service', hierarchy: id, target: random.pick(names) }],
});

/** A network that comes and goes. */
const flapping: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    ...Array.from({ length: 6 }, (_, index): Fault => ({
      at: at + index * ms(random, 700, 2_500),
      kind: 'cut',
      server: random.pick([`owner:${id}`, `owner:${id}`, `other:${id}`]),
      forMs: ms(random, 200, 2_200),
      how: random.pick(['cut', 'answers-lost', 'requests-lost']),
    })),
  );

/** Answers have become slow, and then there are none: a lease counts from when its renewal was sent (S2). */
const slowThenCut: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    {
      at,
      kind: 'late-answers',
      server: `owner:${id}`,
      forMs: 20_000,
      delayMs: random.chance(0.7) ? ms(random, 900, 995) : ms(random, 300, 900),
    },
    { at: at + ms(random, 3_000, 5_000), kind: 'cut', server: `owner:${id}`, forMs: 9_000, how: 'cut' },
  );

/** The owner's machine sleeps for a moment, and wakes without a network. */
const sleepThenCut: Teller = ({ at, random, hierarchy: { id } }) => {
  const forMs = ms(random, 500, 2_000);
  return only(
    { at, kind: 'server-freeze', server: `owner:${id}`, forMs, how: 'sleep' },
    { at: at + ms(random, 0, forMs), kind: 'cut', server: `owner:${id}`, forMs: 9_000, how: 'cut' },
  );
};

/** The store takes writes late: what was decided long ago takes place now, or is refused. */
const lateWrites: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: [
    ...Array.from({ length: random.int(1, 4) }, (_, index): Fault => ({
      at: at + index * ms(random, 500, 3_000),
      kind: 'store-stall',
      forMs: ms(random, 200, 5_000),
    })),
    random.chance(0.5)
      ? {
          at: at + ms(random, 0, 1_000),
          kind: 'power-off',
          server: `owner:${id}`,
          backAfterMs: ms(random, 200, 4_000),
        }
      : {
          at: at + ms(random, 0, 1_000),
          kind: 'bad-start',
          server: random.pick(names),
          tag: id,
          forMs: 6_000,
          how: 'server',
        },
  ],
  wishes: Array.from({ length: random.int(0, 3) }, (): Wish => {
    const when = at + ms(random, 0, 4_000);
    return random.chance(0.5)
      ? { at: when, kind: 'out-of-service', hierarchy: id }
      : {
          at: when,
          kind: 'in-service',
          hierarchy: id,
          target: random.chance(0.7) ? random.pick(names) : undefined,
        };
  }),
});

/** Two want it; the transaction of the one is on the way while the other has it, fails, and gives it away again. */
const overtaken: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: [
    ...names.map((server): Fault => ({
      at,
      kind: 'bad-start',
      server,
      tag: id,
      forMs: ms(random, 1_000, 6_000),
      how: 'server',
    })),
    { at: at + 10, kind: 'late-commit', server: random.pick(names), delayMs: ms(random, 800, 4_000) },
    random.chance(0.5)
      ? { at: at + 20, kind: 'crash', tag: id, leaves: 'stopped' }
      : { at: at + 20, kind: 'power-off', server: `owner:${id}`, backAfterMs: ms(random, 200, 2_000) },
    {
      at: at + ms(random, 100, 3_000),
      kind: 'late-commit',
      server: random.pick(names),
      delayMs: ms(random, 800, 4_000),
    },
    {
      at: at + ms(random, 1_000, 6_000),
      kind: 'late-commit',
      server: random.pick(names),
      delayMs: ms(random, 800, 4_000),
    },
  ],
  wishes: random.chance(0.6)
    ? [
        {
          at: at + ms(random, 0, 4_000),
          kind: random.pick(['in-service', 'out-of-service'] as const),
          hierarchy: id,
          target: undefined,
        },
      ]
    : [],
});

/** The store's leader dies together with the owner. */
const leaderAndOwner: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    { at, kind: 'power-off', server: `owner:${id}`, backAfterMs: ms(random, 300, 8_000) },
    { at: at + ms(random, 0, 1_500), kind: 'store-outage', forMs: ms(random, 300, 4_000) },
  );

/** It dies again and again: repaired here, then moved. */
const diesAgain: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    ...Array.from({ length: random.int(2, 5) }, (_, index): Fault => ({
      at: at + index * ms(random, 800, 2_500),
      kind: 'crash',
      tag: id,
      leaves: random.pick(['stopped', 'half']),
    })),
  );

/** The daemon is gone for longer than its guard waits for it (C-06). */
const daemonGone: Teller = ({ at, random, hierarchy: { id } }) => {
  const forMs = ms(random, 6_000, 16_000);
  return only(
    random.chance(0.5)
      ? { at, kind: 'daemon-freeze', server: `owner:${id}`, forMs }
      : { at, kind: 'daemon-crash', server: `owner:${id}`, backAfterMs: forMs },
  );
};

/** A start hangs, does not hear that it is no longer wanted, and goes on long after. */
const hangsAndMoves: Teller = ({ at, random, names, hierarchy: { id, resources } }) => ({
  faults: [
    {
      at,
      kind: 'bad-start',
      server: `owner:${id}`,
      tag: random.chance(0.5) ? id : random.pick(resources).tag,
      forMs: ms(random, 5_000, 13_000),
      how: 'hangs-for-good',
    },
    { at: at + 30, kind: 'crash', tag: random.chance(0.5) ? id : `${id}-volume`, leaves: 'stopped' },
    ...(random.chance(0.3)
      ? [{ at: at + 1_500, kind: 'cut', server: `owner:${id}`, forMs: 7_000, how: 'cut' } as const]
      : []),
  ],
  wishes: [
    random.chance(0.4)
      ? { at: at + 1_500, kind: 'out-of-service', hierarchy: id }
      : { at: at + 1_500, kind: 'in-service', hierarchy: id, target: random.pick(names) },
  ],
});

/** Guard and daemon die around the end of a lease. */
const keepersDie: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    {
      at,
      kind: 'cut',
      server: `owner:${id}`,
      forMs: ms(random, 1_000, 5_000),
      how: random.pick(['cut', 'answers-lost']),
    },
    { at: at + ms(random, 500, 3_000), kind: 'guard-crash', server: `owner:${id}` },
    {
      at: at + ms(random, 500, 3_000),
      kind: random.pick(['daemon-crash', 'both-crash'] as const),
      server: `owner:${id}`,
      backAfterMs: ms(random, 0, 3_000),
    },
  );

/** Something strikes in the very moment in which a start, a stop or a commit is under way. */
const ambush: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: [
    {
      at,
      kind: 'ambush',
      server: random.pick([`owner:${id}`, `other:${id}`]),
      point: random.pick(['start', 'stop', 'commit']),
      does: random.pick(['server-freeze', 'daemon-crash', 'guard-crash', 'power-off', 'answers-lost', 'cut']),
      forMs: ms(random, 100, 8_000),
    },
    ...(random.chance(0.5) ? [{ at: at + 100, kind: 'crash', tag: id, leaves: 'stopped' } as const] : []),
  ],
  wishes: [{ at: at + 50, kind: 'in-service', hierarchy: id, target: random.pick(names) }],
});

/** Operators who do not know of each other. */
const crowd: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: random.chance(0.5)
    ? [{ at, kind: 'slow-store', server: `owner:${id}`, forMs: 5_000, delayMs: ms(random, 100, 700) }]
    : [],
  wishes: Array.from({ length: random.int(2, 5) }, (): Wish => {
    const when = at + ms(random, 0, 1_500);
    return random.chance(0.4)
      ? { at: when, kind: 'out-of-service', hierarchy: id }
      : {
          at: when,
          kind: 'in-service',
          hierarchy: id,
          target: random.chance(0.8) ? random.pick(names) : undefined,
        };
  }),
});

/** Taken out, and then everything falls over: it stays out (S6). */
const outAndDown: Teller = ({ at, random, servers, hierarchy: { id } }) => ({
  faults: [
    random.chance(0.5)
      ? {
          at: at + ms(random, 0, 1_500),
          kind: 'all-off',
          backAfterMs: servers.map(() => ms(random, 200, 4_000)),
        }
      : {
          at: at + ms(random, 0, 1_000),
          kind: 'power-off',
          server: `owner:${id}`,
          backAfterMs: ms(random, 200, 6_000),
        },
  ],
  wishes: [
    { at, kind: 'out-of-service', hierarchy: id },
    ...(random.chance(0.3)
      ? [{ at: at + 6_000, kind: 'in-service', hierarchy: id, target: undefined } as const]
      : []),
  ],
});

/** Let go, and taken into care again: terms go on (S4). */
const comesAndGoes: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: random.chance(0.3)
    ? [{ at: at + ms(random, 0, 2_000), kind: 'daemon-crash', server: random.pick(names), backAfterMs: 0 }]
    : [],
  wishes: [
    ...(random.chance(0.3) ? [{ at: at - 1_500, kind: 'out-of-service', hierarchy: id } as const] : []),
    { at, kind: 'delete', hierarchy: id, force: random.chance(0.3) },
    { at: at + ms(random, 50, 3_000), kind: 'create', hierarchy: id, server: random.pick(names) },
    { at: at + ms(random, 3_000, 5_000), kind: 'extend', hierarchy: id, server: random.pick(names) },
  ],
});

export const stories: readonly Teller[] = [
  failsWhereItRuns,
  failsWhereItRuns,
  failsEverywhere,
  targetFails,
  targetFails,
  doesNotStop,
  doesNotStop,
  stuckAndCut,
  cutInTheMiddle,
  cutInTheMiddle,
  flapping,
  slowThenCut,
  sleepThenCut,
  lateWrites,
  lateWrites,
  overtaken,
  overtaken,
  leaderAndOwner,
  diesAgain,
  keepersDie,
  daemonGone,
  hangsAndMoves,
  hangsAndMoves,
  ambush,
  ambush,
  ambush,
  crowd,
  crowd,
  outAndDown,
  comesAndGoes,
];
