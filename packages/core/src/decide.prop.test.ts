import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide } from './decide.ts';
import type { Action } from './decision.ts';
import type { InstanceActivity, Observation } from './observation.ts';
import { parentsOf } from './order.ts';
import { isConfirmed, maintenanceOf, restsUntil } from './policy.ts';
import { aHierarchy, allRunning, anObservation, aView, ownedBy } from './testing.ts';
import { anyObservation } from './testing-arbitraries.ts';

type Kind = Action['kind'];

const starting: readonly Kind[] = ['restore', 'recover'];
const changingHands: readonly Kind[] = ['acquire', 'release', 'hand-over', 'mark-and-release'];
const { resources } = aHierarchy();

function actionsOf(observation: Observation): readonly Action[] {
  return decide(observation).hierarchies.flatMap(({ actions }) => actions);
}

function kindsOf(observation: Observation, among: readonly Kind[]): readonly Kind[] {
  return actionsOf(observation)
    .map(({ kind }) => kind)
    .filter((kind) => among.includes(kind));
}

function activity({ hierarchies }: Observation, tag: string): InstanceActivity {
  return hierarchies['db']?.instances[tag] ?? { state: 'unknown' };
}

function withInstance(observation: Observation, tag: string, value: InstanceActivity): Observation {
  const db = observation.hierarchies['db'];
  if (!db) throw new Error('nothing is known of the hierarchy');
  return { ...observation, hierarchies: { db: { ...db, instances: { ...db.instances, [tag]: value } } } };
}

function assertAlways(check: (observation: Observation) => void): void {
  fc.assert(fc.property(anyObservation, check), { numRuns: 1_500 });
}

test('S5 forgetting the store leaves nothing bold', () => {
  assertAlways((observation) => {
    const store = { state: 'unknown', since: 0, why: 'store-does-not-answer' } as const;
    expect(kindsOf({ ...observation, store }, [...starting, ...changingHands])).toEqual([]);
  });
});

test('S5 forgetting an instance never lets ownership change hands', () => {
  fc.assert(
    fc.property(anyObservation, fc.constantFrom(...resources), (observation, { tag }) => {
      const ignorant = withInstance(observation, tag, { state: 'unknown' });
      expect(kindsOf(ignorant, changingHands)).toEqual([]);
    }),
    { numRuns: 1_500 },
  );
});

test('S5 a hierarchy is never handed to a server of which nothing is seen', () => {
  assertAlways((observation) => {
    const { store } = observation;
    if (store.state === 'unknown') return;
    const mine = store.value.sessions['a'];
    const alone = { ...store.value, sessions: mine ? { a: mine } : {} };
    expect(kindsOf({ ...observation, store: { ...store, value: alone } }, ['hand-over'])).toEqual([]);
  });
});

test('S2 without a good lease nothing is started, taken or given away', () => {
  assertAlways((observation) => {
    const { lease } = observation;
    const late = lease && { ...lease, goodUntil: observation.now };
    expect(kindsOf({ ...observation, lease: late }, [...starting, ...changingHands])).toEqual([]);
  });
});

test('S4 starts carry the term of the own ownership, and changes of ownership the next one', () => {
  assertAlways((observation) => {
    const { store, lease } = observation;
    const view = store.state === 'known' ? store.value : undefined;
    const owner = view?.owners['db'];
    for (const action of actionsOf(observation)) {
      if (action.kind === 'restore' || action.kind === 'recover') {
        expect(owner).toMatchObject({ server: 'a', incarnation: lease?.incarnation });
        expect(action.term).toBe(owner?.term);
      }
      if (action.kind === 'acquire' || action.kind === 'hand-over')
        expect(action.term).toBe((view?.terms['db'] ?? 0) + 1);
    }
  });
});

test('S6 out of service: nothing is taken, moved or started', () => {
  assertAlways((observation) => {
    const { store } = observation;
    if (store.state === 'unknown' || store.value.desired['db']?.kind !== 'out-of-service') return;
    expect(kindsOf(observation, ['acquire', 'hand-over', 'mark-and-release', ...starting])).toEqual([]);
  });
});

test('S7 nothing starts before its children run in this term, and nothing stops before its parents have', () => {
  assertAlways((observation) => {
    for (const action of actionsOf(observation)) {
      if (action.kind === 'restore') {
        const below = resources.find(({ tag }) => tag === action.tag)?.children ?? [];
        for (const child of below)
          expect(activity(observation, child)).toMatchObject({ state: 'running', term: action.term });
      }
      if (action.kind === 'remove')
        for (const parent of parentsOf(resources, action.tag))
          expect(activity(observation, parent).state).toBe('stopped');
    }
  });
});

