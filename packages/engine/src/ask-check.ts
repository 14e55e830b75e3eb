import { because, type Checks } from '@holdfast/core';
import type { ActionResult, Clock, InstanceRef, Instances } from './ports.ts';

export interface AskOptions {
  readonly clock: Clock;
  readonly instances: Pick<Instances, 'quickCheck' | 'deepCheck'>;
}

export type Depth = 'quick' | 'deep';

/** A kit keeps the deadline of a check itself; one that does not is waited for so much longer. */
const graceMs = 1_000;

/** Asks a kit whether an instance runs as it should. Always answers; what does not answer in time is unknown (S5). */
export function askCheck(
  options: AskOptions,
  one: { readonly instance: InstanceRef; readonly resource: { readonly checks: Checks } },
  depth: Depth,
): Promise<ActionResult> {
  const { quickDeadlineMs, deepDeadlineMs } = one.resource.checks;
  const limitMs = (depth === 'quick' ? quickDeadlineMs : deepDeadlineMs) + graceMs;
  return withLimit(options, limitMs, () =>
    depth === 'quick'
      ? options.instances.quickCheck(one.instance)
      : options.instances.deepCheck(one.instance),
  );
}

/** After `limitMs` without an answer nothing is known, which is no failure (S5). */
function withLimit(
  options: AskOptions,
  limitMs: number,
  check: () => Promise<ActionResult>,
): Promise<ActionResult> {
  const { promise, resolve } = Promise.withResolvers<ActionResult>();
  const cancel = options.clock.wakeAt(options.clock.now() + limitMs, () =>
    resolve({ state: 'unknown', reason: because('check-does-not-answer', { waitedMs: limitMs }) }),
  );
  check().then(resolve, (error: unknown) =>
    resolve({
      state: 'unknown',
      reason: because('check-threw', { message: error instanceof Error ? error.message : String(error) }),
    }),
  );
  return promise.finally(cancel);
}
