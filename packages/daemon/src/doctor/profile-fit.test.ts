import { profiles } from '@holdfast/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseProfile, judgeTiming, type Measured } from './profile-fit.ts';

const quiet: Measured = {
  readP50Ms: 1,
  readP99Ms: 2,
  writeP50Ms: 2,
  writeP99Ms: 5,
  samples: 100,
  loopStallMs: 20,
  guardStallMs: 0,
  windowMin: 20,
};

test.each([
  ['a quiet server with a quick etcd', {}, 'fastest', 'nothing-quicker'],
  ['slow writes', { writeP99Ms: 100 }, 'fast', 'answers-take-long'],
  ['slower writes', { writeP99Ms: 200 }, 'normal', 'answers-take-long'],
  ['slow reads', { readP99Ms: 400 }, 'safe', 'answers-take-long'],
  [
    'every write beyond the quick heartbeat',
    { writeP50Ms: 60, writeP99Ms: 61 },
    'normal',
    'exchange-takes-long',
  ],
  ['a guard that stood still for 200 ms', { guardStallMs: 200 }, 'fast', 'guard-stood-still'],
  ['a guard that stood still for a second', { guardStallMs: 1_000 }, 'safe', 'guard-stood-still'],
  ['a daemon that stood still for a second', { loopStallMs: 1_000 }, 'normal', 'daemon-stood-still'],
] as const)(
  'C-12 %s: the quickest profile that fits, and why none quicker does',
  (_name, changed, fits, why) => {
    const chosen = chooseProfile({ ...quiet, ...changed });
    expect(chosen.fits).toBe(fits);
    expect(chosen.why.code).toBe(why);
  },
);

test('C-12 a profile that is too quick is warned of, with the one to set', () => {
  const findings = judgeTiming('fastest', { ...quiet, writeP99Ms: 200 });
  expect(findings.map(({ check, outcome, reason }) => `${check} ${outcome} ${reason.code}`)).toEqual([
    'etcd-latency warned etcd-slow',
    'stalls passed stalls-ok',
    'profile warned profile-too-fast',
  ]);
  expect(findings[2]?.reason.facts).toMatchObject({
    profile: 'fastest',
    fits: 'normal',
    cause: 'answers-take-long',
  });
});

test('C-12 a profile with reserve passes, and what would fit is said', () => {
  const [, , choice] = judgeTiming('safe', quiet);
  expect(choice).toMatchObject({
    outcome: 'passed',
    reason: { facts: { profile: 'safe', fits: 'fastest' } },
  });
});

test('C-12 a server that no profile fits is said to be so', () => {
  const [, , choice] = judgeTiming('safe', { ...quiet, guardStallMs: 5_000 });
  expect(choice).toMatchObject({ outcome: 'warned', reason: { code: 'profile-none' } });
});

test('C-12 a worse measurement never makes a quicker profile fit', () => {
  const amount = fc.integer({ min: 0, max: 3_000 });
  const speed = (name: string | undefined): number =>
    name === undefined ? Number.POSITIVE_INFINITY : profiles[name as keyof typeof profiles].leaseTtlMs;
  fc.assert(
    fc.property(
      amount,
      amount,
      amount,
      amount,
      amount,
      (writeP99Ms, writeP50Ms, loopStallMs, guardStallMs, more) => {
        const measured = { ...quiet, writeP99Ms, writeP50Ms, loopStallMs, guardStallMs };
        const before = speed(chooseProfile(measured).fits);
        for (const worse of ['readP99Ms', 'writeP99Ms', 'writeP50Ms', 'loopStallMs', 'guardStallMs'] as const)
          expect(
            speed(chooseProfile({ ...measured, [worse]: measured[worse] + more }).fits),
          ).toBeGreaterThanOrEqual(before);
      },
    ),
  );
});
