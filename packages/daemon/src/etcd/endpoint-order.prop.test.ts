import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderEndpoints } from './endpoint-order.ts';

test('C-02 with two networks, whoever is silent is followed by another member on the other network', () => {
  const order = orderEndpoints('own', [
    ['b on 1', 'b on 2'],
    ['c on 1', 'c on 2'],
  ]);
  expect(order).toEqual(['own', 'b on 1', 'c on 2', 'b on 2', 'c on 1']);
});

test('C-02 every address of every other member is asked, and the own member once', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 4 }), (counts) => {
      const others = counts.map((count, n) => Array.from({ length: count }, (_, a) => `m${n}-a${a}`));
      const order = orderEndpoints('own', others);
      expect(order[0]).toBe('own');
      expect(order.slice(1).toSorted()).toEqual(others.flat().toSorted());
      expect(orderEndpoints(undefined, others)).toEqual(order.slice(1));
    }),
  );
});
