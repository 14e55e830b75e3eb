import type { Random } from './random.ts';
import type { Fault, Wish } from './scenario.ts';
import { ms, type Stage, type Teller } from './story.ts';

/** What goes wrong while the structure changes, on the server that has it all. */
function trouble(random: Random, { at, id }: { readonly at: number; readonly id: string }): readonly Fault[] {
  const server = `owner:${id}`;
  const when = at + ms(random, -600, 900);
  const forMs = ms(random, 300, 9_000);
  const choices: readonly (() => readonly Fault[])[] = [
    () => [],
    // Nobody but the guard is there when the lease ends: what it does not know of goes on running.
    () => [
      { at: at + ms(random, 50, 900), kind: 'daemon-crash', server, backAfterMs: ms(random, 6_000, 16_000) },
    ],
    () => [{ at: at + ms(random, 50, 900), kind: 'daemon-freeze', server, forMs: ms(random, 6_000, 16_000) }],
    () => [{ at: when, kind: 'daemon-crash', server, backAfterMs: random.chance(0.5) ? 0 : forMs }],
    () => [{ at: when, kind: 'both-crash', server, backAfterMs: random.chance(0.5) ? 0 : forMs }],
    () => [{ at: when, kind: 'guard-crash', server }],
    () => [
      { at: when, kind: 'guard-crash', server },
      { at: when + ms(random, 0, 800), kind: 'cut', server, forMs, how: 'cut' },
    ],
    () => [{ at: when, kind: 'power-off', server, backAfterMs: forMs }],
    () => [
      { at: when, kind: 'cut', server, forMs, how: random.pick(['cut', 'answers-lost', 'requests-lost']) },
    ],
    () => [{ at: when, kind: 'server-freeze', server, forMs, how: 'freeze' }],
    () => [{ at: when, kind: 'daemon-freeze', server, forMs }],
    () => [{ at: when, kind: 'crash', tag: id, leaves: random.pick(['stopped', 'half']) }],
    () => [{ at: when, kind: 'crash', tag: `${id}-volume`, leaves: 'stopped' }],
    () => [{ at: when, kind: 'bad-start', server, tag: id, forMs, how: random.pick(['server', 'hangs']) }],
    () => [{ at: when, kind: 'late-answers', server, forMs, delayMs: ms(random, 300, 990) }],
  ];
  return random.pick(choices)();
}

/** Two hierarchies on one server become one and two again, or a part leaves one and comes back; faults in the middle. */
export const joinedAndParted: Teller = (stage) => {
  const { at, random, names, hierarchy, hierarchies } = stage;
  const other = hierarchies.find(({ id }) => id !== hierarchy.id);
  const child = other && random.chance(0.8) ? other.id : `${hierarchy.id}-address`;
  const server = random.pick(names);
  const gather = other
    ? [hierarchy.id, other.id].map((id): Wish => ({
        at,
        kind: 'in-service',
        hierarchy: id,
        target: random.chance(0.85) ? server : random.pick(names),
      }))
    : [];
  const first = at + ms(random, 1_500, 4_000);
  const second = first + ms(random, 800, 6_000);
  const isApart = child === other?.id;
  const kinds = isApart
    ? (['add-dependency', 'remove-dependency'] as const)
    : (['remove-dependency', 'add-dependency'] as const);
  const more = random.chance(0.4)
    ? [
        {
          at: first + ms(random, 100, 3_000),
          kind: 'in-service',
          hierarchy: hierarchy.id,
          target: random.pick(names),
        } as const,
      ]
    : [];
  return {
    faults: [
      ...trouble(random, { at: first, id: hierarchy.id }),
      ...(random.chance(0.5)
        ? trouble(random, { at: second, id: random.pick([hierarchy, other ?? hierarchy]).id })
        : []),
    ],
    wishes: [
      ...gather,
      { at: first, kind: kinds[0], hierarchy: hierarchy.id, child },
      ...more,
      { at: second, kind: kinds[1], hierarchy: hierarchy.id, child },
      ...(random.chance(0.3)
        ? [{ at: second + 700, kind: kinds[0], hierarchy: hierarchy.id, child } as const]
        : []),
    ],
  };
};

/** Several administrators change everything at once. */
export const changedEverywhere: Teller = ({ at, random, names, hierarchy: { id }, hierarchies }) => ({
  faults: trouble(random, { at, id }),
  wishes: Array.from({ length: random.int(3, 8) }, (): Wish => {
    const when = at + ms(random, 0, 3_000);
    const child = random.pick([`${id}-address`, ...hierarchies.map((one) => one.id)]);
    const server = random.pick(names);
    return random.pick<Wish>([
      { at: when, kind: 'add-dependency', hierarchy: id, child },
      { at: when, kind: 'remove-dependency', hierarchy: id, child },
      { at: when, kind: 'unextend', hierarchy: id, server, force: random.chance(0.5) },
      { at: when, kind: 'extend', hierarchy: id, server },
      { at: when, kind: 'set', hierarchy: id, localRecovery: random.chance(0.5) },
      { at: when, kind: 'out-of-service', hierarchy: id },
      { at: when, kind: 'in-service', hierarchy: id, target: server },
      { at: when, kind: 'in-service', hierarchy: id, target: undefined },
    ]);
  }),
});

/** Servers lose it by force, one after another, while they die and come back; then they get it again. */
export const takenFromServers: Teller = (stage: Stage) => {
  const {
    at,
    random,
    names,
    hierarchy: { id },
  } = stage;
  const back = at + ms(random, 2_000, 6_000);
  return {
    faults: [
      random.chance(0.5)
        ? { at, kind: 'power-off', server: `owner:${id}`, backAfterMs: ms(random, 500, 9_000) }
        : { at, kind: 'cut', server: `owner:${id}`, forMs: ms(random, 500, 9_000), how: 'cut' },
      ...trouble(random, { at: at + 1_500, id }),
    ],
    wishes: [
      ...names.map((server): Wish => ({
        at: at + ms(random, 0, 4_000),
        kind: 'unextend',
        hierarchy: id,
        server,
        force: true,
      })),
      ...names.map((server): Wish => ({
        at: back + ms(random, 0, 1_000),
        kind: 'extend',
        hierarchy: id,
        server,
      })),
    ],
  };
};
