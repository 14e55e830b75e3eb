import { expect, test } from 'vitest';
import { Plans } from './plans.ts';
import type { Guard, Instances } from './ports.ts';
import { aHierarchy } from './testing.ts';

/** A guard that keeps plans as the real one does, and says what it was asked. */
function plansOver(held: Map<string, number> = new Map()) {
  const asked: string[] = [];
  const guard: Guard = {
    state: () => undefined,
    alive: () => {},
    onChange: () => () => {},
    plan: async (hierarchy, term) => {
      asked.push(`plan ${hierarchy} ${term}`);
      if (term < (held.get(hierarchy) ?? 0)) throw new Error('term-is-old');
      held.set(hierarchy, term);
    },
    drop: async (hierarchy) => {
      asked.push(`drop ${hierarchy}`);
      held.delete(hierarchy);
    },
    retain: async (hierarchies) => {
      asked.push(`retain ${hierarchies.join()}`);
      for (const name of held.keys()) if (!hierarchies.includes(name)) held.delete(name);
    },
    kill: async (hierarchy) => {
      asked.push(`kill ${hierarchy}`);
      if (!held.has(hierarchy)) throw new Error('no-plan');
    },
  };
  const instances: Pick<Instances, 'killPlan'> = { killPlan: ({ tag }) => [{ kind: 'unit', unit: tag }] };
  const plans = new Plans({ server: 'a', guard, instances: instances as Instances, tell: () => {} });
  return { plans, asked, held };
}

const db = aHierarchy();

test('S3 a plan is held once for each term', async () => {
  const { plans, asked } = plansOver();
  await plans.ensure(db, 3);
  await plans.ensure(db, 3);
  await plans.ensure(db, 4);
  expect(asked).toEqual(['plan db 3', 'plan db 4']);
});

test('R-06 a kill is asked for in the last known term, also by a daemon that has just begun', async () => {
  const { plans, asked, held } = plansOver(new Map([['db', 5]]));
  await plans.kill(db, 5);
  expect(asked).toEqual(['plan db 5', 'kill db', 'drop db']);
  expect(held.size).toBe(0);
});

test('S3 after a kill the plan is held anew before anything starts again in the same term', async () => {
  const { plans, asked } = plansOver();
  await plans.ensure(db, 3);
  await plans.kill(db, 3);
  await plans.ensure(db, 3);
  expect(asked.at(-1)).toBe('plan db 3');
});

test('K-13 the guard forgets what is no longer configured, also plans of an earlier daemon', async () => {
  const { plans, asked, held } = plansOver(
    new Map([
      ['gone', 2],
      ['db', 3],
    ]),
  );
  plans.retain(new Set(['db']));
  plans.retain(new Set(['db']));
  await Promise.resolve();
  expect(asked).toEqual(['retain db']);
  expect([...held.keys()]).toEqual(['db']);
});

test('S3 what is about to be created keeps its plan until it is configured, or given up', async () => {
  const { plans, held } = plansOver();
  await plans.reserve(db, 1);
  plans.retain(new Set(['other']));
  expect([...held.keys()]).toEqual(['db']);
  plans.retain(new Set(['other', 'db']));
  plans.retain(new Set(['other']));
  expect([...held.keys()]).toEqual([]);
  await plans.reserve(db, 1);
  await plans.unreserve('db');
  expect([...held.keys()]).toEqual([]);
});
