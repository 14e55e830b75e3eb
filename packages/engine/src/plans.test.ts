import type { Hierarchy } from '@holdfast/core';
import { expect, test } from 'vitest';
import { Plans } from './plans.ts';
import type { Guard, Instances } from './ports.ts';
import { aHierarchy, aResource } from './testing.ts';

/** A guard that keeps plans as the real one does, and says what it was asked. */
function plansOver(
  held: Map<string, number> = new Map(),
  first: Readonly<Record<string, readonly string[]>> = {},
) {
  const asked: string[] = [];
  const units = new Map(Object.entries(first));
  let failing = 0;
  let covered = new Set(Object.values(first).flat());
  const guard: Guard = {
    state: () => undefined,
    alive: () => {},
    hold: () => Promise.resolve(),
    onChange: () => () => {},
    plan: async (hierarchy, term, steps) => {
      asked.push(`plan ${hierarchy} ${term}`);
      failing -= 1;
      if (failing >= 0) throw new Error('no answer');
      if (term < (held.get(hierarchy) ?? 0)) throw new Error('term-is-old');
      held.set(hierarchy, term);
      units.set(
        hierarchy,
        steps.flatMap((step) => (step.kind === 'unit' ? [step.unit] : [])),
      );
      const now = new Set([...units.values()].flat());
      covered = covered.size === 0 ? now : new Set([...covered].filter((unit) => now.has(unit)));
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
  return {
    plans,
    asked,
    held,
    steps: (hierarchy: string) => units.get(hierarchy),
    /** What was in some plan at every moment. */
    covered: () => [...covered].sort(),
    fail: (times: number) => {
      failing = times;
    },
  };
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

/** What the configuration has and this server owns of it. */
function configured(...owned: readonly (readonly [Hierarchy, number])[]) {
  return [
    new Map(owned.map(([hierarchy]) => [hierarchy.id, hierarchy])),
    owned.map(([hierarchy, term]) => ({ hierarchy, term })),
    true,
  ] as const;
}

function others(...ids: readonly string[]) {
  return [new Map(ids.map((id) => [id, aHierarchy({ id })])), [], true] as const;
}

test('K-13 the guard forgets what is no longer configured, also plans of an earlier daemon', async () => {
  const { plans, asked, held } = plansOver(
    new Map([
      ['gone', 2],
      ['db', 3],
    ]),
  );
  await plans.follow(...others('db'));
  await plans.follow(...others('db'));
  expect(asked).toEqual(['retain db']);
  expect([...held.keys()]).toEqual(['db']);
});

test('S3 what is about to be created keeps its plan until it is configured, or given up', async () => {
  const { plans, held } = plansOver();
  await plans.reserve(db, 1);
  await plans.follow(...others('other'));
  expect([...held.keys()]).toEqual(['db']);
  await plans.follow(...others('other', 'db'));
  await plans.follow(...others('other'));
  expect([...held.keys()]).toEqual([]);
  await plans.reserve(db, 1);
  await plans.unreserve('db');
  expect([...held.keys()]).toEqual([]);
});

const web = aHierarchy({ id: 'web', resources: [aResource('web', ['web-volume']), aResource('web-volume')] });
const both = aHierarchy({ resources: [...db.resources, ...web.resources] });

test('S3 two hierarchies become one: the plan of the whole stands before the other is forgotten', async () => {
  const { plans, asked, steps } = plansOver();
  await plans.follow(...configured([db, 3], [web, 5]));
  asked.length = 0;
  await plans.follow(...configured([both, 6]));
  expect(asked).toEqual(['plan db 6', 'retain db']);
  expect(steps('db')).toEqual(['db', 'volume', 'web', 'web-volume']);
});

test('S3 one hierarchy becomes two: at every moment each step is in a plan, also for a daemon that has just begun', async () => {
  for (const known of [true, false]) {
    const { plans, covered } = plansOver(new Map([['db', 6]]), { db: ['db', 'volume', 'web', 'web-volume'] });
    if (known) await plans.follow(...configured([both, 6]));
    await plans.follow(...configured([db, 7], [web, 7]));
    expect(covered()).toEqual(['db', 'volume', 'web', 'web-volume']);
  }
});

test('S3 what is added keeps its plan while older looks at the store come in, and is forgotten when it is given up', async () => {
  const { plans, steps } = plansOver();
  await plans.follow(...configured([db, 3]));
  await plans.reserve(both, 3);
  await plans.follow(...configured([{ ...db }, 3]));
  expect(steps('db')).toContain('web');
  await plans.unreserve('db');
  await plans.follow(...configured([{ ...db }, 3]));
  expect(steps('db')).toEqual(['db', 'volume']);
});

test('S1 a plan that was dropped to give the hierarchy away does not come back in the same term', async () => {
  const { plans, held } = plansOver();
  await plans.follow(...configured([db, 3]));
  await plans.drop('db');
  await plans.follow(...configured([{ ...db }, 3]));
  expect([...held.keys()]).toEqual([]);
  await plans.follow(...configured([db, 4]));
  expect([...held.keys()]).toEqual(['db']);
});

test('S3 while it is not sure what is owned, nothing is forgotten', async () => {
  const { plans, held } = plansOver(new Map([['web', 5]]));
  await plans.follow(new Map([['db', both]]), [], false);
  expect([...held.keys()]).toEqual(['web']);
});

test('S3 a guard that does not answer is asked again with the next look', async () => {
  const { plans, held, fail } = plansOver(new Map([['web', 5]]));
  fail(1);
  await plans.follow(...configured([both, 6]));
  expect([...held.keys()]).toEqual(['web']);
  await plans.follow(...configured([both, 6]));
  expect([...held.keys()]).toEqual(['db']);
});
