import {
  decide,
  type Action,
  type Decision,
  type HierarchyDecision,
  type InstanceActivity,
  type Observation,
  type StoreView,
} from '@holdfast/core';
import { generateUnseenLoss } from './generate.ts';
import type { Mutant } from './mutant.ts';
import { shippedRules as shipped, type Rules } from './world.ts';

/** A decision function with another view of the world, or other actions. */
export function deciding(change: {
  readonly see?: (observation: Observation) => Observation;
  readonly act?: (decided: HierarchyDecision, observation: Observation) => readonly Action[];
}): Rules {
  const { see = (same) => same, act = ({ actions }) => actions } = change;
  const changed = (observation: Observation): Decision => {
    const seen = see(observation);
    const decision = decide(seen);
    return {
      ...decision,
      hierarchies: decision.hierarchies.map((one) => ({ ...one, actions: act(one, seen) })),
    };
  };
  return { ...shipped, decide: changed };
}

export function seeingStore(observation: Observation, change: (view: StoreView) => StoreView): Observation {
  const { store } = observation;
  return store.state === 'known'
    ? { ...observation, store: { ...store, value: change(store.value) } }
    : observation;
}

/** The last look at the store is taken for the present, `change` applied. */
function rememberingStore(change: (view: StoreView) => StoreView): Rules {
  const last = new Map<string, Observation['store']>();
  return deciding({
    see: (observation) => {
      const { store, self } = observation;
      if (store.state === 'known') last.set(self.server, store);
      const old = last.get(self.server);
      if (store.state === 'known' || old?.state !== 'known') return observation;
      return { ...observation, store: { ...old, value: change(old.value) } };
    },
  });
}

function withoutEnd(action: Action): readonly Action[] {
  if (action.kind === 'end-operation') return [];
  return [action.kind === 'release' || action.kind === 'hand-over' ? { ...action, end: undefined } : action];
}

/** The same action for every resource that needs it, without waiting for the others. */
function allAtOnce(
  kind: 'remove' | 'restore',
  { hierarchy, actions }: HierarchyDecision,
  { store, hierarchies }: Observation,
): readonly Action[] {
  if (store.state !== 'known' || !actions.some((action) => action.kind === kind)) return actions;
  const instances = hierarchies[hierarchy]?.instances ?? {};
  const term = store.value.owners[hierarchy]?.term ?? 0;
  return (store.value.hierarchies[hierarchy]?.resources ?? []).flatMap(({ tag }): readonly Action[] => {
    const state: InstanceActivity['state'] = instances[tag]?.state ?? 'unknown';
    if (kind === 'remove')
      return state === 'running' || state === 'failed' ? [{ kind, tag, recovery: false }] : [];
    return state === 'stopped' ? [{ kind, tag, term }] : [];
  });
}

/** Where a start has failed, nothing else is seen to have. */
function seeingFailedStartsAlone(observation: Observation): Observation {
  const alone = (instances: Readonly<Record<string, InstanceActivity>>): typeof instances => {
    const all = Object.entries(instances);
    const hasFailedStart = all.some(([, one]) => one.state === 'failed' && one.during === 'restore');
    if (!hasFailedStart) return instances;
    return Object.fromEntries(
      all.map(([tag, one]): [string, InstanceActivity] => {
        const isOther = one.state === 'failed' && one.during === 'running';
        return [tag, isOther ? { state: 'running', term: Infinity } : one];
      }),
    );
  };
  const hierarchies = Object.fromEntries(
    Object.entries(observation.hierarchies).map(([id, seen]) => [
      id,
      { ...seen, instances: alone(seen.instances) },
    ]),
  );
  return { ...observation, hierarchies };
}

