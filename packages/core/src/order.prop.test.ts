import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Resource } from './model.ts';
import { judgeDependencies, parentsOf, startOrder } from './order.ts';
import { aResource } from './testing.ts';

/** Resources whose children all have a smaller number: dependencies without a circle, in any order of the list. */
const sound: fc.Arbitrary<readonly Resource[]> = fc
  .array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
  .map((all) =>
    all.map((children, index) =>
      aResource(
        `r${index}`,
        'generic',
        [...new Set(children.filter((child) => child < index))].map((child) => `r${child}`),
      ),
    ),
  )
  .chain((resources) => fc.shuffledSubarray([...resources], { minLength: resources.length }));

test('S7 the order of starting has every resource once, each after its children', () => {
  fc.assert(
    fc.property(sound, (resources) => {
      const order = startOrder(resources).map(({ tag }) => tag);
      expect([...order].sort()).toEqual(resources.map(({ tag }) => tag).sort());
      for (const { tag, children } of resources)
        for (const child of children) expect(order.indexOf(child)).toBeLessThan(order.indexOf(tag));
    }),
  );
});

test('H-02 dependencies without a circle may stand', () => {
  fc.assert(
    fc.property(sound, (resources) => {
      expect(judgeDependencies(resources)).toEqual({ allowed: true });
    }),
  );
});

test('H-02 a circle is refused and named, however long it is', () => {
  fc.assert(
    fc.property(sound, fc.integer({ min: 1, max: 6 }), (resources, length) => {
      const circle = Array.from({ length }, (_, index) =>
        aResource(`c${index}`, 'generic', [`c${(index + 1) % length}`]),
      );
      const verdict = judgeDependencies([...resources, ...circle]);
      expect(verdict).toMatchObject({ allowed: false, reason: { code: 'dependency-cycle' } });
    }),
  );
});

test('H-02 a child that is not there is refused and named', () => {
  const verdict = judgeDependencies([aResource('top', 'generic', ['gone'])]);
  expect(verdict).toEqual({
    allowed: false,
    reason: { code: 'child-missing', facts: { tag: 'top', child: 'gone' } },
  });
});

test('H-02 parents are those that need a resource directly', () => {
  const resources = [
    aResource('top', 'generic', ['middle']),
    aResource('beside', 'generic', ['middle', 'leaf']),
    aResource('middle', 'generic', ['leaf']),
    aResource('leaf', 'generic'),
  ];
  expect(parentsOf(resources, 'leaf')).toEqual(['beside', 'middle']);
  expect(parentsOf(resources, 'top')).toEqual([]);
});
