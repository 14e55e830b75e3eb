import { describe, expect, test } from 'vitest';
import { findOverlaps, findTermRegressions, mergeOverlaps, type Activity, type Look } from './two-writers.ts';

function look(atMs: number, activities: readonly Activity[], frozen: readonly string[] = []): Look {
  return { atMs, activities, frozen };
}

function at(server: string, identity: string, kind: Activity['kind'] = 'process'): Activity {
  return { kind, server, identity };
}

describe('two looks at the servers', () => {
  test('S1 an activity in both looks was there when the other server was seen active', () => {
    const first = look(10, [at('server1', 'p1'), at('server2', 'p2')]);
    expect(findOverlaps(first, look(12, [at('server1', 'p1')]))).toEqual([
      { kind: 'process', servers: ['server1', 'server2'], fromMs: 10, untilMs: 12, frozen: false },
    ]);
  });

  test('a move between the parts of one look is no overlap', () => {
    const first = look(10, [at('server1', 'p1'), at('server2', 'p2')]);
    expect(findOverlaps(first, look(12, [at('server2', 'p3')]))).toEqual([]);
  });

  test('activities of different kinds are told apart: a volume may leave after its processes', () => {
    const both = [at('server1', 'm1', 'mount'), at('server2', 'p2')];
    expect(findOverlaps(look(10, both), look(12, both))).toEqual([]);
  });

  test('an overlap with a server that stood still the whole time is marked', () => {
    const both = [at('server1', 'p1'), at('server2', 'p2')];
    const frozen = (first: readonly string[], second: readonly string[]): boolean | undefined =>
      findOverlaps(look(10, both, first), look(12, both, second))[0]?.frozen;
    expect(frozen(['server1'], ['server1'])).toBe(true);
    expect(frozen(['server1'], [])).toBe(false);
    expect(frozen([], [])).toBe(false);
  });

  test('an overlap that goes on is one, a later one is another', () => {
    const overlap = { kind: 'mount', servers: ['a', 'b'], frozen: false } as const;
    const first = mergeOverlaps([], [{ ...overlap, fromMs: 10, untilMs: 12 }], 50);
    const second = mergeOverlaps(first, [{ ...overlap, fromMs: 30, untilMs: 33 }], 50);
    expect(second).toEqual([{ ...overlap, fromMs: 10, untilMs: 33 }]);
    expect(mergeOverlaps(second, [{ ...overlap, fromMs: 90, untilMs: 91 }], 50)).toHaveLength(2);
  });
});

test('S4 a term that is smaller than an earlier one is found', () => {
  const sightings = [1, 2, 2, 5, 4, 5].map((term) => ({ term, readOn: 'server1', atMs: 0 }));
  expect(findTermRegressions(sightings).map(({ term }) => term)).toEqual([4]);
});