/** Decisions that look at the world in a wrong way, or draw a wrong conclusion. */
export const decisionMutants: readonly Mutant[] = [
  {
    name: 'unknown owner read as none',
    breaks: 'when the store does not answer, its owners are taken for gone',
    rules: () => rememberingStore((view) => ({ ...view, owners: {} })),
    seen: { as: ['S5'] },
  },
  {
    name: 'old look taken for the present',
    breaks: 'the last look at the store never becomes unknown',
    rules: () => rememberingStore((view) => view),
    seen: { as: ['S5'] },
  },
  {
    name: 'lease goodness ignored in decisions',
    breaks: 'a lease counts as good for ever',
    rules: () =>
      deciding({
        see: (observation) => {
          const { lease } = observation;
          return lease ? { ...observation, lease: { ...lease, goodUntil: Infinity } } : observation;
        },
      }),
    seen: {
      harmless:
        'the guard link shows no lease that is over, so decisions never see one; the guard’s own mutants are caught',
    },
  },
  {
    name: 'take over out-of-service',
    breaks: 'what nobody owns is taken, whatever an operator asked for',
    rules: () =>
      deciding({
        see: (observation) =>
          seeingStore(observation, (view) => ({
            ...view,
            desired: Object.fromEntries(
              Object.entries(view.desired).map(([id, desired]) => [
                id,
                view.owners[id]
                  ? desired
                  : { kind: 'in-service', operation: desired.operation, target: undefined, from: undefined },
              ]),
            ),
          })),
      }),
    seen: { as: ['S6'] },
  },
  {
    name: 'hand over before stopped',
    breaks: 'a move gives the ownership away while something still runs',
    rules: () =>
      deciding({
        act: ({ row, hierarchy, actions }, { store }) => {
          const desired = store.state === 'known' ? store.value.desired[hierarchy] : undefined;
          if (row !== 21 || store.state !== 'known' || desired?.kind !== 'in-service' || !desired.target)
            return actions;
          const term = (store.value.terms[hierarchy] ?? 0) + 1;
          return [{ kind: 'hand-over', to: desired.target, term, mark: undefined, end: undefined }];
        },
      }),
    seen: { as: ['S1'] },
  },
  {
    name: 'ignorance read as stopped',
    breaks: 'what nobody has looked at counts as stopped',
    rules: () =>
      deciding({
        see: (observation) =>
          seeingStore(
            {
              ...observation,
              hierarchies: Object.fromEntries(
                Object.entries(observation.hierarchies).map(([id, seen]) => [
                  id,
                  {
                    ...seen,
                    instances: Object.fromEntries(
                      Object.entries(seen.instances).map(([tag, activity]) => [
                        tag,
                        activity.state === 'unknown' ||
                        (activity.state === 'busy' && activity.action === 'check')
                          ? { state: 'stopped' }
                          : activity,
                      ]),
                    ),
                  },
                ]),
              ),
            },
            (view) => view,
          ),
      }),
    seen: { as: ['S5', 'S1'] },
  },
  {
    name: 'parents not stopped first',
    breaks: 'everything is stopped at once',
    rules: () => deciding({ act: (decided, observation) => allAtOnce('remove', decided, observation) }),
    seen: { as: ['S7'] },
  },
  {
    name: 'children started with their parents',
    breaks: 'everything is started at once',
    rules: () => deciding({ act: (decided, observation) => allAtOnce('restore', decided, observation) }),
    seen: { as: ['S7'] },
  },
  {
    name: 'term does not grow at a hand-over',
    breaks: 'the next owner gets the term of the last one',
    rules: () =>
      deciding({
        act: ({ actions }) =>
          actions.map((action) =>
            action.kind === 'hand-over' ? { ...action, term: action.term - 1 } : action,
          ),
      }),
    seen: { as: ['S4'] },
  },
  {
    name: 'operation end forgotten',
    breaks: 'what was asked for is done, and nobody says so',
    rules: () => deciding({ act: ({ actions }) => actions.flatMap(withoutEnd) }),
    seen: { as: ['L3', 'S8'] },
  },
  {
    name: 'give-up never',
    breaks: 'a start that failed is neither repaired nor moved',
    rules: () => deciding({ act: ({ actions }) => actions.filter(({ kind }) => kind !== 'give-up') }),
    seen: { as: ['L1', 'L3'] },
  },
  {
    name: 'failed start counts on a failed child',
    breaks: 'a hierarchy leaves a server where its child only had to be repaired',
    rules: () => deciding({ see: seeingFailedStartsAlone }),
    schedule: generateUnseenLoss,
    seen: { as: ['R-04'] },
  },
];
