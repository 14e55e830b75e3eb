import { because, profiles, type ProfileName, type Reason, type TimingProfile } from '@holdfast/core';
import { passedFinding, warnedFinding, type Finding } from '@holdfast/kits';
import type { Latency } from './latency.ts';
import type { Stalls } from './stalls.ts';

export type Measured = Latency & Stalls;

/** The profiles that people choose from, the quickest first. */
const fromQuickest: readonly ProfileName[] = ['fastest', 'fast', 'normal', 'safe'];

/** A renewal has to be answered within the deadline of a call; measured now, it may be four times as slow later. */
const reserve = 4;

/** Why a server is too slow for a profile (C-12); `undefined` when it fits. */
export function judgeFit(profile: TimingProfile, measured: Measured): Reason | undefined {
  const quicker = profile.name;
  const { writeP50Ms, guardStallMs, loopStallMs } = measured;
  const callLimitMs = Math.floor(profile.callTimeoutMs / reserve);
  const tookMs = slowestMs(measured);
  if (tookMs > callLimitMs) return because('answers-take-long', { quicker, limitMs: callLimitMs, tookMs });
  if (writeP50Ms > profile.etcdHeartbeatMs)
    return because('exchange-takes-long', { quicker, limitMs: profile.etcdHeartbeatMs, writeP50Ms });
  const guardLimitMs = guardAllowanceMs(profile);
  if (guardStallMs > guardLimitMs)
    return because('guard-stood-still', { quicker, limitMs: guardLimitMs, guardStallMs });
  if (loopStallMs > profile.candidateDelayMs)
    return because('daemon-stood-still', { quicker, limitMs: profile.candidateDelayMs, loopStallMs });
  return undefined;
}

/** What 99 of 100 reads, and as many writes, do not exceed. */
function slowestMs({ readP99Ms, writeP99Ms }: Latency): number {
  return Math.max(readP99Ms, writeP99Ms);
}

/**
 * Half of what is left of a lease when its last renewal before the stop has been lost: the guard may stand still for that
 * long and still renew in time (S2).
 */
export function guardAllowanceMs(profile: TimingProfile): number {
  const { leaseTtlMs, stopAllowanceMs, renewEveryMs, callTimeoutMs } = profile;
  return Math.floor((leaseTtlMs - stopAllowanceMs - renewEveryMs - callTimeoutMs) / 2);
}

/** The quickest profile that fits, and why the next quicker one does not. */
export function chooseProfile(measured: Measured): {
  readonly fits: ProfileName | undefined;
  readonly why: Reason;
} {
  let why = because('nothing-quicker');
  for (const name of fromQuickest) {
    const problem = judgeFit(profiles[name], measured);
    if (!problem) return { fits: name, why };
    why = problem;
  }
  return { fits: undefined, why };
}

/** Findings about etcd's latency, this server's stalls, and the profile that fits both. */
export function judgeTiming(current: ProfileName, measured: Measured): readonly Finding[] {
  const profile = profiles[current];
  const { fits, why } = chooseProfile(measured);
  return [
    judgeLatency(profile, measured, fits ?? 'safe'),
    judgeStalls(profile, measured),
    judgeChoice(current, { measured, fits, why }),
  ];
}

function judgeLatency(profile: TimingProfile, measured: Measured, fits: ProfileName): Finding {
  const { readP50Ms, readP99Ms, writeP50Ms, writeP99Ms } = measured;
  const limitMs = Math.floor(profile.callTimeoutMs / reserve);
  const facts = { readP50Ms, readP99Ms, writeP50Ms, writeP99Ms, samples: measured.samples };
  return slowestMs(measured) > limitMs
    ? warnedFinding('etcd-latency', 'etcd-slow', { ...facts, limitMs, profile: profile.name, fits })
    : passedFinding('etcd-latency', facts);
}

function judgeStalls(profile: TimingProfile, { loopStallMs, guardStallMs, windowMin }: Measured): Finding {
  const facts = { loopStallMs, guardStallMs, windowMin };
  const isLong = guardStallMs > guardAllowanceMs(profile) || loopStallMs > profile.candidateDelayMs;
  return isLong ? warnedFinding('stalls', 'stalls-long', facts) : passedFinding('stalls', facts);
}

function judgeChoice(
  profile: ProfileName,
  of: { readonly measured: Measured; readonly fits: ProfileName | undefined; readonly why: Reason },
): Finding {
  const { measured, fits, why } = of;
  const problem = judgeFit(profiles[profile], measured);
  if (!problem)
    return passedFinding('profile', { ...why.facts, profile, fits: fits ?? profile, cause: why.code });
  return fits === undefined
    ? warnedFinding('profile', 'profile-none', { ...problem.facts, profile, cause: problem.code })
    : warnedFinding('profile', 'profile-too-fast', { ...problem.facts, profile, fits, cause: problem.code });
}
