import type { EventRecord } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { formatEventId, isEventWanted, isIdWanted, sharedIdPrefix } from './event-filter.ts';

const at = '2026-01-02T03:04:05.678Z';
const event: EventRecord = {
  formatVersion: 1,
  code: 'gave-up',
  severity: 'warning',
  server: 'server1',
  hierarchy: 'pgsql-5432',
  tag: 'vol-data',
  at,
  instant: 1,
  facts: { cause: 'Disk-Full', freeBytes: 4096 },
};

test.each([
  [{}, true],
  [{ search: 'DISK-full' }, true],
  [{ search: '4096' }, true],
  [{ search: 'vol-' }, true],
  [{ search: 'server2' }, false],
  [{ severity: 'info' }, true],
  [{ severity: 'warning' }, true],
  [{ severity: 'alarm' }, false],
  [{ code: 'gave-up', server: 'server1', hierarchy: 'pgsql-5432' }, true],
  [{ code: 'gave-up', server: 'server2' }, false],
  [{ hierarchy: 'another' }, false],
  [{ about: 'another' }, false],
] as const)('R-08 events are searched: %j %s', (filter, wanted) => {
  expect(isEventWanted(event, filter)).toBe(wanted);
});

test('R-08 what is of no hierarchy is about every one', () => {
  const { hierarchy: _, ...general } = event;
  expect(isEventWanted(general, { about: 'pgsql-5432' })).toBe(true);
  expect(isEventWanted(general, { hierarchy: 'pgsql-5432' })).toBe(false);
});

test('R-08 time is told by the id alone, both ends included', () => {
  const id = formatEventId({ at, server: 'server1', sequence: 7 });
  expect(isIdWanted(id, { from: at, to: at })).toBe(true);
  expect(isIdWanted(id, { from: '2026-01-02T03:04:05.679Z' })).toBe(false);
  expect(isIdWanted(id, { to: '2026-01-02T03:04:05.677Z' })).toBe(false);
  expect(isIdWanted(id, { since: id })).toBe(false);
  expect(isIdWanted(id, { since: formatEventId({ at, server: 'server1', sequence: 6 }) })).toBe(true);
});

test('R-08 only what a span of time may hold is read', () => {
  expect(sharedIdPrefix({})).toBe('');
  expect(sharedIdPrefix({ from: at })).toBe('');
  const prefix = sharedIdPrefix({ from: '2026-01-02T03:04:00.000Z', to: '2026-01-02T03:05:00.000Z' });
  expect(prefix.length).toBeGreaterThan(7);
  expect(formatEventId({ at, server: 'server1', sequence: 1 }).startsWith(prefix)).toBe(true);
});
