import { because, type Checks, type InstanceActivity } from '@holdfast/core';
import { expect, test } from 'vitest';
import { createMonitor, watchedOf } from './monitor.ts';
import type { ActionResult, Instances } from './ports.ts';
import { createEngineState, hierarchyState } from './state.ts';
import { aHierarchy, aResource } from './testing.ts';
import { createManualClock } from './testing-clock.ts';

const unknown: ActionResult = { state: 'unknown', reason: { code: 'check-does-not-answer', facts: {} } };
const ok: ActionResult = { state: 'ok' };
const bad: ActionResult = { state: 'failed', scope: 'server', reason: { code: 'answers-badly', facts: {} } };

const failedByItself: InstanceActivity = {
  state: 'failed',
  during: 'running',
  scope: 'server',
  reason: { code: 'has-ended', facts: {} },
};

/** Watches `db` in term 3, with checks that answer what they are told to. */
function watching(changes: Partial<Checks> = {}) {
  const clock = createManualClock();
  const state = createEngineState(0);
  const answers = { quick: ok, deep: ok };
  let onEnd = (): void => {};
  const instances: Partial<Instances> = {
    quickCheck: () => Promise.resolve(answers.quick),
    deepCheck: () => Promise.resolve(answers.deep),
    watch: (_, callback) => {
      onEnd = callback;
      return () => {};
    },
  };
  const db = aResource('db');
  const resource = { ...db, checks: { ...db.checks, ...changes } };
  const hierarchy = aHierarchy({ resources: [resource] });
  const held = hierarchyState(state, 'db');
  held.instances.set('db', { state: 'running', term: 3 });
  const monitor = createMonitor({
    server: 'a',
    clock,
    instances: instances as Instances,
    state,
    onChange: () => {},
    tell: () => {},
  });
  const watch = (): void => monitor.watch([{ hierarchy, resource, term: 3, isDown: false }]);
  watch();
  return { clock, answers, held, hierarchy, resource, monitor, watch, ends: () => onEnd() };
}

test('R-01 a bad quick check fails the instance at once', async () => {
  const { clock, answers, held } = watching();
  answers.quick = bad;
  await clock.pass(1_000);
  expect(held.instances.get('db')).toMatchObject({ state: 'failed', during: 'running' });
});

test('R-01 bad deep checks count only when so many come in a row', async () => {
  const { clock, answers, held } = watching({
    deepEveryMs: 2_000,
    badDeep: 2,
    quickEveryMs: 0,
  });
  answers.deep = bad;
  await clock.pass(2_000);
  answers.deep = ok;
  await clock.pass(2_000);
  answers.deep = bad;
  await clock.pass(2_000);
  expect(held.instances.get('db')?.state).toBe('running');
  await clock.pass(2_000);
  expect(held.instances.get('db')?.state).toBe('failed');
});

test('K-19 the host’s own sign leads to a check at once', async () => {
  const { clock, answers, held, ends } = watching();
  answers.quick = { state: 'not-running', reason: { code: 'not-there', facts: {} } };
  ends();
  await clock.pass(0);
  expect(held.instances.get('db')?.state).toBe('failed');
});

test('S5 a check that does not know is a warning, and never a failure', async () => {
  const { clock, answers, held } = watching();
  answers.quick = unknown;
  await clock.pass(5_000);
  expect(held.instances.get('db')?.state).toBe('running');
  expect(held.warnings.get('db')?.code).toBe('check-does-not-answer');
});

test('R-01 the check that gave a warning takes it back, with deep checks off and after watching began anew', async () => {
  const { clock, answers, held, monitor, watch } = watching({ deepEveryMs: 0 });
  answers.quick = unknown;
  await clock.pass(1_000);
  expect(held.warnings.size).toBe(1);
  monitor.watch([]);
  watch();
  answers.quick = ok;
  await clock.pass(1_000);
  expect(held.warnings.size).toBe(0);
});

test('R-01 a quick check does not take back what a deep check found', async () => {
  const { clock, answers, held } = watching({ deepEveryMs: 1_500 });
  answers.deep = unknown;
  await clock.pass(1_500);
  await clock.pass(1_000);
  expect(held.warnings.size).toBe(1);
  answers.deep = ok;
  await clock.pass(1_500);
  expect(held.warnings.size).toBe(0);
});

test('R-01 zero turns a check off', async () => {
  const { clock, answers, held } = watching({ quickEveryMs: 0, deepEveryMs: 0 });
  answers.quick = bad;
  answers.deep = bad;
  await clock.pass(60_000);
  expect(held.instances.get('db')?.state).toBe('running');
});

test('R-07 what failed in maintenance is seen to run again when every check is content, in nobody’s term', async () => {
  const { clock, answers, held, monitor, resource, hierarchy } = watching();
  held.instances.set('db', failedByItself);
  monitor.watch(watchedOf(hierarchy, held, true));
  answers.quick = bad;
  await clock.pass(3_000);
  expect(held.instances.get('db')).toEqual(failedByItself);
  answers.quick = ok;
  answers.deep = bad;
  await clock.pass(3_000);
  expect(held.instances.get('db')).toEqual(failedByItself);
  answers.deep = ok;
  await clock.pass(1_000);
  expect(held.instances.get('db')).toEqual({ state: 'running', term: 0 });
  monitor.watch(watchedOf(hierarchy, held, true));
  answers.quick = bad;
  await clock.pass(resource.checks.quickEveryMs);
  expect(held.instances.get('db')).toMatchObject({ state: 'failed', during: 'running' });
});

test('R-07 outside of maintenance only what runs is watched', () => {
  const { held, hierarchy } = watching();
  held.instances.set('db', failedByItself);
  expect(watchedOf(hierarchy, held, false)).toEqual([]);
  expect(watchedOf(hierarchy, held, true)).toMatchObject([{ isDown: true }]);
  held.instances.set('db', { state: 'busy', action: 'remove' });
  expect(watchedOf(hierarchy, held, true)).toEqual([]);
});

test('R-03 what runs is checked also while its parent is stopped or has failed', () => {
  const resources = [aResource('db', ['volume', 'address']), aResource('volume'), aResource('address')];
  const hierarchy = aHierarchy({ resources });
  const held = hierarchyState(createEngineState(0), 'db');
  held.instances.set('volume', { state: 'running', term: 3 });
  held.instances.set('address', { state: 'running', term: 3 });
  const tags = (): readonly string[] => watchedOf(hierarchy, held, false).map(({ resource }) => resource.tag);
  held.instances.set('db', { state: 'stopped' });
  expect(tags()).toEqual(['volume', 'address']);
  held.instances.set('db', { state: 'failed', during: 'running', scope: 'server', reason: because('dead') });
  expect(tags()).toEqual(['volume', 'address']);
  held.instances.set('db', { state: 'running', term: 3 });
  expect(tags()).toEqual(['db', 'volume', 'address']);
});
