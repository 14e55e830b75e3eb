import { expect, test } from 'vitest';
import { candidates, failureOf, judgeEligible } from './takeover.ts';
import { aHierarchy, aMark, aServer, aSession, aView, movingTo } from './testing.ts';

const hierarchy = aHierarchy();

function refusal(view: Parameters<typeof judgeEligible>[0], server: string): string | undefined {
  const verdict = judgeEligible(view, hierarchy, server);
  return verdict.allowed ? undefined : verdict.reason.code;
}

test('K-24 a server that is there, extended, healthy and willing may take it', () => {
  expect(refusal(aView(), 'a')).toBe(undefined);
});

test('K-24 each reason against a server has its own code', () => {
  expect(refusal(aView(), 'w')).toBe('not-extended');
  expect(refusal(aView({ servers: { ...aView().servers, b: aServer('b', 'witness') } }), 'b')).toBe(
    'not-a-member',
  );
  expect(refusal(aView({ servers: {} }), 'b')).toBe('not-a-member');
  expect(refusal(aView({ sessions: {} }), 'b')).toBe('server-not-there');
  expect(refusal(aView({ sessions: { b: aSession('b', { accepting: false }) } }), 'b')).toBe(
    'server-not-accepting',
  );
  expect(refusal(aView({ failures: [aMark('b')] }), 'b')).toBe('failed-there');
});

test('R-05 a failure mark of an earlier life of the server is void', () => {
  const view = aView({ failures: [aMark('b', 'b0')] });
  expect(failureOf(view, 'db', 'b')).toBe(undefined);
  expect(refusal(view, 'b')).toBe(undefined);
});

test('K-24 candidates come in the order of priority, and the target of a move before all', () => {
  const servers = { a: aServer('a'), b: aServer('b'), c: aServer('c') };
  const sessions = { a: aSession('a'), b: aSession('b'), c: aSession('c') };
  const three = aHierarchy({ priorities: { a: 20, b: 10, c: 5 } });
  const view = aView({ servers, sessions });
  expect(candidates(view, three)).toEqual(['c', 'b', 'a']);
  expect(candidates({ ...view, desired: { db: movingTo('a') } }, three)).toEqual(['a', 'c', 'b']);
  expect(candidates({ ...view, failures: [aMark('c')] }, three)).toEqual(['b', 'a']);
});
