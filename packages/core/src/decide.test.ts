import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import type { Action } from './decision.ts';
import type { Observation } from './observation.ts';
import {
  aHierarchy,
  aMark,
  anObservation,
  anOperation,
  aResource,
  aServer,
  aSession,
  aView,
  allRunning,
  allStopped,
  failed,
  goodLease,
  inService,
  movingTo,
  outOfService,
  outOfServiceBy,
  ownedBy,
} from './testing.ts';

function actionsOf(observation: Observation): readonly Action[] {
  return decide(observation).hierarchies[0]?.actions ?? [];
}

function reasonOf(observation: Observation): string | undefined {
  return decide(observation).hierarchies[0]?.reason.code;
}

const nobodys = aView({ owners: {} });

test('S7 starting begins with the children, and goes up as soon as they run', () => {
  const term = 3;
  expect(actionsOf(anObservation())).toEqual([
    { kind: 'restore', tag: 'volume', term },
    { kind: 'restore', tag: 'address', term },
  ]);
  const half = { ...allStopped, volume: { state: 'running', term } as const };
  expect(actionsOf(anObservation({ instances: half }))).toEqual([{ kind: 'restore', tag: 'address', term }]);
  const both = { ...allRunning(term), db: { state: 'stopped' } as const };
  expect(actionsOf(anObservation({ instances: both }))).toEqual([{ kind: 'restore', tag: 'db', term }]);
});

test('S7 stopping begins with the parents', () => {
  const view = aView({ desired: { db: outOfService } });
  expect(actionsOf(anObservation({ view, instances: allRunning() }))).toEqual([
    { kind: 'remove', tag: 'db', recovery: false },
  ]);
  const below = { ...allRunning(), db: { state: 'stopped' } as const };
  expect(actionsOf(anObservation({ view, instances: below }))).toEqual([
    { kind: 'remove', tag: 'volume', recovery: false },
    { kind: 'remove', tag: 'address', recovery: false },
  ]);
});

test('a start that is under way is aborted before its instance is stopped', () => {
  const view = aView({ desired: { db: outOfService } });
  const instances = { ...allRunning(), db: { state: 'busy', action: 'restore' } as const };
  expect(actionsOf(anObservation({ view, instances }))).toEqual([{ kind: 'abort', tag: 'db' }]);
});

test('K-14 what runs from an earlier term is adopted in the new one', () => {
  const instances = allRunning(2);
  expect(actionsOf(anObservation({ instances }))).toEqual([
    { kind: 'restore', tag: 'volume', term: 3 },
    { kind: 'restore', tag: 'address', term: 3 },
  ]);
});

test('a running hierarchy needs nothing', () => {
  expect(actionsOf(anObservation({ instances: allRunning() }))).toEqual([]);
});

test('S1 a server of the same name with another incarnation is somebody else', () => {
  const view = aView({ owners: { db: ownedBy('a', 3, 'a0') } });
  expect(reasonOf(anObservation({ view }))).toBe('standing-by');
  expect(actionsOf(anObservation({ view, instances: allRunning() }))).toMatchObject([
    { kind: 'remove', tag: 'db' },
  ]);
});

test('S3 when the lease is over everything is stopped, also what the store said long ago', () => {
  const late = { ...goodLease, goodUntil: 10_000 };
  for (const lease of [late, undefined])
    for (const view of [aView(), undefined])
      expect(actionsOf(anObservation({ view, lease, instances: allRunning() }))).toEqual([
        { kind: 'remove', tag: 'db', recovery: false },
      ]);
});

test('K-24 a hierarchy that nobody has is taken by the most preferred, with the next term', () => {
  expect(actionsOf(anObservation({ view: nobodys, memory: { ownerAbsentSince: 10_000 } }))).toEqual([
    { kind: 'acquire', term: 4 },
  ]);
});

test('K-24 the next one waits a candidate delay, and says why', () => {
  const self = { server: 'b', role: 'member', version: '1', accepting: true } as const;
  const lease = { ...goodLease, incarnation: 'b1' };
  const wait = { view: nobodys, self, lease, memory: { ownerAbsentSince: 10_000 } };
  expect(actionsOf(anObservation(wait))).toEqual([]);
  expect(reasonOf(anObservation(wait))).toBe('preferred-server-first');
  const delayMs = anObservation().profile.candidateDelayMs;
  expect(decide(anObservation({ ...wait, lease: { ...lease, goodUntil: 20_000 } })).wakeAt).toBe(
    10_000 + delayMs,
  );
  expect(actionsOf(anObservation({ ...wait, memory: { ownerAbsentSince: 10_000 - delayMs } }))).toEqual([
    { kind: 'acquire', term: 4 },
  ]);
});

