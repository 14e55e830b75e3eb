import { expect, test } from 'vitest';
import { chooseRow, hierarchyTable, type Course, type HierarchyFacts, type Row } from './hierarchy-table.ts';

type Choices = { readonly [K in keyof HierarchyFacts]: readonly HierarchyFacts[K][] };

const choices: Choices = {
  lease: ['good', 'not-good'],
  store: ['known', 'unknown'],
  extended: ['here', 'not-here'],
  owner: ['me', 'other', 'none'],
  desired: ['in-service', 'out-of-service'],
  target: ['none', 'me', 'able', 'unable'],
  activity: ['stopped', 'active', 'unknown'],
  health: ['fine', 'given-up', 'data-at-fault', 'leaving'],
  takeover: ['now', 'later', 'unconfirmed', 'used-up', 'no'],
  maintenance: ['on', 'off'],
  failover: ['free', 'blocked', 'used-up'],
  switchback: ['due', 'none'],
};

/** Every course: the compiler refuses one that is missing. */
const courses: Readonly<Record<Course, true>> = {
  leave: true,
  look: true,
  stop: true,
  'stand-by': true,
  wait: true,
  acquire: true,
  release: true,
  'hand-over': true,
  'refuse-target': true,
  rest: true,
  'move-away': true,
  'leave-behind': true,
  'switch-back': true,
  watch: true,
  run: true,
};

/** Every combination of one choice of each fact. */
function* allFacts(): Generator<HierarchyFacts> {
  for (const place of placeFacts())
    for (const health of choices.health)
      for (const takeover of choices.takeover)
        for (const maintenance of choices.maintenance)
          for (const failover of choices.failover)
            for (const switchback of choices.switchback)
              yield { ...place, health, takeover, maintenance, failover, switchback };
}

type Place = Omit<HierarchyFacts, 'health' | 'takeover' | 'maintenance' | 'failover' | 'switchback'>;

function* placeFacts(): Generator<Place> {
  for (const lease of choices.lease)
    for (const store of choices.store)
      for (const extended of choices.extended)
        for (const owner of choices.owner)
          for (const desired of choices.desired)
            for (const target of choices.target)
              for (const activity of choices.activity)
                yield { lease, store, extended, owner, desired, target, activity };
}

const everything: readonly { readonly facts: HierarchyFacts; readonly row: Row }[] = [...allFacts()].map(
  (facts) => ({ facts, row: chooseRow(facts) }),
);

/** The facts of every combination in which one of these courses is taken. */
function whenever(...taken: readonly Course[]): readonly HierarchyFacts[] {
  return everything.filter(({ row }) => taken.includes(row.then)).map(({ facts }) => facts);
}

function valuesOf<K extends keyof HierarchyFacts>(
  facts: readonly HierarchyFacts[],
  name: K,
): HierarchyFacts[K][] {
  return [...new Set(facts.map((one) => one[name]))].sort();
}

test('the rows are numbered in their order, and each has a name of its own', () => {
  expect(hierarchyTable.map(({ number }) => number)).toEqual(hierarchyTable.map((_, index) => index + 1));
  expect(new Set(hierarchyTable.map(({ name }) => name)).size).toBe(hierarchyTable.length);
});

test('the table knows what to do in every combination of facts', () => {
  expect(everything).toHaveLength(138_240);
});

test('every row is taken by some combination, and every course is reached', () => {
  const taken = new Set(everything.map(({ row }) => row.number));
  expect(hierarchyTable.filter(({ number }) => !taken.has(number))).toEqual([]);
  const reached = new Set(everything.map(({ row }) => row.then));
  expect(Object.keys(courses).filter((course) => !reached.has(course as Course))).toEqual([]);
});

test('S2 without a good lease a server only looks, stops and stands by', () => {
  const taken = everything.filter(({ facts }) => facts.lease === 'not-good').map(({ row }) => row.then);
  expect([...new Set(taken)].sort()).toEqual(['look', 'stand-by', 'stop']);
});

test('S3 without a good lease everything that may be active is stopped, whatever is wished', () => {
  const active = everything.filter(({ facts }) => facts.lease === 'not-good' && facts.activity === 'active');
  expect(new Set(active.map(({ row }) => row.then))).toEqual(new Set(['stop']));
});

test('S5 with an old look at the store nothing is started, taken or given away', () => {
  const old = everything.filter(({ facts }) => facts.store === 'unknown' && facts.lease === 'good');
  expect(new Set(old.map(({ row }) => row.then))).toEqual(new Set(['leave']));
});

test('S1 a hierarchy is run and given away only by its owner, and taken only when nobody has it', () => {
  expect(
    valuesOf(
      whenever('run', 'release', 'hand-over', 'move-away', 'leave-behind', 'refuse-target', 'rest'),
      'owner',
    ),
  ).toEqual(['me']);
  expect(valuesOf(whenever('acquire', 'wait'), 'owner')).toEqual(['none']);
});

test('S1 ownership changes hands only while everything has stopped here', () => {
  const given = whenever('acquire', 'release', 'hand-over', 'move-away', 'leave-behind');
  expect(valuesOf(given, 'activity')).toEqual(['stopped']);
});

test('S1 what runs without its ownership is stopped', () => {
  const stray = everything.filter(
    ({ facts }) =>
      facts.lease === 'good' &&
      facts.store === 'known' &&
      facts.extended === 'here' &&
      facts.owner !== 'me' &&
      facts.activity === 'active',
  );
  expect(new Set(stray.map(({ row }) => row.then))).toEqual(new Set(['stop']));
});

test('S6 out of service is neither taken nor run', () => {
  const bold = whenever(
    'acquire',
    'run',
    'wait',
    'hand-over',
    'refuse-target',
    'rest',
    'move-away',
    'leave-behind',
  );
  expect(valuesOf(bold, 'desired')).toEqual(['in-service']);
});

test('K-13 a hierarchy that is not configured for this server is left alone', () => {
  const foreign = everything.filter(
    ({ facts }) => facts.extended === 'not-here' && facts.lease === 'good' && facts.store === 'known',
  );
  expect(new Set(foreign.map(({ row }) => row.then))).toEqual(new Set(['stand-by']));
});

test('R-09 a cause that follows the data never moves the hierarchy', () => {
  const moved = whenever('move-away').map(({ health }) => health);
  expect(new Set(moved)).toEqual(new Set(['given-up']));
});

test('R-07 in maintenance the owner only watches, and nobody takes what nobody owns', () => {
  const maintained = everything.filter(
    ({ facts }) =>
      facts.maintenance === 'on' &&
      facts.lease === 'good' &&
      facts.store === 'known' &&
      facts.extended === 'here',
  );
  const taken = (owner: HierarchyFacts['owner']): ReadonlySet<Course> =>
    new Set(maintained.filter(({ facts }) => facts.owner === owner).map(({ row }) => row.then));
  expect(taken('me')).toEqual(new Set(['watch']));
  expect(taken('none')).toEqual(new Set(['stop', 'look', 'stand-by']));
});

test('R-07 R-09 what failed on a blocked server, or moved too often, does not move away', () => {
  expect(valuesOf(whenever('move-away'), 'failover')).toEqual(['free']);
  expect(valuesOf(whenever('acquire'), 'takeover')).toEqual(['now']);
});

test('C-07 a server that is shut down goes on running nothing, unless it is in maintenance', () => {
  const leaving = whenever('run', 'switch-back', 'rest', 'move-away', 'refuse-target').map(
    ({ health }) => health,
  );
  expect(leaving).not.toContain('leaving');
  expect(valuesOf(whenever('leave-behind'), 'maintenance')).toEqual(['off']);
});
