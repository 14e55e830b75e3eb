import {
  allow,
  decide,
  decideGuard,
  renewedLease,
  type Action,
  type Decision,
  type HierarchyDecision,
  type InstanceActivity,
  type Observation,
  type StoreView,
} from '@holdfast/core';
import type { ActionResult, Instances, Transaction } from '@holdfast/engine/ports';
import type { Rule } from './checkers.ts';
import { generateWholeFreeze } from './generate.ts';
import type { Scenario } from './scenario.ts';
import { shippedRules, type Rules } from './world.ts';

/** A safety rule broken on purpose: the simulator must notice. */
export interface Mutant {
  readonly name: string;
  /** What is broken, and how it could come about. */
  readonly breaks: string;
  /** Made anew for each run: a mutant may remember something. */
  readonly rules: () => Rules;
  /** The schedules that can show it; random ones when left out. */
  readonly schedule?: (seed: number) => Scenario;
  /** Which rule is seen to be violated; or why nothing is, and must not be. */
  readonly seen: { readonly as: readonly Rule[] } | { readonly harmless: string };
}

const shipped = shippedRules;

/** A decision function with another view of the world, or other actions. */
function deciding(change: {
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

function seeingStore(observation: Observation, change: (view: StoreView) => StoreView): Observation {
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

function committing(change: (transaction: Transaction) => Transaction): Rules {
  return {
    ...shipped,
    wrapStore: (store) => ({ ...store, commit: (transaction) => store.commit(change(transaction)) }),
  };
}

/** Leaves out the comparisons with keys of these areas. */
function notComparing(isMeant: (transaction: Transaction) => boolean, areas: readonly string[]): Rules {
  return committing((transaction) =>
    isMeant(transaction)
      ? {
          ...transaction,
          compare: transaction.compare.filter(({ key }) => !areas.some((area) => key.includes(`/${area}/`))),
        }
      : transaction,
  );
}

function putsOwner({ write }: Transaction): boolean {
  return write.some((one) => 'put' in one && one.put.includes('/owners/'));
}

function withInstances(change: (instances: Instances) => Partial<Instances>): Rules {
  return { ...shipped, wrapInstances: (instances) => ({ ...instances, ...change(instances) }) };
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

const asStopped: ActionResult = { state: 'ok' };

const decisionMutants: readonly Mutant[] = [
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
      harmless: 'the guard link shows no lease that is over, so decisions never see one; see the next mutant',
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
          if (row !== 17 || store.state !== 'known' || desired?.kind !== 'in-service' || !desired.target)
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
];

const storeMutants: readonly Mutant[] = [
  {
    name: 'owner not compared in acquire',
    breaks: 'a hierarchy is taken without "owner key absent"',
    rules: () =>
      notComparing((one) => putsOwner(one) && one.compare.some(({ is }) => is === 'absent'), ['owners']),
    seen: { harmless: 'every owner has raised the term, and that is compared too' },
  },
  {
    name: 'term not compared in acquire',
    breaks: 'a hierarchy is taken without "term as seen"',
    rules: () => notComparing(putsOwner, ['terms']),
    seen: {
      harmless:
        'owner, wish, configuration and session are compared too: another owner must have come and gone without changing any',
    },
  },
  {
    name: 'neither owner nor term compared',
    breaks: 'the fastest two both take it',
    rules: () => notComparing(putsOwner, ['owners', 'terms']),
    seen: { as: ['S1', 'S4'] },
  },
  {
    name: 'wish not compared',
    breaks: 'a hierarchy is taken although an operator has just taken it out of service',
    rules: () => notComparing(putsOwner, ['desired']),
    seen: { as: ['S6'] },
  },
  {
    name: 'session not compared in a hand-over',
    breaks: 'ownership is given to a server that may be gone',
    rules: () => notComparing(putsOwner, ['sessions']),
    seen: {
      harmless:
        'the key hangs on the lease of that session: it ends with it, and nobody else has started anything',
    },
  },
  {
    name: 'incarnations have one name',
    breaks: 'a server takes the ownership of its former life for its own',
    rules: () => ({ ...shipped, newIncarnation: (server) => server }),
    seen: { as: ['S1', 'S2', 'S3'] },
  },
  {
    name: 'candidate delay zero',
    breaks: 'everybody tries at once',
    rules: () => ({ ...shipped, profile: (profile) => ({ ...profile, candidateDelayMs: 0 }) }),
    seen: { harmless: 'the transaction settles every race; the delay only prefers the preferred' },
  },
];

const kitMutants: readonly Mutant[] = [
  {
    name: 'permit always allows',
    breaks: 'kits do not ask again immediately before the act',
    rules: () =>
      withInstances(({ restore, recover }) => ({
        restore: (instance, context) => restore(instance, { ...context, permit: allow }),
        recover: (instance, context) => recover(instance, { ...context, permit: allow }),
      })),
    seen: { as: ['S2', 'S1'] },
  },
  {
    name: 'volume barrier off',
    breaks: 'a volume is brought in under a later term that stands on it',
    rules: () => ({ ...shipped, hasBarrier: false }),
    schedule: generateWholeFreeze,
    seen: { as: ['barrier'] },
  },
  {
    name: 'failed stop read as done',
    breaks: 'a stop that left something behind counts as a stop',
    rules: () =>
      withInstances(({ remove }) => ({
        remove: (instance, context) => remove(instance, context).then(() => asStopped),
      })),
    seen: { as: ['S1', 'S6', 'S7'] },
  },
];

const guardMutants: readonly Mutant[] = [
  {
    name: 'lease goodness ignored everywhere',
    breaks: 'the daemon believes in its last lease for ever',
    rules: () => ({
      ...shipped,
      wrapGuard: (guard) => {
        let last: ReturnType<typeof guard.state>;
        return {
          ...guard,
          state: () => {
            last = guard.state() ?? last;
            return last && { ...last, goodUntil: Infinity };
          },
        };
      },
    }),
    seen: { as: ['S2', 'S3', 'S1'] },
  },
  {
    name: 'renewal counted from the answer',
    breaks: 'the time on the way is added to the lease',
    rules: () => ({
      ...shipped,
      renewedLease: (lease, answer, answeredAt) => renewedLease(lease, { ...answer, sentAt: answeredAt }),
    }),
    seen: { as: ['S3'] },
  },
  {
    name: 'guard ignores the deadline',
    breaks: 'a lease that is not renewed stays good',
    rules: () => ({
      ...shipped,
      decideGuard: (view) =>
        decideGuard(
          view.lease.state === 'held' ? { ...view, lease: { ...view.lease, sentAt: view.now } } : view,
        ),
    }),
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'guard ignores a silent daemon',
    breaks: 'the lease is kept for a daemon that is gone for good',
    rules: () => ({ ...shipped, decideGuard: (view) => decideGuard({ ...view, daemonAliveAt: view.now }) }),
    seen: { as: ['S3'] },
  },
  {
    name: 'guard ignores sleep',
    breaks: 'the time that the machine slept is not counted',
    rules: () => ({ ...shipped, decideGuard: (view) => decideGuard({ ...view, suspendedMs: 0 }) }),
    seen: { as: ['S3', 'S1', 'S2'] },
  },
  {
    name: 'guard feeds the watchdog always',
    breaks: 'a server on which something cannot be stopped is not reset',
    rules: () => ({
      ...shipped,
      decideGuard: (view) => ({ ...decideGuard(view), feed: view.watchdog !== undefined }),
    }),
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'a new guard forgets what the old one held',
    breaks: 'lease and plans die with the guard',
    rules: () => ({ ...shipped, inherits: false }),
    seen: { as: ['S1', 'S3', 'S8'] },
  },
  {
    name: 'start before the guard holds the plan',
    breaks: 'a start does not wait for the guard',
    rules: () => ({ ...shipped, wrapGuard: (guard) => ({ ...guard, plan: () => Promise.resolve() }) }),
    seen: { as: ['S3', 'S1', 'S8'] },
  },
  {
    name: 'release before the guard dropped the plan',
    breaks: 'ownership is given away with the kill plan still held',
    rules: () => ({ ...shipped, wrapGuard: (guard) => ({ ...guard, drop: () => Promise.resolve() }) }),
    seen: { as: ['S8'] },
  },
  {
    name: 'kill believed without looking',
    breaks: 'what was to be killed counts as stopped',
    rules: () => ({ ...shipped, wrapGuard: (guard) => ({ ...guard, kill: () => Promise.resolve() }) }),
    seen: { as: ['S1', 'S6', 'S8'] },
  },
];

export const mutants: readonly Mutant[] = [
  ...decisionMutants,
  ...storeMutants,
  ...kitMutants,
  ...guardMutants,
];
