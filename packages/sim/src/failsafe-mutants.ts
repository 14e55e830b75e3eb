import { allow, decide, decideGuard, goodUntil, judgePromise } from '@holdfast/core';
import {
  generateFailsafe,
  generateForgetful,
  generateLeaderless,
  generateNewcomer,
} from './failsafe-schedules.ts';
import type { Mutant } from './mutant.ts';
import { shippedRules as shipped } from './world.ts';

/** Going on without a majority of etcd, with a rule of it broken (C-08). */
export const failsafeMutants: readonly Mutant[] = [
  {
    name: 'promises counted from the answer',
    breaks: 'the time that question and answer took is added to the promises',
    rules: () => ({ ...shipped, countFrom: (_sentAt, answeredAt) => answeredAt }),
    schedule: generateFailsafe,
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'promises die with the daemon',
    breaks: 'a daemon that is started again takes what the one before promised not to take',
    rules: () => ({ ...shipped, keepsPromises: 'until the daemon ends' }),
    schedule: generateForgetful,
    seen: { as: ['S1'] },
  },
  {
    name: 'promises die with the power',
    breaks: 'a machine that is back quickly takes what it promised not to take',
    rules: () => ({ ...shipped, keepsPromises: 'until the machine is off' }),
    schedule: generateForgetful,
    seen: { as: ['S1'] },
  },
  {
    name: 'one silent server is ignored',
    breaks: 'an owner goes on with the promises of all others but one',
    rules: () => ({ ...shipped, isEnough: (refusals) => Object.keys(refusals).length <= 1 }),
    schedule: generateFailsafe,
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'silent servers are ignored, refusing ones are not',
    breaks: 'who does not answer is taken for dead',
    rules: () => ({
      ...shipped,
      isEnough: (refusals) => Object.values(refusals).every(({ code }) => code === 'no-answer'),
    }),
    schedule: generateFailsafe,
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'a promise binds nothing',
    breaks: 'a server promises to take nothing, and takes what it finds without an owner',
    rules: () => ({ ...shipped, decide: (seen) => decide({ ...seen, promises: undefined }) }),
    schedule: generateFailsafe,
    seen: { as: ['S1'] },
  },
  {
    name: 'promised although the session is gone',
    breaks: 'a server promises again and again to one whose lease it has seen end',
    rules: () => ({
      ...shipped,
      judgePromise: (known, from, asked) =>
        judgePromise(
          known && { ...known, sessions: { ...known.sessions, [from]: { incarnation: asked.incarnation } } },
          from,
          asked,
        ),
    }),
    schedule: generateFailsafe,
    seen: { harmless: 'the promise binds all the same: what it holds up is the failover' },
  },
  {
    name: 'promised with a newer configuration known',
    breaks: 'a server promises although there is another that was not asked',
    rules: () => ({
      ...shipped,
      judgePromise: (known, from, asked) =>
        judgePromise(known && { ...known, configuration: 0 }, from, asked),
    }),
    schedule: generateNewcomer,
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'a promise does not bind changes',
    breaks: 'a server that has promised to take nothing lets another in that may take it',
    rules: () => ({ ...shipped, bindsChanges: false }),
    schedule: generateFailsafe,
    seen: {
      harmless:
        'who lets a server in knows of it and promises no more, and a server that has just joined takes nothing at first',
    },
  },
  {
    name: 'guard extends an ending lease',
    breaks: 'promises that come late make a lease good again that is ending',
    rules: () => ({
      ...shipped,
      judgePromised: allow,
      decideGuard: (view) =>
        view.lease.state === 'ending' && view.promised?.lease === view.lease.lease && !view.lease.gone
          ? decideGuard({ ...view, lease: { ...view.lease, state: 'held' } })
          : decideGuard(view),
    }),
    schedule: generateFailsafe,
    seen: { as: ['S1', 'S2', 'S3', 'S7', 'S8', 'L1', 'L2'] },
  },
  {
    name: 'guard holds without an end',
    breaks: 'once promised, always promised',
    rules: () => ({
      ...shipped,
      decideGuard: (view) =>
        decideGuard({ ...view, promised: view.promised && { ...view.promised, sentAt: view.now } }),
    }),
    schedule: generateFailsafe,
    seen: { as: ['S3', 'S1'] },
  },
  {
    name: 'guard takes the promises of another lease',
    breaks: 'what was promised for one life of the server is taken for the next',
    rules: () => ({
      ...shipped,
      judgePromised: allow,
      decideGuard: (view) =>
        decideGuard(
          view.promised && view.lease.state !== 'none'
            ? { ...view, promised: { ...view.promised, lease: view.lease.lease } }
            : view,
        ),
    }),
    schedule: generateFailsafe,
    seen: { harmless: 'the others have promised the server, in whichever of its lives it asked' },
  },
  {
    name: 'something is started while only promises hold the lease',
    breaks: 'promises are taken for a good lease',
    rules: () => ({
      ...shipped,
      wrapGuard: (guard) => ({
        ...guard,
        state: () => {
          const lease = guard.state();
          return lease && { ...lease, goodUntil: Math.max(lease.goodUntil, lease.failsafeUntil ?? 0) };
        },
      }),
    }),
    schedule: generateFailsafe,
    seen: { as: ['S1', 'S2', 'S3', 'S4', 'S5'] },
  },
  {
    name: 'nobody is asked',
    breaks: 'a lost majority of etcd stops what runs',
    rules: () => ({ ...shipped, isEnough: () => false }),
    schedule: generateLeaderless,
    seen: { as: ['C-08'] },
  },
  {
    name: 'the guard ends with the lease, whatever is promised',
    breaks: 'a lost majority of etcd stops what runs',
    rules: () => ({
      ...shipped,
      decideGuard: (view) =>
        decideGuard(
          view.lease.state === 'held' && view.now >= goodUntil(view.lease, view.profile, view.suspendedMs)
            ? { ...view, promised: undefined }
            : view,
        ),
    }),
    schedule: generateLeaderless,
    seen: { as: ['C-08'] },
  },
];
