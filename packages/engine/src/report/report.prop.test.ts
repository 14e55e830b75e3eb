import { reportPhases } from '@holdfast/contract';
import { movingTo } from '@holdfast/core/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spendPhases } from './phase.ts';
import type { Sign } from './signs.ts';
import { allAre, aLook, anEvent, aStart, follow } from './testing.ts';

const states = ['in-service', 'standby', 'starting', 'stopping', 'failed'] as const;
const codes = [
  'resource-failed',
  'remove-started',
  'removed',
  'restore-started',
  'restored',
  'restore-failed',
  'kill-started',
  'killed',
  'gave-up',
  'given-away',
  'progress',
  'path-dead',
] as const;

const tag = fc.constantFrom('db', 'volume', 'address');
const shape = fc.oneof(
  fc.record({
    kind: fc.constant('look' as const),
    owner: fc.constantFrom('a', 'b', 'c', undefined),
    state: fc.constantFrom(...states),
    moving: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('event' as const), code: fc.constantFrom(...codes), tag }),
  fc.record({ kind: fc.constant('good' as const), tag }),
  fc.record({ kind: fc.constant('acquired' as const) }),
  fc.record({ kind: fc.constant('started' as const) }),
);

/** Any sequence of signs, each some time after the one before; terms grow with the owners. */
const sequences = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 2_000 }), shape), { maxLength: 80 })
  .map((list) => {
    let at = 1_000.25;
    let term = 1;
    let owner: string | undefined;
    return list.flatMap(([pauseMs, one]): Sign | readonly Sign[] => {
      at += pauseMs / 3;
      switch (one.kind) {
        case 'look': {
          if (one.owner !== undefined && one.owner !== owner) term += 1;
          owner = one.owner;
          const desired = one.moving ? { desired: movingTo('b', 'a') } : {};
          const status = owner === undefined ? undefined : allAre(one.state, owner);
          return aLook(at, { owner, term, status, heardAt: { a: at - 700 }, ...desired });
        }
        case 'event':
          return anEvent(at, one.code, {
            tag: one.tag,
            facts: { scope: pauseMs > 1_000 ? 'data' : 'server' },
          });
        case 'good':
          return { kind: 'good', at, tag: one.tag, depth: 'quick' };
        case 'acquired':
          term += 1;
          owner = 'b';
          return anEvent(at, 'owner-acquired', { facts: { term } });
        case 'started':
          return aStart(at, (at - Math.floor(at)) / 4);
        default:
          return one satisfies never;
      }
    });
  });

test('R-08 the phases of every report add up to the whole and none is negative, whatever was seen', () => {
  let made = 0;
  fc.assert(
    fc.property(sequences, (signs) => {
      for (const report of follow(signs).reports) {
        made += 1;
        const parts = reportPhases.map((phase) => report.phases[phase]);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(report.totalMs);
        const instants = report.steps.map(({ afterMs }) => afterMs);
        expect(instants).toEqual(instants.toSorted((a, b) => a - b));
        expect(instants[0]).toBe(0);
        expect(instants.at(-1)).toBeLessThanOrEqual(report.totalMs);
      }
    }),
    { numRuns: 1_000 },
  );
  expect(made).toBeGreaterThan(20);
});

test('R-08 the time between two instants is spent on phases without rest, wherever the marks lie', () => {
  const marks = fc.array(
    fc.record({ at: fc.integer({ min: -100, max: 1_100 }), phase: fc.constantFrom(...reportPhases) }),
  );
  fc.assert(
    fc.property(marks, fc.integer({ min: 0, max: 1_000 }), (some, until) => {
      const spent = Object.values(spendPhases(some, { from: 0, until }));
      expect(Math.min(...spent)).toBeGreaterThanOrEqual(0);
      expect(spent.reduce((sum, part) => sum + part, 0)).toBe(until);
    }),
  );
});