test('R-02 what fails while it runs is repaired here: stopped and started, the address in place', () => {
  const dead = { ...allRunning(), db: failed('running') };
  expect(actionsOf(anObservation({ instances: dead }))).toEqual([
    { kind: 'remove', tag: 'db', recovery: true },
  ]);
  const address = { ...allRunning(), address: failed('running') };
  expect(actionsOf(anObservation({ instances: address }))).toEqual([
    { kind: 'recover', tag: 'address', term: 3 },
  ]);
});

test('R-04 a child that fails takes down what stands on it first', () => {
  const instances = { ...allRunning(), volume: failed('running') };
  expect(actionsOf(anObservation({ instances }))).toEqual([{ kind: 'remove', tag: 'db', recovery: false }]);
});

test('R-02 R-04 a start that failed on a failed child counts for nothing: the child is repaired here', () => {
  const instances = { ...allRunning(), db: failed('restore'), volume: failed('running') };
  expect(actionsOf(anObservation({ instances }))).toEqual([{ kind: 'remove', tag: 'db', recovery: false }]);
  const below = { ...instances, db: { state: 'stopped' } as const };
  expect(actionsOf(anObservation({ instances: below }))).toEqual([
    { kind: 'remove', tag: 'volume', recovery: true },
  ]);
  const address = { ...allRunning(), db: failed('restore', 'data'), address: failed('running') };
  expect(actionsOf(anObservation({ instances: address }))).toEqual([
    { kind: 'recover', tag: 'address', term: 3 },
    { kind: 'remove', tag: 'db', recovery: false },
  ]);
});

test('R-02 a child that failed beneath a failed start is given up for its own reason when it may not be repaired', () => {
  const reason = { code: 'volume-read-only', facts: {} };
  const volume = { state: 'failed', during: 'running', scope: 'server', reason } as const;
  const instances = { ...allRunning(), db: failed('restore'), volume };
  const memory = { recoveries: [8_000, 9_000] };
  expect(actionsOf(anObservation({ instances, memory }))).toMatchObject([{ kind: 'give-up', reason }]);
});

test('R-02 a start that failed with everything beneath it in order is given up, whatever else has failed', () => {
  const instances = { ...allRunning(), volume: failed('restore'), address: failed('running') };
  expect(actionsOf(anObservation({ instances }))).toMatchObject([{ kind: 'give-up' }]);
});

test('R-02 after so many repairs in the window it is given up, and moved', () => {
  const instances = { ...allRunning(), db: failed('running') };
  const memory = { recoveries: [1_000, 2_000] };
  expect(actionsOf(anObservation({ instances, memory }))).toMatchObject([
    { kind: 'give-up', term: 3, scope: 'server' },
  ]);
  const old = { recoveries: [-60_000, 2_000] };
  expect(actionsOf(anObservation({ instances, memory: old }))).toMatchObject([{ kind: 'remove' }]);
});

const givenUp = {
  term: 3,
  scope: 'server',
  reason: { code: 'does-not-start', facts: {} },
  at: 9_000,
} as const;

test('R-02 a given up hierarchy is stopped, then handed to the next server with a mark', () => {
  const memory = { givenUp };
  expect(actionsOf(anObservation({ instances: allRunning(), memory }))).toMatchObject([
    { kind: 'remove', tag: 'db' },
  ]);
  expect(actionsOf(anObservation({ memory }))).toEqual([
    { kind: 'hand-over', to: 'b', term: 4, mark: givenUp.reason, end: undefined },
  ]);
});

test('a hierarchy is given up once for each term', () => {
  const instances = { ...allStopped, volume: failed('restore') };
  expect(actionsOf(anObservation({ instances }))).toMatchObject([{ kind: 'give-up' }]);
  const view = aView({ desired: { db: movingTo('b') }, sessions: { a: aSession('a') } });
  expect(actionsOf(anObservation({ view, instances, memory: { givenUp } }))).toEqual([]);
  expect(actionsOf(anObservation({ instances, memory: { givenUp: { ...givenUp, term: 2 } } }))).toMatchObject(
    [{ kind: 'give-up' }],
  );
});

test('R-05 the last server that fails marks itself and lets go', () => {
  const view = aView({ sessions: { a: aSession('a') } });
  expect(actionsOf(anObservation({ view, memory: { givenUp } }))).toMatchObject([
    { kind: 'mark-and-release' },
  ]);
});

const leaving = { server: 'a', role: 'member', version: '1', accepting: false } as const;
const left = aView({ sessions: { a: { ...aSession('a'), accepting: false }, b: aSession('b') } });

