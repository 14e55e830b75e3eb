import type { Fault, Wish } from './scenario.ts';
import { ms, only, type Teller } from './story.ts';

/** The owner loses the store while it starts, stops or replays its log. */
export const cutInTheMiddle: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
export const flapping: Teller = ({ at, random, hierarchy: { id } }) =>
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
export const slowThenCut: Teller = ({ at, random, hierarchy: { id } }) =>
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
export const sleepThenCut: Teller = ({ at, random, hierarchy: { id } }) => {
  const forMs = ms(random, 500, 2_000);
  return only(
    { at, kind: 'server-freeze', server: `owner:${id}`, forMs, how: 'sleep' },
    { at: at + ms(random, 0, forMs), kind: 'cut', server: `owner:${id}`, forMs: 9_000, how: 'cut' },
  );
};

/** The store takes writes late: what was decided long ago takes place now, or is refused. */
export const lateWrites: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
export const overtaken: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
export const leaderAndOwner: Teller = ({ at, random, hierarchy: { id } }) =>
  only(
    { at, kind: 'power-off', server: `owner:${id}`, backAfterMs: ms(random, 300, 8_000) },
    { at: at + ms(random, 0, 1_500), kind: 'store-outage', forMs: ms(random, 300, 4_000) },
  );

/** The daemon is gone for longer than its guard waits for it (C-06). */
export const daemonGone: Teller = ({ at, random, hierarchy: { id } }) => {
  const forMs = ms(random, 6_000, 16_000);
  return only(
    random.chance(0.5)
      ? { at, kind: 'daemon-freeze', server: `owner:${id}`, forMs }
      : { at, kind: 'daemon-crash', server: `owner:${id}`, backAfterMs: forMs },
  );
};

/** Guard and daemon die around the end of a lease. */
export const keepersDie: Teller = ({ at, random, hierarchy: { id } }) =>
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
export const ambush: Teller = ({ at, random, names, hierarchy: { id } }) => ({
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
