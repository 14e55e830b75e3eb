import { expect, test } from 'vitest';
import { lookBeneath } from './look-beneath.ts';
import type { ActionResult, Instances } from './ports.ts';
import { createEngineState, hierarchyState } from './state.ts';
import { createManualClock } from './testing-clock.ts';
import { aHierarchy } from './testing.ts';

const ok: ActionResult = { state: 'ok' };
const running = { state: 'running', term: 3 } as const;
const badly = { code: 'volume-read-only', facts: {} };

/** The start of `db` has failed on the running `volume`, which answers like this. */
function afterFailedStart(answers: {
  readonly quick?: () => Promise<ActionResult>;
  readonly deep?: () => Promise<ActionResult>;
}) {
  const clock = createManualClock();
  const state = createEngineState(clock.now());
  const { instances: known } = hierarchyState(state, 'db');
  known.set('volume', running);
  const told: string[] = [];
  const abort = new AbortController();
  const instances: Instances = {
    restore: () => Promise.resolve(ok),
    remove: () => Promise.resolve(ok),
    recover: () => Promise.resolve(ok),
    repairsInPlace: () => false,
    quickCheck: answers.quick ?? (() => Promise.resolve(ok)),
    deepCheck: answers.deep ?? (() => Promise.resolve(ok)),
    watch: () => () => {},
    killPlan: () => [],
  };
  const tell = ({ code }: { readonly code: string }): void => void told.push(code);
  const looking = lookBeneath(
    { server: 'a', clock, instances, state, tell },
    { hierarchy: aHierarchy(), tag: 'db', term: 3 },
    abort.signal,
  );
  return { clock, known, told, abort, looking };
}

test('R-04 one bad answer of what a failed start stands on is its failure, by either check', async () => {
  for (const answers of [
    { quick: () => Promise.resolve<ActionResult>({ state: 'failed', scope: 'server', reason: badly }) },
    { quick: () => Promise.resolve<ActionResult>({ state: 'not-running', reason: badly }) },
    { deep: () => Promise.resolve<ActionResult>({ state: 'failed', scope: 'server', reason: badly }) },
  ]) {
    const { known, told, looking } = afterFailedStart(answers);
    await looking;
    expect(known.get('volume')).toEqual({
      state: 'failed',
      during: 'running',
      scope: 'server',
      reason: badly,
    });
    expect(told).toEqual(['resource-failed']);
  }
});

test('S5 what does not know or does not answer has not failed', async () => {
  const unknown = afterFailedStart({ quick: () => Promise.resolve({ state: 'unknown', reason: badly }) });
  await unknown.looking;
  expect(unknown.known.get('volume')).toEqual(running);
  const mute = afterFailedStart({ quick: () => new Promise(() => {}) });
  await mute.clock.pass(60_000);
  await mute.looking;
  expect(mute.known.get('volume')).toEqual(running);
});

test('S2 a look is over when the start is no longer wanted, and a late answer changes nothing', async () => {
  const { promise, resolve } = Promise.withResolvers<ActionResult>();
  const { clock, known, abort, looking } = afterFailedStart({ quick: () => promise });
  abort.abort();
  await looking;
  resolve({ state: 'failed', scope: 'server', reason: badly });
  await clock.pass(0);
  expect(known.get('volume')).toEqual(running);
});
