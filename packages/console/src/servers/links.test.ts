import type { PathDetail } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { listLinks } from './links.ts';

const alive = { state: 'alive', roundTripMs: 0.4, misses: 0, flaps: 1 } as const;
const dead = { state: 'dead', roundTripMs: null, misses: 6, flaps: 2 } as const;

function pathWith(views: PathDetail['views']): { readonly paths: PathDetail[] } {
  const ends: PathDetail['ends'] = [
    { server: 'a', address: '192.0.2.1' },
    { server: 'b', address: '192.0.2.2' },
  ];
  return { paths: [{ id: 'a.b.1', ends, priority: 1, intervalMs: 1_000, misses: 5, views }] };
}

test('C-02 a path that one end finds dead is dead, and both ends are shown', () => {
  const [link] = listLinks(pathWith({ a: alive, b: dead }), true);
  expect(link).toMatchObject({ state: 'dead', roundTripMs: 0.4, views: [alive, dead] });
});

test('S5 of an end that does not answer nothing is known, so that its path is not alive', () => {
  const [link] = listLinks(pathWith({ a: alive, b: null }), true);
  expect(link).toMatchObject({ state: 'unknown', views: [alive, null] });
});

test('S5 an answer that is not current says nothing of how a path is', () => {
  const [link] = listLinks(pathWith({ a: alive, b: alive }), false);
  expect(link).toMatchObject({ id: 'a.b.1', state: 'unknown', roundTripMs: null, views: [null, null] });
});