test('S1 ownership is given away only while everything is known to be stopped', () => {
  assertAlways((observation) => {
    if (kindsOf(observation, changingHands).length === 0) return;
    for (const { tag } of resources) expect(activity(observation, tag).state).toBe('stopped');
  });
});

test('B-04 a decision depends on its observation alone: written to a journal and read back, it is made again', () => {
  assertAlways((observation) => {
    const frozen = JSON.stringify(observation);
    const decision = decide(observation);
    expect(JSON.stringify(observation)).toBe(frozen);
    const again: Observation = JSON.parse(frozen);
    expect(JSON.stringify(decide(again))).toBe(JSON.stringify(decision));
  });
});

test('R-07 in maintenance nothing is started, moved or stopped that has its owner and its lease', () => {
  assertAlways((observation) => {
    const { store, lease, now } = observation;
    if (store.state === 'unknown' || !lease || now >= lease.goodUntil) return;
    const hierarchy = store.value.hierarchies['db'];
    if (!hierarchy || maintenanceOf(store.value, hierarchy) === 'none') return;
    expect(kindsOf(observation, [...starting, ...changingHands, 'begin-switchback'])).toEqual([]);
    const owner = store.value.owners['db'];
    const mine = owner?.server === 'a' && owner.incarnation === lease.incarnation;
    if (mine && hierarchy.priorities['a'] !== undefined)
      expect(kindsOf(observation, ['remove', 'abort', 'kill', 'give-up'])).toEqual([]);
  });
});

test('R-07 nothing is taken from a dead server whose failover nobody has confirmed', () => {
  assertAlways((observation) => {
    const { store } = observation;
    if (store.state === 'unknown' || kindsOf(observation, ['acquire']).length === 0) return;
    const { lastOwners, servers, desired, failures } = store.value;
    const last = lastOwners['db'] ?? '';
    if (last === 'a' || servers[last]?.confirmFailover !== true) return;
    const wish = desired['db'];
    const agreed = wish?.kind === 'in-service' && (wish.confirmed === 3 || wish.target === 'a');
    expect(agreed || failures.some(({ server }) => server === last)).toBe(true);
  });
});

test('R-07 nothing is given to a blocked server that no operator has named', () => {
  assertAlways((observation) => {
    const { store } = observation;
    if (store.state === 'unknown') return;
    const wish = store.value.desired['db'];
    const named = wish?.kind === 'in-service' ? [wish.target, wish.from] : [];
    for (const action of actionsOf(observation)) {
      if (action.kind !== 'hand-over' && action.kind !== 'begin-switchback') continue;
      const isBlocked = store.value.servers[action.to]?.blockFailover === true;
      expect(isBlocked && !named.includes(action.to) && !isConfirmed(store.value, 'db')).toBe(false);
    }
  });
});

test('R-09 after too many moves only an operator moves it', () => {
  assertAlways((observation) => {
    const { store, hierarchies, now } = observation;
    const hierarchy = store.state === 'known' ? store.value.hierarchies['db'] : undefined;
    const memory = hierarchies['db']?.memory;
    if (store.state === 'unknown' || !hierarchy || !memory) return;
    if (restsUntil(hierarchy, memory, now) === undefined) return;
    expect(kindsOf(observation, ['begin-switchback'])).toEqual([]);
    if (store.value.lastOwners['db'] !== 'a') expect(kindsOf(observation, ['acquire'])).toEqual([]);
    const wish = store.value.desired['db'];
    if (wish?.kind === 'in-service' && wish.operation === undefined)
      expect(kindsOf(observation, ['hand-over'])).toEqual([]);
  });
});

test('L2 what is as it should be needs nothing: a fixed point', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 0, max: 100_000 }), (term, age) => {
      const view = aView({ terms: { db: term }, owners: { db: ownedBy('a', term) } });
      const now = 10_000 + age;
      const lease = { lease: '7', incarnation: 'a1', goodUntil: now + 1 };
      expect(actionsOf(anObservation({ view, now, lease, instances: allRunning(term) }))).toEqual([]);
    }),
  );
});

test('every decision says why', () => {
  assertAlways((observation) => {
    for (const { reason, row } of decide(observation).hierarchies) {
      expect(reason.code).not.toBe('');
      expect(row).toBeGreaterThan(0);
    }
  });
});
