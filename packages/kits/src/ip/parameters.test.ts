import { expect, test } from 'vitest';
import { defaultTag, ipParameters } from './parameters.ts';

test('an address has a prefix and a device, and a duplicate is refused unless it is said otherwise', () => {
  const given = { address: '10.0.0.7', prefix: 24, device: 'bond0.12' };
  expect(ipParameters.parse(given)).toEqual({ ...given, duplicateCheck: 'refuse' });
  for (const wrong of [
    { address: '10.0.0.256' },
    { address: '10.0.0.7/24' },
    { prefix: 33 },
    { prefix: 0 },
    { device: 'a b' },
    { device: '../x' },
    { device: 'sixteen-letters-x' },
  ]) {
    expect(ipParameters.safeParse({ ...given, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
  }
});

test('K-04 the tag names the address', () => {
  expect(defaultTag({ address: '10.0.0.7' })).toBe('ip-10.0.0.7');
});
