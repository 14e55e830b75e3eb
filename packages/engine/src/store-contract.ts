import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from './ports.ts';

/**
 * What the contract needs beside the port itself: leases are granted and ended by somebody else (the guard).
 */
export interface StoreUnderTest {
  readonly store: Store;
  /** A lease that lives at least a minute, as a decimal number. */
  grantLease(): Promise<string>;
  /** Ends a lease: its keys are deleted before this returns. */
  endLease(lease: string): Promise<void>;
  close(): Promise<void>;
}

const watchLimitMs = 5_000;

/**
 * The contract of the `Store` port: every implementation passes it, real or simulated. Each test writes below
 * a prefix of its own, so the store may hold other things.
 */
export function describeStore(name: string, create: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of the store`, () => {
    let under: StoreUnderTest | undefined;
    let tests = 0;
    const opened = (): StoreUnderTest => {
      if (under === undefined) throw new Error('the store was not created');
      return under;
    };
    beforeAll(async () => {
      under = await create();
    });
    afterAll(() => under?.close());
    const begin = () => {
      tests += 1;
      const { store } = opened();
      const prefix = `/contract/${tests}/`;
      const put = (key: string, value: string, lease?: string): Promise<boolean> =>
        store.commit({
          compare: [],
          write: [{ put: prefix + key, value, ...(lease === undefined ? {} : { lease }) }],
        });
      const read = async () => (await store.read(prefix)).entries;
      return { store, prefix, put, read };
    };

    describeReading(begin);
    describeCommitting(begin);
    describeLeases(begin, opened);
    describeWatching(begin);
  });
}

type Begin = () => {
  readonly store: Store;
  readonly prefix: string;
  put(key: string, value: string, lease?: string): Promise<boolean>;
  read(): Promise<Awaited<ReturnType<Store['read']>>['entries']>;
};

function describeReading(begin: Begin): void {
  test('what was never written is not there', async () => {
    const { store, prefix } = begin();
    const { entries, revision } = await store.read(prefix);
    expect(entries).toEqual([]);
    expect(revision).toBeGreaterThanOrEqual(0);
  });

  test('a read shows every key below the prefix and no other, sorted by key', async () => {
    const { store, prefix, put, read } = begin();
    for (const key of ['b', 'a/2', 'a/10', 'c', 'a']) await put(key, `value of ${key}`);
    await store.commit({ compare: [], write: [{ put: `${prefix.slice(0, -1)}0`, value: 'a neighbour' }] });
    const keys = (await read()).map((entry) => entry.key);
    expect(keys).toEqual(['a', 'a/10', 'a/2', 'b', 'c'].map((key) => prefix + key));
    const below = await store.read(`${prefix}a/`);
    expect(below.entries.map((entry) => entry.value)).toEqual(['value of a/10', 'value of a/2']);
  });

  test('a value comes back as it was written: empty, long, and in any script', async () => {
    const { put, read } = begin();
    const values = ['', 'x'.repeat(100_000), 'リソース階層 🐘 \u0000 "\\\n'];
    for (const [index, value] of values.entries()) await put(String(index), value);
    expect((await read()).map((entry) => entry.value)).toEqual(values);
  });

  test('revisions grow with every change, and the creation revision stays until a delete', async () => {
    const { store, prefix, put, read } = begin();
    await put('k', '1');
    const [first] = await read();
    await put('k', '2');
    const [second] = await read();
    await store.commit({ compare: [], write: [{ delete: `${prefix}k` }] });
    await put('k', '3');
    const { entries, revision } = await store.read(prefix);
    const third = entries[0];
    if (!first || !second || !third) throw new Error('the key is missing');
    expect(first.createRevision).toBe(first.modRevision);
    expect(second.createRevision).toBe(first.createRevision);
    expect(second.modRevision).toBeGreaterThan(first.modRevision);
    expect(third.createRevision).toBeGreaterThan(second.modRevision);
    expect(third.modRevision).toBe(third.createRevision);
    expect(revision).toBeGreaterThanOrEqual(third.modRevision);
  });

  test('a read is at least as new as every commit that was answered before it', async () => {
    const { put, read } = begin();
    for (let round = 0; round < 20; round += 1) {
      await put('k', String(round));
      expect((await read())[0]?.value).toBe(String(round));
    }
  });
}

function describeCommitting(begin: Begin): void {
  test('absent, present and unchanged hold exactly when they are true', async () => {
    const { store, prefix, put, read } = begin();
    await put('there', '1');
    const modRevision = (await read())[0]?.modRevision ?? -1;
    const key = `${prefix}there`;
    const holds = (compare: Parameters<Store['commit']>[0]['compare'][number]): Promise<boolean> =>
      store.commit({ compare: [compare], write: [] });
    expect(await holds({ key, is: 'present' })).toBe(true);
    expect(await holds({ key, is: 'absent' })).toBe(false);
    expect(await holds({ key, is: 'unchanged', modRevision })).toBe(true);
    expect(await holds({ key, is: 'unchanged', modRevision: modRevision - 1 })).toBe(false);
    expect(await holds({ key: `${prefix}not-there`, is: 'absent' })).toBe(true);
    expect(await holds({ key: `${prefix}not-there`, is: 'present' })).toBe(false);
    await put('there', '1');
    expect(await holds({ key, is: 'unchanged', modRevision })).toBe(false);
  });

  test('S4 a commit is done wholly, in one revision, or not at all', async () => {
    const { store, prefix, put, read } = begin();
    await put('old', '1');
    const write = [
      { put: `${prefix}a`, value: '1' },
      { put: `${prefix}b`, value: '1' },
      { delete: `${prefix}old` },
      { delete: `${prefix}never-there` },
    ];
    const absent = { key: `${prefix}a`, is: 'absent' } as const;
    const impossible = { key: `${prefix}b`, is: 'present' } as const;
    expect(await store.commit({ compare: [absent, impossible], write })).toBe(false);
    expect((await read()).map((entry) => entry.key)).toEqual([`${prefix}old`]);
    expect(await store.commit({ compare: [absent], write })).toBe(true);
    const after = await read();
    expect(after.map((entry) => entry.key)).toEqual([`${prefix}a`, `${prefix}b`]);
    expect(new Set(after.map((entry) => entry.modRevision)).size).toBe(1);
  });

  test('a commit that writes one key twice is rejected and changes nothing', async () => {
    const { store, prefix, read } = begin();
    const write = [
      { put: `${prefix}a`, value: '1' },
      { put: `${prefix}a`, value: '2' },
    ];
    await expect(store.commit({ compare: [], write })).rejects.toThrow();
    expect(await read()).toEqual([]);
  });

  test('S1 of many that acquire at once exactly one wins, round after round', async () => {
    const { store, prefix, read } = begin();
    const owner = `${prefix}owner`;
    const term = `${prefix}term`;
    for (let round = 1; round <= 5; round += 1) {
      const seen = (await read()).find((entry) => entry.key === term);
      const termAsSeen =
        seen === undefined
          ? ({ key: term, is: 'absent' } as const)
          : ({ key: term, is: 'unchanged', modRevision: seen.modRevision } as const);
      const acquire = (server: number): Promise<boolean> =>
        store.commit({
          compare: [{ key: owner, is: 'absent' }, termAsSeen],
          write: [
            { put: owner, value: `server${server}` },
            { put: term, value: String(round) },
          ],
        });
      const won = await Promise.all(Array.from({ length: 8 }, (_, server) => acquire(server)));
      expect(won.filter(Boolean)).toHaveLength(1);
      const values = (await read()).map((entry) => entry.value);
      expect(values).toEqual([`server${won.indexOf(true)}`, String(round)]);
      await store.commit({ compare: [], write: [{ delete: owner }] });
    }
  });
}

function describeLeases(begin: Begin, under: () => StoreUnderTest): void {
  test('a key hangs on the lease it was last put under, and ends with it', async () => {
    const { put, read } = begin();
    const [first, second] = [await under().grantLease(), await under().grantLease()];
    await put('moved', '1', first);
    await put('freed', '1', first);
    await put('mine', '1', first);
    await put('plain', '1');
    await put('moved', '2', second);
    await put('freed', '2');
    const leases = Object.fromEntries(
      (await read()).map((entry) => [entry.value + entry.key.slice(-5), entry.lease]),
    );
    expect(leases).toEqual({ '2moved': second, '2freed': '0', '1/mine': first, '1plain': '0' });
    await under().endLease(first);
    expect((await read()).map((entry) => entry.key.slice(-5))).toEqual(['freed', 'moved', 'plain']);
    await under().endLease(second);
    expect((await read()).map((entry) => entry.key.slice(-5))).toEqual(['freed', 'plain']);
  });

  test('S2 nothing can be put under a lease that is gone, and the whole commit is rejected', async () => {
    const { store, prefix, read } = begin();
    const lease = await under().grantLease();
    await under().endLease(lease);
    const write = [
      { put: `${prefix}a`, value: '1' },
      { put: `${prefix}b`, value: '1', lease },
    ];
    await expect(store.commit({ compare: [], write })).rejects.toThrow();
    expect(await read()).toEqual([]);
  });
}

function describeWatching(begin: Begin): void {
  test('a watch calls back after a put and after a delete below its prefix', async () => {
    const { store, prefix, put } = begin();
    const hints = countHints(store, prefix);
    await hints.after(() => put('k', '1'));
    await hints.after(() => put('k', '2'));
    await hints.after(() => store.commit({ compare: [], write: [{ delete: `${prefix}k` }] }));
    hints.close();
  });

  test('two watches are both told', async () => {
    const { store, prefix, put } = begin();
    const [one, other] = [countHints(store, prefix), countHints(store, `${prefix}k`)];
    await one.after(() => other.after(() => put('k', '1')));
    one.close();
    other.close();
  });

  test('a closed watch is silent, and closing it twice does no harm', async () => {
    const { store, prefix, put } = begin();
    const [closed, open] = [countHints(store, prefix), countHints(store, prefix)];
    await closed.after(() => put('k', '1'));
    closed.close();
    closed.close();
    const before = closed.count();
    await open.after(() => put('k', '2'));
    expect(closed.count()).toBe(before);
    open.close();
  });
}

/**
 * A watch that counts its hints. The first may only say that the watch stands; every change after that needs
 * one more.
 */
function countHints(store: Store, prefix: string) {
  let count = 0;
  let onHint = (): void => undefined;
  const close = store.watch(prefix, () => {
    count += 1;
    onHint();
  });
  /** Makes a change and waits for a hint since then. */
  const after = async (change: () => Promise<unknown>): Promise<void> => {
    const before = count;
    await change();
    if (count > before) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no hint in ${watchLimitMs} ms`)), watchLimitMs);
      onHint = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };
  return { close, count: () => count, after };
}
