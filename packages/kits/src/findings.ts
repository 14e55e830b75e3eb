import { because, type Reason } from '@holdfast/core';
import type { Finding } from './kit.ts';

type Facts = Reason['facts'];

/** Nothing is to be done: the reason's code is the check's name with `-ok`. */
export function passedFinding(check: string, facts: Facts = {}): Finding {
  return { check, outcome: 'passed', reason: because(`${check}-ok`, facts) };
}

/** It works, and could be better; or nothing could be found out. */
export function warnedFinding(check: string, code: string, facts: Facts = {}): Finding {
  return { check, outcome: 'warned', reason: because(code, facts) };
}

/** It does not work, or it endangers the data. */
export function failedFinding(check: string, code: string, facts: Facts = {}): Finding {
  return { check, outcome: 'failed', reason: because(code, facts) };
}

const problemLimit = 300;

/** Makes one check within its time. A check that cannot know says so, as a warning: it never passes by silence (S5). */
export async function examineWithin(
  check: string,
  timeoutMs: number,
  make: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  const unknown = (problem: string): readonly Finding[] => [
    warnedFinding(check, 'check-unknown', { check, problem: problem.slice(0, problemLimit) }),
  ];
  const late = Promise.withResolvers<readonly Finding[]>();
  const timer = setTimeout(
    () => late.resolve(unknown(`no answer within ${String(timeoutMs)} ms`)),
    Math.max(0, timeoutMs),
  );
  try {
    return await Promise.race([make().catch((error: unknown) => unknown(String(error))), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
