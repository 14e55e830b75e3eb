import type { Compare, Store, Write } from '@holdfast/engine/ports';
import type { Gateway, TxnCompare, TxnWrite } from './gateway.ts';

/**
 * The engine's arbiter on etcd. Rejects with a `StoreError`; a commit that was rejected with
 * StoreUnavailableError and the fact `mayHaveHappened` may have taken place.
 */
export function createStore(gateway: Gateway): Store {
  return {
    async read(prefix) {
      const { header, entries } = await gateway.range({ key: prefix, prefix: true });
      return { revision: header.revision, entries };
    },
    commit: ({ compare, write }) => gateway.txn(compare.map(toTxnCompare), write.map(toTxnWrite)),
    watch: (prefix, onChange) => gateway.watch(prefix, onChange),
  };
}

function toTxnCompare(compare: Compare): TxnCompare {
  const { key } = compare;
  switch (compare.is) {
    case 'absent':
      return { key, createRevisionIs: 0 };
    case 'present':
      return { key, createRevisionIsAbove: 0 };
    case 'unchanged':
      return { key, modRevisionIs: compare.modRevision };
    default:
      return compare satisfies never;
  }
}

function toTxnWrite(write: Write): TxnWrite {
  if ('delete' in write) return { kind: 'delete', key: write.delete };
  const { put: key, value, lease } = write;
  return { kind: 'put', key, value, ...(lease === undefined ? {} : { lease }) };
}
