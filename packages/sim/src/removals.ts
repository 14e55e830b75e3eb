import { createRandom } from './random.ts';
import type { Scenario, Wish } from './scenario.ts';

/**
 * Lays over some schedules that an administrator takes a server out of the cluster, often one that has just died or is about
 * to come back. Its random numbers are its own, so that the schedule beneath stays the one of its seed.
 */
export function withRemovals(scenario: Scenario): Scenario {
  const random = createRandom(scenario.seed ^ 0x901e);
  if (random.chance(0.75)) return scenario;
  const { servers, healAt } = scenario;
  const count = random.int(1, 3);
  const wishes = Array.from({ length: count }, (): Wish => {
    const at = Math.round(random.between(2_000, Math.max(2_001, healAt - 200)));
    return { at, kind: 'remove-server', server: random.pick(servers).name, force: random.chance(0.5) };
  });
  return { ...scenario, wishes: [...scenario.wishes, ...wishes].sort((a, b) => a.at - b.at) };
}