test('C-07 a server that is shut down stops what it runs, and hands it to the next one without a mark', () => {
  expect(actionsOf(anObservation({ self: leaving, view: left, instances: allRunning() }))).toEqual([
    { kind: 'remove', tag: 'db', recovery: false },
  ]);
  expect(actionsOf(anObservation({ self: leaving, view: left }))).toEqual([
    { kind: 'hand-over', to: 'b', term: 4, mark: undefined, end: undefined },
  ]);
});

test('C-07 with no other server that could run it, it is let go, and an operation for it ends', () => {
  const alone = { ...left, sessions: { a: { ...aSession('a'), accepting: false } } };
  expect(actionsOf(anObservation({ self: leaving, view: alone }))).toEqual([
    { kind: 'release', kept: undefined, end: undefined },
  ]);
  const desired = { kind: 'in-service', operation: 'op', target: undefined, from: undefined } as const;
  const asked = { ...alone, desired: { db: desired }, operations: { op: anOperation() } };
  expect(actionsOf(anObservation({ self: leaving, view: asked }))).toMatchObject([
    { kind: 'release', end: { operation: 'op', state: 'failed', reason: { code: 'server-shut-down' } } },
  ]);
});

test('C-07 a server whose strategy is to stop keeps what it has stopped: it is let go with that mark, and moves nowhere', () => {
  const servers = { ...left.servers, a: aServer('a', 'member', { shutdownStrategy: 'stop' }) };
  const view = { ...left, servers };
  expect(actionsOf(anObservation({ self: leaving, view, instances: allRunning() }))).toEqual([
    { kind: 'remove', tag: 'db', recovery: false },
  ]);
  expect(actionsOf(anObservation({ self: leaving, view }))).toEqual([
    { kind: 'release', kept: 3, end: undefined },
  ]);
});

test('C-07 what is kept is taken by its server alone, until an operator asks or that server may run it no more', () => {
  const asB = {
    self: { server: 'b', role: 'member', version: '1', accepting: true },
    lease: { ...goodLease, incarnation: 'b1' },
    memory: { ownerAbsentSince: -60_000 },
  } as const;
  const kept = aView({ owners: {}, desired: { db: { ...inService, kept: 3 } } });
  expect(actionsOf(anObservation({ ...asB, view: kept }))).toEqual([]);
  expect(reasonOf(anObservation({ ...asB, view: kept }))).toBe('kept-by-server');
  expect(actionsOf(anObservation({ view: kept }))).toEqual([{ kind: 'acquire', term: 4 }]);
  const taken = { kind: 'acquire', term: 4 };
  for (const free of [
    { ...kept, desired: { db: { ...inService, kept: 2 } } },
    { ...kept, desired: { db: inService } },
    { ...kept, hierarchies: { db: aHierarchy({ priorities: { b: 10 } }) } },
    { ...kept, servers: { b: aServer('b') } },
  ])
    expect(actionsOf(anObservation({ ...asB, view: free }))).toEqual([taken]);
});

test('R-05 a server clears its own mark after a rest', () => {
  const view = aView({ owners: {}, failures: [aMark('a')] });
  const rest = aHierarchy().recovery.restMs;
  expect(actionsOf(anObservation({ view, memory: { markedSince: 10_000 - rest } }))).toEqual([
    { kind: 'clear-mark' },
  ]);
  expect(actionsOf(anObservation({ view, memory: { markedSince: 10_001 - rest } }))).toEqual([]);
});

test('R-09 a cause in the data stays where it is, and is tried again after a rest', () => {
  const memory = { givenUp: { ...givenUp, scope: 'data', at: 9_000 } as const };
  const instances = { ...allRunning(), db: failed('restore', 'data') };
  expect(actionsOf(anObservation({ instances, memory }))).toEqual([]);
  const later = { ...memory, givenUp: { ...memory.givenUp, at: 10_000 - aHierarchy().recovery.restMs } };
  expect(actionsOf(anObservation({ instances, memory: later }))).toEqual([{ kind: 'forget-giving-up' }]);
});

test('R-06 what does not stop is ended by force, and not again before its time', () => {
  const view = aView({ desired: { db: outOfService } });
  const instances = { ...allRunning(), db: failed('remove') };
  expect(actionsOf(anObservation({ view, instances }))).toEqual([{ kind: 'kill' }]);
  expect(actionsOf(anObservation({ view, instances, memory: { killAgainAt: 10_001 } }))).toEqual([]);
});

const move = { operations: { op: anOperation({ target: 'b' }) } };

