import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { allow, because, refuse, type Verdict } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { actContext, checkContext, type KitTrial, type TrialChange } from './trial.ts';

/** Milliseconds after which the engine abandons an aborted action and ends what it left by force. */
const abortMs = 3_000;
const quickCheckMs = 1_000;
const deepCheckMs = 5_000;
/** A machine that does other things too is late by this much without any fault of the kit. */
const slackMs = 1_000;

const killedAfterMs = [0, 6, 25, 90] as const;

/**
 * What every recovery kit must do, whatever it protects: tested on the real thing. Each test gets a trial of its own
 * from `setup`, with the resource out of service, and disposes of it.
 */
export function describeKit(name: string, setup: () => Promise<KitTrial>): void {
  describe(`the kit ${name}`, () => {
    let trial: KitTrial;
    beforeEach(async () => {
      trial = await setup();
    });
    afterEach(async () => {
      await trial.kit.remove(actContext(trial, {})).catch(() => undefined);
      await trial.dispose();
    });
    describeDescription(() => trial);
    describeActions(() => trial);
    describeInterruptions(() => trial);
  });
}

function describeDescription(trial: () => KitTrial): void {
  test('X-06 every field has a label and a help in English and Japanese', () => {
    const { fields, perServer } = trial().kit;
    for (const { label, help } of Object.values(fields)) {
      expect([label.en, label.ja, help.en, help.ja].filter((text) => text.trim() === '')).toEqual([]);
    }
    expect(perServer.filter((field) => !(field in fields))).toEqual([]);
  });

  test('S3 the kill plan is plain data, the same each time', () => {
    const { kit, parameters, host } = trial();
    const plan = kit.killPlan(parameters, host);
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
    expect(kit.killPlan(parameters, host)).toEqual(plan);
  });

  test('K-04 the tag that is offered is a valid one', () => {
    const { kit, parameters } = trial();
    expect(kit.defaultTag(parameters)).toMatch(/^[\x21-\x7e]{1,256}$/);
  });
}

function describeActions(trial: () => KitTrial): void {
  test('what never ran is certainly not running, and removing it succeeds', async () => {
    await expectState(quickCheck(trial()), 'not-running');
    await expectStopped(trial());
  });

  test('what is restored runs: both checks say so', async () => {
    await expectState(restore(trial()), 'ok');
    await expectState(quickCheck(trial()), 'ok');
    await expectState(deepCheck(trial()), 'ok');
    expect(await trial().isGone()).toBe(false);
  });

  test('K-14 restoring what runs succeeds, also in a later term', async () => {
    await expectState(restore(trial(), { term: 3 }), 'ok');
    await expectState(restore(trial(), { term: 3 }), 'ok');
    await expectState(restore(trial(), { term: 4 }), 'ok');
    await expectState(quickCheck(trial()), 'ok');
  });

  test('K-17 removing twice succeeds, and nothing is left', async () => {
    await expectState(restore(trial()), 'ok');
    await expectStopped(trial());
    await expectStopped(trial());
    await expectState(quickCheck(trial()), 'not-running');
  });

  test('what was removed can be restored again', async () => {
    await expectState(restore(trial(), { term: 1 }), 'ok');
    await expectStopped(trial());
    await expectState(restore(trial(), { term: 2 }), 'ok');
    await expectState(quickCheck(trial()), 'ok');
  });

  test('checks during a start and during a stop end in time and disturb nothing', async () => {
    const starting = checkWhile(trial(), restore(trial()));
    await expectState(starting, 'ok');
    await expectState(checkWhile(trial(), remove(trial())), 'ok');
    expect(await trial().isGone()).toBe(true);
  });

  test('S4 nothing is started without a permit', async () => {
    const result = await restore(trial(), { permit: () => refuse('lease-lost') });
    expect(result.state).not.toBe('ok');
    expect(await trial().isGone()).toBe(true);
    await expectState(quickCheck(trial()), 'not-running');
  });

  test('S4 a permit that ends during a start ends the start', async () => {
    for (const good of [1, 2, 3]) {
      let asked = 0;
      const permit = (): Verdict => (++asked <= good ? allow() : refuse('term-over', { asked }));
      const result = await restore(trial(), { permit });
      if (asked > good)
        expect(result, `permit refused at question ${asked}`).not.toMatchObject({ state: 'ok' });
      await expectStopped(trial());
    }
  });
}

