import type { Hierarchy, Resource, Tag } from '@holdfast/core';
import { put, type Requested } from '@holdfast/engine';
import type { Instances } from '@holdfast/engine/ports';
import {
  aHierarchy,
  aResource,
  aRunningCluster,
  createTestingStore,
  keys,
  setOwner,
  type TestingStore,
} from '@holdfast/engine/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createCareKeeper, recordOf } from './care-keeper.ts';
import { openCareRecords, type CareRecords } from './care-records.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-care-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A life of the daemon of server `b` over the records of the one before, and what it did. */
async function live(store: TestingStore, options: { readonly failing?: Tag } = {}) {
  const done: string[] = [];
  let now = 0;
  const records = await openCareRecords(directory, (file) => done.push(`unreadable ${file}`));
  const instances: Pick<Instances, 'remove'> = {
    remove: ({ tag }) => {
      done.push(`stop ${tag}`);
      return Promise.resolve({ state: 'ok' });
    },
  };
  const keeper = createCareKeeper({
    server: 'b',
    records,
    instances,
    now: () => now,
    settle: async (hierarchy, resource, kind) => {
      if (resource.tag === options.failing && now === 0) throw new Error('no luck');
      done.push(`${kind} ${resource.tag}`);
      if (kind === 'let-go') await records.forget(resource.tag);
      else await records.write(recordOf(hierarchy, resource, 'b'));
    },
    refresh: () => Promise.resolve(store.snapshot()),
    commit: (judge) => {
      const requested: Requested = judge(store.request());
      if (requested.allowed) store.commit(requested.transaction);
      return Promise.resolve();
    },
    report: (_, reason) => {
      if (reason.code === 'care-not-settled') done.push(`failed ${String(reason.facts['tag'])}`);
    },
  });
  const look = async (): Promise<readonly string[]> => {
    done.length = 0;
    keeper.accept(store.snapshot());
    await keeper.settled();
    return [...done];
  };
  return { records, look, later: (ms: number) => (now += ms) };
}

const db = aHierarchy();

async function adopt(records: CareRecords, hierarchy: Hierarchy, resource: Resource, started = false) {
  await records.write({ ...recordOf(hierarchy, resource, 'b'), started });
}

async function adoptAll(records: CareRecords, hierarchy: Hierarchy = db): Promise<void> {
  for (const resource of hierarchy.resources) await adopt(records, hierarchy, resource);
}

test('H-07 killed between recording an extension and settling the target: the target takes it into care, children first', async () => {
  const { look } = await live(aRunningCluster());
  expect(await look()).toEqual(['stand-by volume', 'stand-by db']);
  expect(await look()).toEqual([]);
});

test('K-09 killed between adopting and recording: the next life lets it go, parents first, and stops what was started', async () => {
  const store = aRunningCluster();
  store.commit({ compare: [], write: [{ delete: keys.hierarchy('db') }, { delete: keys.owner('db') }] });
  const first = await live(store);
  const [root, volume] = db.resources;
  if (root) await adopt(first.records, db, root);
  if (volume) await adopt(first.records, db, volume, true);
  const { look } = await live(store);
  expect(await look()).toEqual(['let-go db', 'stop volume', 'let-go volume']);
  expect(await look()).toEqual([]);
});

test('K-13 killed between deleting and letting go: the next life lets it go, and what runs goes on running', async () => {
  const store = aRunningCluster();
  const first = await live(store);
  await adoptAll(first.records);
  store.commit({ compare: [], write: [{ delete: keys.hierarchy('db') }, { delete: keys.owner('db') }] });
  const { look } = await live(store);
  expect(await look()).toEqual(['let-go db', 'let-go volume']);
});

test('K-12 a server that was away while it was unextended stops what is left and lets go when it is back', async () => {
  const store = aRunningCluster();
  const first = await live(store);
  await adoptAll(first.records);
  store.set(keys.hierarchy('db'), aHierarchy({ priorities: { a: 1 } }));
  const { look } = await live(store);
  expect(await look()).toEqual(['stop db', 'let-go db', 'stop volume', 'let-go volume']);
});

test('S5 a store that does not know this server, a damaged record and an older look let nothing go', async () => {
  const store = aRunningCluster();
  const { records, look } = await live(store);
  await adoptAll(records);
  expect(await (await live(createTestingStore())).look()).toEqual([]);
  expect(await look()).toEqual([]);
});

test('H-07 while a creation is under way nobody else lets its resources go, nor gives its reservation back', async () => {
  const store = aRunningCluster();
  const { records, look } = await live(store);
  await adoptAll(records);
  const release = records.hold(['web']);
  await adopt(records, aHierarchy({ id: 'web' }), aResource('web'));
  setOwner(store, 'web', { server: 'b', incarnation: 'b1', term: 4 });
  expect(await look()).toEqual([]);
  release();
  expect(await look()).toEqual(['let-go web']);
  expect(store.get(keys.owner('web'))).toBe(undefined);
});

test('H-02 what goes from one hierarchy to another stays in care', async () => {
  const store = aRunningCluster();
  const { records, look } = await live(store);
  await adoptAll(records);
  store.commit({
    compare: [],
    write: [{ delete: keys.hierarchy('db') }, put(keys.hierarchy('web'), aHierarchy({ id: 'web' }))],
  });
  expect(await look()).toEqual([]);
  expect(records.get('db')?.hierarchy).toBe('web');
});

test('H-07 what cannot be settled is told and tried again after a pause, and keeps nothing else waiting', async () => {
  const { look, later } = await live(aRunningCluster(), { failing: 'volume' });
  expect(await look()).toEqual(['failed volume', 'stand-by db']);
  expect(await look()).toEqual([]);
  later(20_000);
  expect(await look()).toEqual(['stand-by volume']);
});
