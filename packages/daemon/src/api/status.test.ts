import type { CommunicationPath } from '@holdfast/core';
import { expect, test } from 'vitest';
import type { PathView } from './context.ts';
import { judgePaths } from './status.ts';

const path = (one: string, other: string, number: number): CommunicationPath => ({
  id: `${one}.${other}.${number}`,
  ends: [
    { server: one, address: `10.0.${number}.1` },
    { server: other, address: `10.0.${number}.2` },
  ],
  priority: number,
  intervalMs: 1_000,
  misses: 5,
});
const seen = (id: string, state: PathView['state']): PathView => ({
  ...{ id, state, peer: 'b', roundTripMs: 1, misses: 0, flaps: 0 },
});

test('C-02 a server without a redundant path to another one is a warning, with that one named', () => {
  const configured = [path('a', 'b', 1), path('a', 'b', 2), path('a', 'c', 1), path('b', 'c', 1)];
  expect(judgePaths('a', { seen: [], configured })).toEqual({
    code: 'path-not-redundant',
    facts: { servers: 'c' },
  });
  expect(judgePaths('a', { seen: [], configured: configured.slice(0, 2) })).toBeUndefined();
  expect(judgePaths('c', { seen: [], configured })?.facts).toEqual({ servers: 'a b' });
});

test('C-02 a dead path is named before a missing one', () => {
  const configured = [path('a', 'b', 1), path('a', 'b', 2), path('a', 'c', 1)];
  const views = [seen('a.b.1', 'alive'), seen('a.b.2', 'dead')];
  expect(judgePaths('a', { seen: views, configured })).toEqual({
    code: 'path-dead',
    facts: { paths: 'a.b.2' },
  });
});

test('C-02 a server alone in its cluster misses no path', () => {
  expect(judgePaths('a', { seen: [], configured: [] })).toBeUndefined();
});
