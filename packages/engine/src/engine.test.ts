import type { Decision } from '@holdfast/core';
import { profiles } from '@holdfast/core';
import { expect, test } from 'vitest';
import { createEngine, type Engine } from './engine.ts';
import type { ActionResult, Guard, Instances, Store } from './ports.ts';
import { aRunningCluster, keys, setDesired, outOfService, type TestingStore } from './testing.ts';
import { createManualClock } from './testing-clock.ts';

type Answer = Awaited<ReturnType<Store['read']>>;

/** The engine of server a over a store whose reads wait until they are answered. */
function engineOver(store: TestingStore, options: { readonly decide?: () => Decision } = {}) {
  const clock = createManualClock();
  const reads: ((answer: Answer) => void)[] = [];
  let rounds = 0;
  const port: Store = {
    read: () => new Promise((resolve) => reads.push(resolve)),
    commit: (transaction) => Promise.resolve(store.commit(transaction)),
    watch: () => () => {},
  };
  const guard: Guard = {
    state: () => ({ lease: '7', incarnation: 'a1', goodUntil: clock.now() + 1_000 }),
    alive: () => {
      rounds += 1;
    },
    plan: () => Promise.resolve(),
    drop: () => Promise.resolve(),
    retain: () => Promise.resolve(),
    hold: () => Promise.resolve(),
    kill: () => Promise.resolve(),
    onChange: () => () => {},
  };
  const ok: ActionResult = { state: 'ok' };
  const instances: Instances = {
    restore: () => Promise.resolve(ok),
    remove: () => Promise.resolve(ok),
    recover: () => Promise.resolve(ok),
    repairsInPlace: () => false,
    quickCheck: () => Promise.resolve(ok),
    deepCheck: () => Promise.resolve(ok),
    watch: () => () => {},
    killPlan: () => [],
  };
  const engine: Engine = createEngine({
    server: 'a',
    role: 'member',
    version: '1',
    keys,
    profile: () => profiles.test,
    clock,
    store: port,
    guard,
    instances,
    kits: [],
    reporter: { event: () => {}, journal: () => {} },
    ...options,
  });
  return { engine, clock, reads, rounds: () => rounds };
}

function answerOf(store: TestingStore): Answer {
  const entries = [...store.entries()];
  return { revision: store.snapshot().view.revision, entries };
}

test('S5 an older look at the store never replaces a newer one', async () => {
  const store = aRunningCluster();
  const { engine, clock, reads } = engineOver(store);
  const before = answerOf(store);
  setDesired(store, 'db', outOfService);
  const after = answerOf(store);
  void engine.refresh().catch(() => {});
  await clock.pass(5);
  reads[0]?.(before);
  await clock.pass(5);
  expect(reads.length).toBeGreaterThan(2);
  reads.at(-1)?.(after);
  await clock.pass(0);
  reads.at(-2)?.(before);
  await clock.pass(0);
  expect(engine.state().snapshot?.view.desired['db']?.kind).toBe('out-of-service');
  engine.stop();
});

test('rounds that ask for the next one at once leave a millisecond in between', async () => {
  const { engine, clock, rounds } = engineOver(aRunningCluster(), {
    decide: () => {
      queueMicrotask(() => engine.wake());
      return { openSession: false, hierarchies: [], wakeAt: undefined };
    },
  });
  await clock.pass(50);
  expect(rounds()).toBeGreaterThan(40);
  expect(rounds()).toBeLessThanOrEqual(52);
  engine.stop();
});

test('C-06 rounds come also when nothing happens', async () => {
  const { engine, clock, rounds } = engineOver(aRunningCluster());
  await clock.pass(4_000);
  expect(rounds()).toBeGreaterThanOrEqual(10);
  const before = rounds();
  engine.stop();
  await clock.pass(4_000);
  expect(rounds()).toBe(before);
});
