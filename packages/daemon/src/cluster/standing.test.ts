import { createTestingStore, keys, setServer, wallTime, type TestingStore } from '@holdfast/engine/testing';
import { expect, test } from 'vitest';
import { answerStanding, isRemoved } from './standing.ts';

const own = { server: 'a', serials: ['0A', '0B'] };

function issued(serial: string): object {
  return { serial, use: 'server', authority: '0'.repeat(64), notAfter: wallTime };
}

/** Server a is of the configuration and has these certificates on record. */
function aStore(serials: readonly string[]): TestingStore {
  const store = createTestingStore();
  store.set(keys.revision, { revision: 1 });
  setServer(store, 'a');
  store.set(keys.server('a'), { ...store.get(keys.server('a')), certificates: serials.map(issued) });
  return store;
}

function revoke(store: TestingStore, ...serials: readonly string[]): void {
  for (const serial of serials) store.set(keys.revoked(serial), { server: 'a', notAfter: wallTime });
}

async function ask(memory: TestingStore, serials: readonly string[]): Promise<boolean> {
  const store = {
    read: (prefix: string) =>
      Promise.resolve({ revision: 1, entries: memory.entries().filter(({ key }) => key.startsWith(prefix)) }),
    commit: () => Promise.resolve(false),
    watch: () => () => undefined,
  };
  return (await answerStanding({ formatVersion: 1, serials }, { store, keys })).removed;
}

test('C-01 whoever has no record, or whose name has other certificates now, is of the cluster no more', async () => {
  const store = aStore(['0A', '0B']);
  expect(isRemoved(store.snapshot(), own)).toBe(false);
  expect(isRemoved(store.snapshot(), { ...own, server: 'b' })).toBe(true);
  const replaced = aStore(['0C']);
  revoke(replaced, '0A', '0B');
  expect(isRemoved(replaced.snapshot(), own)).toBe(true);
  expect(await ask(replaced, own.serials)).toBe(true);
});

test('S5 before anything is registered, and while one certificate still stands, nobody is taken for removed', async () => {
  expect(isRemoved(createTestingStore().snapshot(), own)).toBe(false);
  const renewing = aStore(['0B']);
  revoke(renewing, '0A');
  expect(isRemoved(renewing.snapshot(), own)).toBe(false);
  expect(await ask(renewing, own.serials)).toBe(false);
  expect(await ask(renewing, ['0D'])).toBe(false);
});

test('C-10 a record of an earlier version, which names no certificates, makes nobody believe that it was removed', async () => {
  const store = aStore([]);
  const { certificates: _, ...earlier } = store.get(keys.server('a')) ?? {};
  store.set(keys.server('a'), earlier);
  expect(isRemoved(store.snapshot(), own)).toBe(false);
  expect(await ask(store, own.serials)).toBe(false);
});

test('S-04 what is no serial number is not looked up', async () => {
  await expect(ask(aStore([]), ['../x'])).rejects.toMatchObject({ code: 'HF-API-001' });
  await expect(ask(aStore([]), [])).rejects.toMatchObject({ code: 'HF-API-001' });
});
