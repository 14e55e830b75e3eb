import type { HierarchyMemory, Observation, StoreView } from '@holdfast/core';
import { deciding, seeingStore } from './decision-mutants.ts';
import { generateLateSettings } from './late-settings.ts';
import type { Mutant } from './mutant.ts';
import { shippedRules as shipped, type Rules } from './world.ts';

function seeing(change: (view: StoreView) => StoreView): Rules {
  return deciding({ see: (observation) => seeingStore(observation, change) });
}

function remembering(
  change: (memory: HierarchyMemory, observation: Observation) => Partial<HierarchyMemory>,
): Rules {
  return deciding({
    see: (observation) => ({
      ...observation,
      hierarchies: Object.fromEntries(
        Object.entries(observation.hierarchies).map(([id, seen]) => [
          id,
          { ...seen, memory: { ...seen.memory, ...change(seen.memory, observation) } },
        ]),
      ),
    }),
  });
}

function mapped<T>(all: Readonly<Record<string, T>>, change: (one: T, name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one, name)]));
}

/** Every server that is there has been healthy for ever. */
function healthyForEver(_: HierarchyMemory, { store }: Observation): Partial<HierarchyMemory> {
  const sessions = store.state === 'known' ? store.value.sessions : {};
  return {
    healthy: Object.fromEntries(
      Object.values(sessions).map(({ server, incarnation }) => [
        server,
        { incarnation, since: Number.NEGATIVE_INFINITY },
      ]),
    ),
  };
}

/** What administrators have set about moves, not heeded (H-05, R-07, R-09). */
export const policyMutants: readonly Mutant[] = [
  {
    name: 'maintenance ignored',
    breaks: 'what is in maintenance is repaired, started and moved like everything else',
    rules: () =>
      seeing((view) => ({
        ...view,
        settings: view.settings && { ...view.settings, maintenance: false },
        hierarchies: mapped(view.hierarchies, (one) => ({ ...one, maintenance: false })),
      })),
    seen: { as: ['R-07'] },
  },
  {
    name: 'confirmation ignored',
    breaks: 'what a dead server left is taken over without an operator’s word',
    rules: () =>
      seeing((view) => ({
        ...view,
        servers: mapped(view.servers, (one) => ({ ...one, confirmFailover: false })),
      })),
    seen: { as: ['R-07'] },
  },
  {
    name: 'confirmation for ever',
    breaks: 'one confirmation counts for every later death too',
    rules: () =>
      seeing((view) => ({
        ...view,
        desired: mapped(view.desired, (one, id) =>
          one.kind === 'in-service' && one.confirmed !== undefined
            ? { ...one, confirmed: view.terms[id] }
            : one,
        ),
      })),
    seen: { as: ['R-07'] },
  },
  {
    name: 'block ignored',
    breaks: 'a blocked server takes what fails elsewhere',
    rules: () =>
      seeing((view) => ({
        ...view,
        servers: mapped(view.servers, (one) => ({ ...one, blockFailover: false })),
      })),
    seen: { as: ['R-07'] },
  },
  {
    name: 'keeping ignored',
    breaks: 'what a server stopped for its own shutdown is taken over by others',
    rules: () =>
      seeing((view) => ({
        ...view,
        desired: mapped(view.desired, (one) =>
          one.kind === 'in-service' ? { ...one, kept: undefined } : one,
        ),
      })),
    seen: { as: ['C-07'] },
  },
  {
    name: 'policies not compared at the commit',
    breaks: 'what is set between the decision and its commit is not heeded',
    rules: () => ({
      ...shipped,
      wrapStore: (store) => ({
        ...store,
        commit: ({ compare, write }) =>
          store.commit({ compare: compare.filter(({ key }) => !key.includes('/config/')), write }),
      }),
    }),
    schedule: generateLateSettings,
    seen: { as: ['R-07'] },
  },
  {
    name: 'switchback without the healthy time',
    breaks: 'a preferred server counts as healthy from its first moment',
    rules: () => remembering(healthyForEver),
    seen: { as: ['H-05'] },
  },
  {
    name: 'moves not counted',
    breaks: 'a hierarchy that has moved too often moves on',
    rules: () => remembering(() => ({ moves: [] })),
    seen: { as: ['R-09'] },
  },
];
