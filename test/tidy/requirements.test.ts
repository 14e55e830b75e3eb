import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { areas, findProofs, renderRequirements } from './requirements.ts';

const known = areas.flatMap(({ requirements }) => requirements.map(({ number }) => number));

test('docs/reference/requirements.md is made from the tests; write-requirements.ts makes it anew', () => {
  const page = resolve(import.meta.dirname, '../../docs/reference/requirements.md');
  expect(readFileSync(page, 'utf8')).toBe(renderRequirements());
});

test('no test proves a requirement that nobody knows', () => {
  expect(findProofs().filter(({ number }) => !known.includes(number))).toEqual([]);
});

test('every requirement of kit, hierarchies and recovery has a test', () => {
  const proven = new Set(findProofs().map(({ number }) => number));
  const missing = known.filter((number) => /^[KHR]-/.test(number) && !proven.has(number));
  expect(missing).toEqual([]);
});
