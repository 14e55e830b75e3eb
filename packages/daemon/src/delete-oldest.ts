import type { Store } from '@holdfast/engine/ports';

/** Deletes in one transaction: etcd takes 128 operations by default (--max-txn-ops). */
const batchSize = 100;

/**
 * Keeps the `most` newest of the records below a prefix, whose keys grow with time. Rejects with the store's errors; what
 * was deleted by then stays deleted.
 */
export async function deleteOldest(store: Store, prefix: string, most: number): Promise<void> {
  const { entries } = await store.read(prefix);
  const surplus = entries.slice(0, Math.max(0, entries.length - most));
  for (let from = 0; from < surplus.length; from += batchSize) {
    const some = surplus.slice(from, from + batchSize);
    await store.commit({ compare: [], write: some.map(({ key }) => ({ delete: key })) });
  }
}
