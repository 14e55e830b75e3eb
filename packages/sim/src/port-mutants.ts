import { allow, decideGuard, renewedLease } from '@holdfast/core';
import type { ActionResult, Instances, Transaction } from '@holdfast/engine/ports';
import { generateWholeFreeze } from './generate.ts';
import type { Mutant } from './mutant.ts';
import { shippedRules as shipped, type Rules } from './world.ts';

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

const asStopped: ActionResult = { state: 'ok' };

/** Transactions that compare with less than they were decided from. */
export const storeMutants: readonly Mutant[] = [
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

/** Kits that act without asking, or say what is not so. */
export const kitMutants: readonly Mutant[] = [
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

/** Guards that keep a lease too long, or let go too early. */
export const guardMutants: readonly Mutant[] = [
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
    rules: () => ({ ...shipped, countsSleep: false }),
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
    seen: { as: ['S1', 'S3', 'S6', 'S8'] },
  },
];
