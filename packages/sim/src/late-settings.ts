import { generateScenario } from './generate.ts';
import { createRandom } from './random.ts';
import type { Fault, Scenario, Wish } from './scenario.ts';

/**
 * The owner loses its power, everything that others send to the store takes long to arrive, and just then an operator sets
 * something that stands against a takeover: it is heeded however late the takeover arrives.
 */
export function generateLateSettings(seed: number): Scenario {
  const random = createRandom(seed);
  const base = generateScenario(seed);
  const { id } = random.pick(base.hierarchies);
  const at = Math.round(random.between(5_000, 6_500));
  const members = base.servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  const forMs = 12_000;
  const faults: readonly Fault[] = [
    { at, kind: 'power-off', server: `owner:${id}`, backAfterMs: forMs },
    ...members.map((server): Fault => ({
      at: at + 100,
      kind: 'slow-store',
      server,
      forMs,
      delayMs: Math.round(random.between(300, 700)),
    })),
  ];
  const wish: Wish = {
    at: at + Math.round(random.between(3_500, 7_000)),
    kind: 'maintenance',
    hierarchy: id,
    on: true,
  };
  return {
    ...base,
    name: 'late settings',
    profile: 'test',
    servers: base.servers.map((plan) => ({ ...plan, hasWatchdog: true })),
    faults,
    absent: [],
    wishes: [wish],
    staysOff: [],
    healAt: at + forMs + 2_000,
  };
}