test('H-03 a move stops here first, then hands over to the target', () => {
  const view = aView({ ...move, desired: { db: movingTo('b', 'a') } });
  expect(actionsOf(anObservation({ view, instances: allRunning() }))).toMatchObject([
    { kind: 'remove', tag: 'db' },
  ]);
  expect(actionsOf(anObservation({ view }))).toEqual([
    { kind: 'hand-over', to: 'b', term: 4, mark: undefined, end: undefined },
  ]);
});

test('H-04 a target that cannot take it ends the move as failed, and it goes on running', () => {
  const view = aView({ ...move, desired: { db: movingTo('b', 'a') }, sessions: { a: aSession('a') } });
  expect(actionsOf(anObservation({ view, instances: allRunning() }))).toEqual([
    {
      kind: 'end-operation',
      end: { operation: 'op', state: 'failed', reason: { code: 'server-not-there', facts: { server: 'b' } } },
    },
  ]);
});

test('H-04 a target that fails gives it back to where it came from', () => {
  const view = aView({
    ...move,
    hierarchies: { db: aHierarchy({ priorities: { a: 10, b: 1, c: 5 } }) },
    servers: { ...aView().servers, c: aServer('c') },
    sessions: { a: aSession('a'), b: aSession('b'), c: aSession('c') },
    owners: { db: ownedBy('a') },
    desired: { db: movingTo('a', 'c') },
  });
  expect(actionsOf(anObservation({ view, memory: { givenUp } }))).toMatchObject([
    { kind: 'hand-over', to: 'c', end: { operation: 'op', state: 'failed' } },
  ]);
});

test('H-07 an operation ends as done when everything runs, together with nothing else', () => {
  const view = aView({ ...move, desired: { db: movingTo('a') } });
  expect(actionsOf(anObservation({ view, instances: allRunning() }))).toEqual([
    { kind: 'end-operation', end: { operation: 'op', state: 'done', reason: undefined } },
  ]);
});

test('H-07 a release that was asked for ends its operation in the same change', () => {
  const operations = { op: anOperation({ kind: 'out-of-service' }) };
  const view = aView({ operations, desired: { db: outOfServiceBy('op') } });
  expect(actionsOf(anObservation({ view }))).toEqual([
    { kind: 'release', kept: undefined, end: { operation: 'op', state: 'done', reason: undefined } },
  ]);
});

test('H-07 an operation whose owner died is ended by any server, also one that cannot run the hierarchy', () => {
  const operations = { op: anOperation({ kind: 'out-of-service' }) };
  const desired = { db: outOfServiceBy('op') };
  for (const priorities of [{ a: 1, b: 10 }, { b: 10 }]) {
    const view = aView({ operations, desired, owners: {}, hierarchies: { db: aHierarchy({ priorities }) } });
    expect(actionsOf(anObservation({ view }))).toMatchObject([
      { kind: 'end-operation', end: { state: 'done' } },
    ]);
  }
});

test('one change of the store at a time is on its way for each hierarchy', () => {
  expect(actionsOf(anObservation({ view: nobodys, memory: { committing: true } }))).toEqual([]);
});

test('S5 what nobody has looked at is looked at first, also when there is nothing else to do', () => {
  for (const view of [nobodys, aView({ owners: { db: ownedBy('b') } })])
    expect(actionsOf(anObservation({ view, instances: {} })).map(({ kind }) => kind)).toEqual([
      'check',
      'check',
      'check',
    ]);
});

test('a session is opened when the store has none of this incarnation, and only under a good lease', () => {
  expect(decide(anObservation()).openSession).toBe(false);
  const other = aView({ sessions: { a: aSession('a', { incarnation: 'a0' }) } });
  expect(decide(anObservation({ view: other })).openSession).toBe(true);
  expect(decide(anObservation({ view: other, sessionCommitting: true })).openSession).toBe(false);
  expect(decide(anObservation({ view: other, lease: { ...goodLease, goodUntil: 10_000 } })).openSession).toBe(
    false,
  );
  expect(decide(anObservation({ view: undefined })).openSession).toBe(false);
});

test('independent branches are started side by side', () => {
  const resources = [
    aResource('top', 'generic', ['left', 'right']),
    aResource('left', 'generic', ['left-volume']),
    aResource('right', 'generic'),
    aResource('left-volume', 'volume'),
  ];
  const view = aView({ hierarchies: { db: aHierarchy({ resources }) } });
  const stopped = { state: 'stopped' } as const;
  const instances = { top: stopped, left: stopped, right: stopped, 'left-volume': stopped };
  expect(
    actionsOf(anObservation({ view, instances })).map((action) => 'tag' in action && action.tag),
  ).toEqual(['left-volume', 'right']);
});
