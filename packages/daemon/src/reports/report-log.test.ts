import { createKeys } from '@holdfast/contract';
import type { Report } from '@holdfast/engine';
import type { Store, StoreEntry } from '@holdfast/engine/ports';
import { createTestingStore } from '@holdfast/engine/testing';
import { expect, test, vi } from 'vitest';
import { createReportLog } from './report-log.ts';

const keys = createKeys('test');

function aReport(number: number, changes: Partial<Report> = {}): Report {
  return {
    hierarchy: 'db',
    kind: 'failover',
    outcome: 'in-service',
    from: 'a',
    server: 'b',
    term: number,
    at: new Date(1_700_000_000_000 + number * 1_000).toISOString(),
    instant: 1,
    totalMs: 2,
    phases: { detection: 1, arbitration: 1, volume: 0, address: 0, postgresql: 0, other: 0 },
    skipped: [],
    steps: [],
    omitted: 0,
    ...changes,
  };
}

/** A store in memory that can be away; `reads` are the prefixes that were asked for. */
function createStore() {
  const testing = createTestingStore();
  const state = { away: false };
  const reads: string[] = [];
  const within = (prefix: string): StoreEntry[] =>
    testing.entries().filter(({ key }) => key.startsWith(prefix));
  const store: Store = {
    read: (prefix) => {
      reads.push(prefix);
      return state.away
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ revision: 1, entries: within(prefix) });
    },
    commit: (transaction) =>
      state.away ? Promise.reject(new Error('away')) : Promise.resolve(testing.commit(transaction)),
    watch: () => () => {},
  };
  return { store, state, reads };
}

function createLog(store: Store) {
  const problems: string[] = [];
  const events = { read: vi.fn(() => Promise.resolve([])) };
  const log = createReportLog({ keys, store, events, report: (code) => problems.push(code) });
  return { log, events, problems };
}

test('R-08 of all reports the newest 200 are kept, and the newest come first', async () => {
  const { store } = createStore();
  const { log } = createLog(store);
  for (let number = 1; number < 230; number += 1) {
    const { at } = aReport(number);
    const id = `${String(Date.parse(at)).padStart(15, '0')}-b-000001`;
    const value = JSON.stringify({ formatVersion: 1, lastWords: [], ...aReport(number) });
    await store.commit({ compare: [], write: [{ put: keys.report(id), value }] });
  }
  log.add(aReport(230));
  await vi.waitFor(async () =>
    expect(await log.read({ limit: 1_000, hierarchies: undefined })).toHaveLength(200),
  );
  const newest = await log.read({ limit: 2, hierarchies: new Set(['db']) });
  expect(newest.map(({ record }) => record.term)).toEqual([230, 229]);
  expect(await log.get(newest[0]?.id ?? '')).toEqual(newest[0]);
  expect(await log.read({ limit: 2, hierarchies: new Set(['another']) })).toEqual([]);
});

test('R-08 a report waits for a store that is away, and nobody waits for the report', async () => {
  const { store, state } = createStore();
  const { log, problems } = createLog(store);
  state.away = true;
  log.add(aReport(1));
  await vi.waitFor(() => expect(problems).toContain('report-waits'));
  state.away = false;
  await vi.waitFor(async () => expect(await log.read({ limit: 1, hierarchies: undefined })).toHaveLength(1), {
    timeout: 5_000,
  });
  log.stop();
});

test('R-08 only of a lost server the last words are looked for', async () => {
  const { store } = createStore();
  const { log, events } = createLog(store);
  log.add(aReport(1, { kind: 'switchover' }));
  log.add(aReport(2, { kind: 'local-recovery', from: 'b' }));
  log.add(aReport(3));
  await vi.waitFor(async () => expect(await log.read({ limit: 9, hierarchies: undefined })).toHaveLength(3));
  expect(events.read).toHaveBeenCalledTimes(1);
  expect(events.read).toHaveBeenCalledWith(
    expect.objectContaining({ server: 'a', about: 'db', severity: 'warning' }),
  );
});

test('R-08 a report that only a newer program understands is passed over', async () => {
  const { store } = createStore();
  const { log } = createLog(store);
  const value = JSON.stringify({ formatVersion: 2 });
  await store.commit({ compare: [], write: [{ put: keys.report('x'), value }] });
  expect(await log.read({ limit: 9, hierarchies: undefined })).toEqual([]);
  expect(await log.get('x')).toBeUndefined();
});
