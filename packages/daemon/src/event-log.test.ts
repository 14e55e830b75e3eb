import { createTestingStore, keys, type TestingStore } from '@holdfast/engine/testing';
import type { EngineEvent, Store } from '@holdfast/engine/ports';
import { expect, test } from 'vitest';
import { createEventLog, type EventLog } from './event-log.ts';
import { formatPlace, parsePlace, type EventPlace } from './event-place.ts';

function portOf(store: TestingStore): Store {
  return {
    read: (prefix) =>
      Promise.resolve({
        revision: store.snapshot().view.revision,
        entries: store.entries().filter(({ key }) => key.startsWith(prefix)),
      }),
    commit: (transaction) => Promise.resolve(store.commit(transaction)),
    watch: () => () => {},
  };
}

function createLog(store: TestingStore): EventLog {
  return createEventLog({ keys, store: portOf(store), report: () => {} });
}

function anEvent(server: string, second: number): EngineEvent {
  const at = `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`;
  return { code: 'lease-good', severity: 'info', server, at, instant: second * 1_000, facts: { second } };
}

async function tell(log: EventLog, event: EngineEvent): Promise<void> {
  log.add(event);
  await log.flush();
}

async function secondsAfter(
  log: EventLog,
  place: EventPlace | undefined,
): Promise<{ readonly seconds: readonly unknown[]; readonly place: EventPlace }> {
  const found = await log.readOn({ limit: 50 }, place);
  return { seconds: found.events.map(({ record }) => record.facts['second']), place: found.place };
}

test('R-08 S9 whoever reads on gets also what an older clock or a late writer brings, once', async () => {
  const store = createTestingStore();
  const [a, b] = [createLog(store), createLog(store)];
  await tell(a, anEvent('a', 30));
  const first = await secondsAfter(a, undefined);
  expect(first.seconds).toEqual([30]);
  await tell(b, anEvent('b', 10));
  await tell(a, anEvent('a', 31));
  const second = await secondsAfter(a, first.place);
  expect(second.seconds).toEqual([10, 31]);
  expect((await secondsAfter(b, second.place)).seconds).toEqual([]);
});

test('R-08 the place of each event, given back, leads to what came after it, whatever the limit is', async () => {
  const store = createTestingStore();
  const log = createLog(store);
  for (const second of [20, 5, 21, 1, 22]) await tell(log, anEvent('a', second));
  const { events } = await log.readOn({ limit: 50 }, undefined);
  const order = events.map(({ record }) => record.facts['second']);
  expect(order).toEqual([20, 5, 21, 1, 22]);
  for (const [index, event] of events.entries()) {
    const place = parsePlace(formatPlace(event));
    const after = await log.readOn({ limit: 1, since: events.at(-1)?.id }, place);
    expect(after.events.map(({ record }) => record.facts['second'])).toEqual(order.slice(index + 1));
  }
});

test('what is no place is none', () => {
  for (const text of ['', '12', '12.', '.x', '12.a b', `1.${'x'.repeat(151)}`])
    expect(parsePlace(text)).toBe(undefined);
});