function describeInterruptions(trial: () => KitTrial): void {
  test('an aborted action starts nothing', async () => {
    const signal = AbortSignal.abort(new Error('no longer wanted'));
    const result = await trial().kit.restore(actContext(trial(), { signal }));
    expect(result.state).not.toBe('ok');
    expect(await trial().isGone()).toBe(true);
  });

  test('an abort ends a start in time, and what is left of it can be removed', async () => {
    for (const afterMs of [1, 10, 50]) {
      const abort = new AbortController();
      const running = trial().kit.restore(actContext(trial(), { signal: abort.signal }));
      await Promise.race([running, delay(afterMs)]);
      abort.abort(new Error('no longer wanted'));
      await within(running, abortMs + slackMs, `restore aborted after ${afterMs} ms`);
      await expectStopped(trial());
    }
  });

  test('a start that was killed in the middle is completed by the next, and removed by the next', async ({
    skip,
  }) => {
    const { startApart } = trial();
    if (!startApart) return skip('this trial has no process of its own');
    for (const [index, afterMs] of killedAfterMs.entries()) {
      const apart = await startApart('restore', index + 1);
      await delay(afterMs);
      await apart.kill();
      if (index % 2 === 0) {
        await expectState(restore(trial(), { term: index + 1 }), 'ok', `killed after ${afterMs} ms`);
        await expectState(quickCheck(trial()), 'ok');
      }
      await expectStopped(trial());
    }
  });

  test('a stop that was killed in the middle is completed by the next', async ({ skip }) => {
    const { startApart } = trial();
    if (!startApart) return skip('this trial has no process of its own');
    for (const afterMs of killedAfterMs) {
      await expectState(restore(trial()), 'ok');
      const apart = await startApart('remove', 1);
      await delay(afterMs);
      await apart.kill();
      await expectStopped(trial());
    }
  });

  test('checks of what hangs, where it can, keep their deadline, and it can be removed when it goes on', async ({
    skip,
  }) => {
    const { hang } = trial();
    if (!hang) return skip('nothing of this kind can hang');
    await expectState(restore(trial()), 'ok');
    const release = await hang();
    try {
      await quickCheck(trial());
      expect((await deepCheck(trial())).state).not.toBe('not-running');
    } finally {
      await release();
    }
    await expectStopped(trial());
  });
}

function restore(trial: KitTrial, change: TrialChange = {}): Promise<ActionResult> {
  return within(trial.kit.restore(actContext(trial, change)), trial.limitMs, 'restore');
}

function remove(trial: KitTrial): Promise<ActionResult> {
  const { permit: _, ...context } = actContext(trial, {});
  return within(trial.kit.remove(context), trial.limitMs, 'remove');
}

function quickCheck(trial: KitTrial): Promise<ActionResult> {
  return within(
    trial.kit.quickCheck(checkContext(trial, quickCheckMs)),
    quickCheckMs + slackMs,
    'quick check',
  );
}

function deepCheck(trial: KitTrial): Promise<ActionResult> {
  return within(trial.kit.deepCheck(checkContext(trial, deepCheckMs)), deepCheckMs + slackMs, 'deep check');
}

/** Removes the resource, and looks without the kit that nothing is left. */
async function expectStopped(trial: KitTrial): Promise<void> {
  const result = await remove(trial);
  expect(['ok', 'not-running'], JSON.stringify(result)).toContain(result.state);
  expect(await trial.isGone(), JSON.stringify(result)).toBe(true);
}

async function expectState(
  result: Promise<ActionResult>,
  state: ActionResult['state'],
  when = '',
): Promise<void> {
  const answer = await result;
  expect(answer.state, `${when} ${JSON.stringify(answer)}`).toBe(state);
}

/** Checks again and again until the action ends; each check must answer in time. */
async function checkWhile(trial: KitTrial, action: Promise<ActionResult>): Promise<ActionResult> {
  const ended = new AbortController();
  const checking = (async () => {
    while (!ended.signal.aborted) {
      await quickCheck(trial);
      await delay(2);
    }
  })();
  try {
    return await action;
  } finally {
    ended.abort();
    await checking;
  }
}

async function within(action: Promise<ActionResult>, limitMs: number, what: string): Promise<ActionResult> {
  const startedAt = performance.now();
  const late = delay(limitMs + slackMs, undefined, { ref: false }).then((): ActionResult => {
    const waitedMs = Math.round(performance.now() - startedAt);
    return { state: 'unknown', reason: because('deadline-not-kept', { what, waitedMs }) };
  });
  const result = await Promise.race([action, late]);
  const tookMs = performance.now() - startedAt;
  expect(tookMs, `${what}: ${JSON.stringify(result)}`).toBeLessThan(limitMs + slackMs);
  return result;
}
