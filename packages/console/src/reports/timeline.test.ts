import type { ReportAnswer } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { chooseTicks, layOutTimeline } from './timeline.ts';

const none = { detection: 0, arbitration: 0, volume: 0, address: 0, postgresql: 0, other: 0 };
const step = (afterMs: number, phase: ReportAnswer['steps'][number]['phase']) => ({
  afterMs,
  phase,
  server: 'server2',
  tag: null,
  code: 'owner-acquired',
  facts: {},
});

test('R-08 the drawing gives the time from each step on to the phase of that step', () => {
  const steps = [
    step(0, 'detection'),
    step(800, 'detection'),
    step(1_000, 'arbitration'),
    step(1_200, 'volume'),
  ];
  const phases = { ...none, detection: 1_000, arbitration: 200, volume: 300 };
  expect(layOutTimeline({ steps, totalMs: 1_500, phases })).toEqual({
    endMs: 1_500,
    lanes: [
      { phase: 'detection', totalMs: 1_000, segments: [{ fromMs: 0, toMs: 1_000 }] },
      { phase: 'arbitration', totalMs: 200, segments: [{ fromMs: 1_000, toMs: 1_200 }] },
      { phase: 'volume', totalMs: 300, segments: [{ fromMs: 1_200, toMs: 1_500 }] },
    ],
    ticks: [0, 200, 400, 600, 800, 1_000, 1_200, 1_400],
  });
});

test('R-08 a report without steps has an empty drawing with a scale', () => {
  expect(layOutTimeline({ steps: [], totalMs: 0, phases: none })).toMatchObject({ endMs: 1, lanes: [] });
});

test.each([1, 7, 42, 999, 1_500, 30_000, 123_456_789])(
  'R-08 the scale to %d ms has few round values',
  (endMs) => {
    const ticks = chooseTicks(endMs);
    expect(ticks[0]).toBe(0);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(8);
    expect(ticks.at(-1)).toBeLessThanOrEqual(endMs);
  },
);
