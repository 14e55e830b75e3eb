import { createKeys } from '@holdfast/contract';
import { longestFailsafeMs, type Promises } from '@holdfast/core';
import { expect, test } from 'vitest';
import type { Snapshot } from '../snapshot.ts';
import type { Store, Transaction } from '../ports.ts';
import { createPromiseKeeper, type PromiseKeeper, type PromiseRecords } from './promises.ts';

const keys = createKeys('test');
const asked = { incarnation: 'b1', configuration: 3, forMs: 4_000 };

/** A server `a` with its own clock, and what it keeps over the lives of its daemon. */
function createPlace() {
  const clock = { now: () => place.at };
  const place = {
    at: 1_000_000,
    kept: undefined as Promises | undefined,
    isWritable: true,
    begin(): PromiseKeeper {
      const records: PromiseRecords = {
        read: () => place.kept,
        write(promises) {
          if (!place.isWritable) throw new Error('no space left');
          place.kept = promises;
        },
      };
      const keeper = createPromiseKeeper({ server: 'a', keys, clock, records });
      keeper.accept(aLook(), place.at);
      return keeper;
    },
  };
  return place;
}

function aLook(configRevision = 3): Snapshot {
  const sessions = { b: { server: 'b', incarnation: 'b1', version: '1', lease: '7', accepting: true } };
  return { configRevision, settings: undefined, view: { sessions } } as unknown as Snapshot;
}

function createFakeStore(commit: Store['commit'] = () => Promise.resolve(true)): Store {
  return { read: () => Promise.reject(new Error('not asked for')), commit, watch: () => () => {} };
}

function putting(key: string): Transaction {
  return { compare: [], write: [{ put: key, value: '{}' }] };
}

test('C-08 S1 a promise binds the next life of the daemon until it ends', () => {
  const place = createPlace();
  place.begin();
  place.at += longestFailsafeMs;
  expect(place.begin().promise('b', asked)).toEqual({ allowed: true });
  place.at += 100;
  expect(place.begin().promises()).toMatchObject({ to: { b: place.at + 3_900 } });
});

test('C-08 S1 a server that cannot know what it promised has promised everything to everybody', () => {
  const place = createPlace();
  expect(place.begin().promises().toAll).toBe(place.at + longestFailsafeMs);
});

test('C-08 S1 what cannot be written down is not promised', () => {
  const place = createPlace();
  const keeper = place.begin();
  place.isWritable = false;
  expect(keeper.promise('b', asked)).toMatchObject({
    allowed: false,
    reason: { code: 'promise-not-recorded' },
  });
});

test('C-08 S1 a later question never shortens a promise, and none is longer than any profile has it', () => {
  const place = createPlace();
  const keeper = place.begin();
  keeper.promise('b', asked);
  const until = place.at + 4_000;
  place.at += 10;
  expect(keeper.promise('b', { ...asked, forMs: 1_000 }).allowed).toBe(true);
  expect(keeper.promises().to['b']).toBe(until);
  expect(keeper.promise('b', { ...asked, forMs: longestFailsafeMs + 1 }).allowed).toBe(false);
});

test('C-08 S1 while a promise stands no configuration is changed and nothing is reserved here, and afterwards it is', async () => {
  const place = createPlace();
  const keeper = place.begin();
  const store = keeper.bind(createFakeStore());
  await store.commit(putting(keys.settings));
  keeper.promise('b', asked);
  for (const key of [keys.settings, keys.server('c'), keys.hierarchy('h'), keys.owner('h')])
    await expect(store.commit(putting(key))).rejects.toMatchObject({ code: 'HF-FAILSAFE-001' });
  expect(await store.commit(putting(keys.desired('h')))).toBe(true);
  place.at += 4_000;
  expect(await store.commit(putting(keys.settings))).toBe(true);
});

test('C-08 S1 who lets a server in promises nothing before it has looked at the store again', async () => {
  const place = createPlace();
  const keeper = place.begin();
  const answer = Promise.withResolvers<boolean>();
  const committing = keeper.bind(createFakeStore(() => answer.promise)).commit(putting(keys.server('c')));
  const code = (): string | undefined => {
    const verdict = keeper.promise('b', { ...asked, configuration: 9 });
    return verdict.allowed ? undefined : verdict.reason.code;
  };
  const sentBefore = place.at;
  keeper.accept(aLook(), place.at);
  expect(code()).toBe('store-not-seen');
  place.at += 5;
  answer.resolve(true);
  await committing;
  keeper.accept(aLook(), sentBefore);
  expect(code()).toBe('store-not-seen');
  keeper.accept(aLook(4), place.at);
  expect(code()).toBe(undefined);
});
