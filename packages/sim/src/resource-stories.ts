import type { Fault, Wish } from './scenario.ts';
import { ms, only, type Teller } from './story.ts';

/** It dies where it runs, and cannot be started there again: it moves, and comes to rest somewhere. */
export const failsWhereItRuns: Teller = ({ at, random, hierarchy: { id, resources } }) =>
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

/** The volume is lost and says nothing; what stands on it dies of that, and is started again before anybody looks. */
export const volumeGoesUnseen: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    { at, kind: 'crash', tag: `${id}-volume`, leaves: random.pick(['stopped', 'half']) },
    { at: at + ms(random, 1, 300), kind: 'crash', tag: id, leaves: 'stopped' },
  );

/** The owner is shut down in order and comes back; something else may happen to what it left meanwhile (C-07). */
export const shutDownInOrder: Teller = ({ at, random, names, hierarchy: { id } }) => ({
  faults: [
    { at, kind: 'shut-down', server: `owner:${id}`, backAfterMs: ms(random, 500, 8_000) },
    ...(random.chance(0.3)
      ? [
          {
            at: at + ms(random, 0, 4_000),
            kind: 'power-off',
            server: random.pick(names),
            backAfterMs: 1_000,
          } as const,
        ]
      : []),
  ],
  wishes: [
    ...names.map((server): Wish => ({
      at: at - 500,
      kind: 'set-server',
      server,
      shutdownStrategy: random.chance(0.7) ? 'stop' : 'switchover',
    })),
    ...(random.chance(0.3)
      ? [
          {
            at: at + ms(random, 300, 4_000),
            kind: 'in-service',
            hierarchy: id,
            target: random.chance(0.7) ? random.pick(names) : undefined,
          } as const,
        ]
      : []),
  ],
});

/** It fails everywhere: nobody has it for a time, and nobody must move it in circles. */
export const failsEverywhere: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
export const targetFails: Teller = ({ at, random, names, hierarchy: { id, resources } }) => ({
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
export const doesNotStop: Teller = ({ at, random, names, hierarchy: { id, resources } }) => ({
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
export const stuckAndCut: Teller = ({ at, random, hierarchy: { id, resources } }) =>
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

/** It dies again and again: repaired here, then moved. */
export const diesAgain: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    ...Array.from({ length: random.int(2, 5) }, (_, index): Fault => ({
      at: at + index * ms(random, 800, 2_500),
      kind: 'crash',
      tag: id,
      leaves: random.pick(['stopped', 'half']),
    })),
  );

/** A start hangs, does not hear that it is no longer wanted, and goes on long after. */
export const hangsAndMoves: Teller = ({ at, random, names, hierarchy: { id, resources } }) => ({
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

/** Operators who do not know of each other. */
export const crowd: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
export const outAndDown: Teller = ({ at, random, servers, hierarchy: { id } }) => ({
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
export const comesAndGoes: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
