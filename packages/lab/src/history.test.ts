import { describe, expect, test } from 'vitest';
import { findOutages, judgeHistory, type Attempt, type Outcome } from './history.ts';

function attempt(id: number, outcome: Outcome, postmaster = 'a'): Attempt {
  return { id, sentAtMs: id * 10, outcome, answeredAtMs: id * 10 + 1, postmaster };
}

describe('the history of a writing client', () => {
  const attempts = [
    attempt(1, 'committed'),
    attempt(2, 'failed'),
    attempt(3, 'unknown'),
    attempt(4, 'unknown'),
    attempt(5, 'committed'),
    attempt(6, 'pending'),
  ];

  test('rows whose fate is unknown may be there or not', () => {
    for (const ids of [
      [1, 5],
      [1, 3, 5],
      [5, 4, 3, 1, 6],
    ])
      expect(judgeHistory(attempts, ids)).toMatchObject({
        lost: [],
        duplicated: [],
        invented: [],
        rows: ids.length,
      });
  });

  test('a committed row that is missing is lost, one that is there twice is duplicated', () => {
    expect(judgeHistory(attempts, [5, 5])).toMatchObject({ lost: [1], duplicated: [5], invented: [] });
  });

  test('a row that was refused or never sent is invented', () => {
    expect(judgeHistory(attempts, [1, 2, 5, 77])).toMatchObject({ lost: [], invented: [2, 77] });
  });

  test('counts are of attempts, and one without an answer is unknown', () => {
    expect(judgeHistory(attempts, [1, 5])).toMatchObject({
      attempted: 6,
      committed: 2,
      failed: 1,
      unknown: 3,
    });
  });

  test('two postmasters that take turns served at once', () => {
    const turns = ['a', 'a', 'b', 'c', 'b', 'b'].map((name, index) => attempt(index + 1, 'committed', name));
    expect(judgeHistory(turns, [1, 2, 3, 4, 5, 6]).interleaved).toEqual([5]);
    expect(judgeHistory(turns.slice(0, 4), [1, 2, 3, 4]).interleaved).toEqual([]);
  });

  test('an outage lasts from acknowledgement to acknowledgement, whatever was tried between', () => {
    expect(findOutages(attempts, { thresholdMs: 20, nowMs: 52 })).toEqual([
      { fromMs: 11, untilMs: 51, lengthMs: 40 },
    ]);
    expect(findOutages(attempts, { thresholdMs: 20, nowMs: 100 }).at(-1)).toEqual({
      fromMs: 51,
      untilMs: undefined,
      lengthMs: 49,
    });
  });
});
