import { expect, test } from 'vitest';
import { createInServiceRequest, createOutOfServiceRequest, type Requested } from './requests.ts';
import {
  aHierarchy,
  aRunningCluster,
  aStoppedCluster,
  keys,
  setDesired,
  setOperation,
  setSession,
  setStatus,
  wallTime,
  type TestingStore,
} from './testing.ts';

function refusal(requested: Requested): string | undefined {
  return requested.allowed ? undefined : requested.reason.code;
}

function bring(store: TestingStore, target?: string, operation = 'op1', tag = 'db'): Requested {
  return createInServiceRequest(store.request(), { tag, target, operation });
}

function takeOut(store: TestingStore, operation = 'op1', tag = 'db'): Requested {
  return createOutOfServiceRequest(store.request(), { tag, operation });
}

function perform(store: TestingStore, requested: Requested): boolean {
  if (!requested.allowed) throw new Error(`refused: ${requested.reason.code}`);
  return store.commit(requested.transaction);
}

test('H-03 a move names its target and where it comes from, and an operation to follow', () => {
  const store = aRunningCluster();
  const requested = bring(store, 'b');
  expect(perform(store, requested)).toBe(true);
  expect(store.get(keys.desired('db'))).toMatchObject({
    kind: 'in-service',
    operation: 'op1',
    target: 'b',
    from: 'a',
  });
  expect(store.get(keys.operation('op1'))).toMatchObject({
    state: 'running',
    target: 'b',
    by: 'operator',
    at: wallTime,
  });
});

test('H-03 without a target it stays where it is, or goes to the most preferred', () => {
  const store = aStoppedCluster();
  expect(perform(store, bring(store))).toBe(true);
  expect(store.get(keys.desired('db'))).toEqual({
    formatVersion: 1,
    kind: 'in-service',
    operation: 'op1',
    confirmed: 3,
  });
});

test('H-03 any tag of the hierarchy names it', () => {
  const store = aStoppedCluster();
  expect(bring(store, undefined, 'op1', 'volume')).toMatchObject({
    allowed: true,
    operation: { hierarchy: 'db' },
  });
});

test('H-03 each reason against bringing it in service has its own code', () => {
  const store = aRunningCluster();
  expect(refusal(bring(store, undefined, 'op1', 'nothing'))).toBe('unknown-tag');
  expect(refusal(bring(store, 'nobody'))).toBe('unknown-server');
  expect(refusal(bring(store, 'w'))).toBe('not-extended');
  expect(refusal(bring(store, 'a'))).toBe('already-in-service');
  expect(refusal(bring(store))).toBe('already-in-service');
  setSession(store, 'b', { accepting: false });
  expect(refusal(bring(store, 'b'))).toBe('server-not-accepting');
  store.commit({ compare: [], write: [{ delete: keys.session('b') }] });
  expect(refusal(bring(store, 'b'))).toBe('server-not-there');
});

test('R-05 asking again makes a server that has given up try again', () => {
  const store = aRunningCluster();
  setStatus(store, 'a', aHierarchy(), 'failed');
  expect(bring(store)).toMatchObject({ allowed: true });
  expect(bring(store, 'a')).toMatchObject({ allowed: true, operation: { target: undefined } });
});

test('R-05 failure marks of the hierarchy are cleared, those of others stay', () => {
  const store = aStoppedCluster();
  const mark = { server: 'b', incarnation: 'b1', reason: { code: 'x', facts: {} }, at: wallTime };
  store.set(keys.failure('db', 'b'), { hierarchy: 'db', ...mark });
  store.set(keys.failure('other', 'b'), { hierarchy: 'other', ...mark });
  expect(perform(store, bring(store, 'b'))).toBe(true);
  expect(store.keys().filter((key) => key.includes('/failures/'))).toEqual([keys.failure('other', 'b')]);
});

test('H-07 of two operators at once the second is told that an operation is running', () => {
  const store = aRunningCluster();
  const [first, second] = [bring(store, 'b', 'op1'), bring(store, 'b', 'op2')];
  expect([perform(store, first), perform(store, second)]).toEqual([true, false]);
  expect(bring(store, 'b', 'op2')).toMatchObject({
    allowed: false,
    reason: { code: 'operation-running', facts: { operation: 'op1', hierarchy: 'db' } },
  });
});

test.each([
  [
    'the wish',
    (store: TestingStore) =>
      setDesired(store, 'db', { kind: 'in-service', operation: 'x', target: undefined, from: undefined }),
  ],
  [
    'the owner',
    (store: TestingStore) => void store.commit({ compare: [], write: [{ delete: keys.owner('db') }] }),
  ],
  ['the configuration', (store: TestingStore) => store.set(keys.hierarchy('db'), aHierarchy())],
  ["the target's session", (store: TestingStore) => setSession(store, 'b', { incarnation: 'b2' })],
])('H-01 a request does not take place when %s has changed since the look', (_, change) => {
  const store = aRunningCluster();
  const requested = bring(store, 'b');
  change(store);
  expect(perform(store, requested)).toBe(false);
});

test('H-03 taking it out of service is an operation of its owner', () => {
  const store = aRunningCluster();
  expect(perform(store, takeOut(store))).toBe(true);
  expect(store.get(keys.desired('db'))).toMatchObject({
    kind: 'out-of-service',
    operation: 'op1',
    by: 'operator',
  });
  expect(store.get(keys.operation('op1'))).toMatchObject({ kind: 'out-of-service', state: 'running' });
});

test('H-03 what nobody has is out of service at once', () => {
  const store = aStoppedCluster();
  setDesired(store, 'db', { kind: 'in-service', operation: undefined, target: undefined, from: undefined });
  expect(takeOut(store)).toMatchObject({ allowed: true, operation: { state: 'done' } });
});

test('H-03 taking it out overtakes a start or a move, and only that', () => {
  const store = aRunningCluster();
  perform(store, bring(store, 'b', 'op1'));
  expect(perform(store, takeOut(store, 'op2'))).toBe(true);
  expect(store.get(keys.operation('op1'))).toMatchObject({
    state: 'failed',
    reason: { code: 'overtaken', facts: { operation: 'op2' } },
  });
  expect(refusal(takeOut(store, 'op3'))).toBe('operation-running');
  expect(refusal(bring(store, 'b', 'op3'))).toBe('operation-running');
});

test('H-03 an operation that has just ended is not overtaken', () => {
  const store = aRunningCluster();
  perform(store, bring(store, 'b', 'op1'));
  const requested = takeOut(store, 'op2');
  setOperation(store, { id: 'op1', state: 'done' });
  expect(perform(store, requested)).toBe(false);
});

test('H-03 out of service twice is refused', () => {
  expect(refusal(takeOut(aStoppedCluster()))).toBe('already-out-of-service');
  expect(refusal(takeOut(aStoppedCluster(), 'op1', 'nothing'))).toBe('unknown-tag');
});

test('ended operations are kept for people, ten of each hierarchy and the newest ones', () => {
  const store = aStoppedCluster();
  for (let count = 1; count <= 14; count += 1) setOperation(store, { id: `old${count}`, state: 'done' });
  setOperation(store, { id: 'elsewhere', hierarchy: 'other', state: 'done' });
  expect(perform(store, bring(store))).toBe(true);
  const left = Object.keys(store.snapshot().view.operations);
  expect(left).toHaveLength(12);
  expect(left).not.toContain('old4');
  expect(left).toContain('old5');
});
