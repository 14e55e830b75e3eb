import type { Hierarchy } from '@holdfast/core';
import { createRandom, type Random } from './random.ts';
import type { Scenario, Wish } from './scenario.ts';

/** Milliseconds: after the cluster has come up. */
const earliestMs = 2_000;

/**
 * Lays over a schedule what administrators set about moves: switchback, limits, and, while things go wrong, maintenance and
 * the properties of servers. Its random numbers are its own, so that the schedule beneath stays the one of its seed.
 */
export function withPolicies(scenario: Scenario): Scenario {
  const random = createRandom(scenario.seed ^ 0x5eed);
  const hierarchies = scenario.hierarchies.map((hierarchy) => withRandomPolicy(random, hierarchy));
  if (random.chance(0.4)) return { ...scenario, hierarchies };
  const count = random.pick([1, 2, 3, 4, 6]);
  const wishes = Array.from({ length: count }, () => createWish(random, scenario)).flat();
  const early = wishes.filter(({ at }) => at < scenario.healAt - 100);
  return { ...scenario, hierarchies, wishes: [...scenario.wishes, ...early].sort((a, b) => a.at - b.at) };
}

function withRandomPolicy(random: Random, hierarchy: Hierarchy): Hierarchy {
  const healthyForMs = random.pick([0, 500, 2_000, 5_000]);
  return {
    ...hierarchy,
    switchback: random.chance(0.35) ? { kind: 'automatic', healthyForMs } : hierarchy.switchback,
    recovery: { ...hierarchy.recovery, failovers: random.pick([1, 2, 3, 6, 6, 6]) },
  };
}

/** One thing that is set, often taken back again later, and often together with what makes it matter. */
function createWish(random: Random, { servers, hierarchies, healAt }: Scenario): readonly Wish[] {
  const ms = (from: number, to: number): number => Math.round(random.between(from, Math.max(from + 1, to)));
  const at = ms(earliestMs, healAt - 200);
  const later = ms(at + 100, healAt - 150);
  const members = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const server = random.pick(members);
  const { id } = random.pick(hierarchies);
  const hierarchy = random.chance(0.7) ? id : undefined;
  const choices: readonly (() => readonly Wish[])[] = [
    () => [{ at, kind: 'maintenance', hierarchy, on: true }],
    () => [
      { at, kind: 'maintenance', hierarchy, on: true },
      { at: later, kind: 'maintenance', hierarchy, on: false },
    ],
    () => [{ at, kind: 'set-server', server, confirmFailover: true }],
    () => members.map((one) => ({ at, kind: 'set-server', server: one, confirmFailover: true })),
    () => [
      { at, kind: 'set-server', server, confirmFailover: true },
      { at: later, kind: 'in-service', hierarchy: id, target: random.chance(0.5) ? server : undefined },
    ],
    () => [
      { at, kind: 'set-server', server, confirmFailover: true, blockFailover: random.chance(0.5) },
      { at: later, kind: 'set-server', server, confirmFailover: false, blockFailover: false },
    ],
    () => [{ at, kind: 'set-server', server, blockFailover: true }],
    () => [
      { at, kind: 'switchback', hierarchy: id, healthyForMs: random.pick([0, 1_000, 4_000]) },
      ...(random.chance(0.3)
        ? [{ at: later, kind: 'switchback', hierarchy: id, healthyForMs: undefined } as const]
        : []),
    ],
  ];
  return random.pick(choices)();
}
