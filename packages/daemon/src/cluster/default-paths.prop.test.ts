import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress } from './addresses.ts';
import { defaultPaths, pairAddresses } from './default-paths.ts';

/** A network that is no part of another one: its first bytes are its own, its size is not the same for all. */
const network = (n: number, long: boolean): ((host: number) => string) =>
  long ? (host) => `10.${n}.7.${host}` : (host) => `10.${n}.${host}.${255 - host}`;

test('C-02 addresses of one network are paired, whatever their order and the sizes of the networks', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ n: fc.integer({ min: 0, max: 255 }), long: fc.boolean() }), {
        selector: ({ n }) => n,
        minLength: 1,
        maxLength: 8,
      }),
      fc.infiniteStream(fc.integer()),
      fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 121, max: 254 })),
      (networks, order, [mine, theirs]) => {
        const make = networks.map(({ n, long }) => network(n, long));
        const shuffled = make.map((one) => ({ one, at: order.next().value })).sort((a, b) => a.at - b.at);
        const pairs = pairAddresses(
          make.map((one) => one(mine)),
          shuffled.map(({ one }) => one(theirs)),
        );
        expect(pairs).toEqual(make.map((one) => [one(mine), one(theirs)]));
      },
    ),
  );
});

test('C-02 no address has two paths, and there is always one path', () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6().map(canonicalAddress));
  const list = fc.uniqueArray(address, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(list, list, (one, other) => {
      const pairs = pairAddresses(one, other);
      expect(pairs.length).toBeGreaterThan(0);
      expect(pairs.length).toBeLessThanOrEqual(Math.min(one.length, other.length));
      expect(new Set(pairs.map(([mine]) => mine)).size).toBe(pairs.length);
      expect(new Set(pairs.map(([, theirs]) => theirs)).size).toBe(pairs.length);
    }),
  );
});

test('C-02 IPv4 and IPv6 are not joined, and networks joined by a router go in order', () => {
  expect(pairAddresses(['fd00::1', '10.0.0.1'], ['10.0.0.2', 'fd00::2'])).toEqual([
    ['fd00::1', 'fd00::2'],
    ['10.0.0.1', '10.0.0.2'],
  ]);
  expect(pairAddresses(['10.0.0.1', '10.0.1.1'], ['192.0.2.1'])).toEqual([['10.0.0.1', '192.0.2.1']]);
  expect(pairAddresses(['10.0.0.1'], ['fd00::1'])).toEqual([['10.0.0.1', 'fd00::1']]);
});

test('C-02 the first network is preferred, and both servers would make the same paths', () => {
  const a = { name: 'a', addresses: ['10.0.0.1', '10.0.1.1'] };
  const b = { name: 'b', addresses: ['10.0.1.2', '10.0.0.2'] };
  expect(defaultPaths(b, a)).toEqual(defaultPaths(a, b));
  expect(defaultPaths(b, a).map(({ id, ends, priority }) => [id, ends[1].address, priority])).toEqual([
    ['a.b.1', '10.0.0.2', 1],
    ['a.b.2', '10.0.1.2', 2],
  ]);
});
