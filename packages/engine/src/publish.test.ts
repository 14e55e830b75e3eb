import { expect, test } from 'vitest';
import type { Store, Transaction } from './ports.ts';
import { createStatusPublisher } from './publish.ts';
import { acceptSnapshot, createEngineState, hierarchyState } from './state.ts';
import { aRunningCluster, keys, setSession, setStatus, aHierarchy, type TestingStore } from './testing.ts';

const lease = { lease: '7', incarnation: 'a1', goodUntil: 99_000 };

/** A publisher of server a over a store whose commits wait until they are let through. */
function publisherOver(store: TestingStore) {
  const state = createEngineState(0);
  const sent: { readonly transaction: Transaction; settle: (how: 'done' | 'lost') => boolean }[] = [];
  const port: Store = {
    read: () => Promise.reject(new Error('not read here')),
    watch: () => () => {},
    commit: (transaction) => {
      const { promise, resolve, reject } = Promise.withResolvers<boolean>();
      const settle = (how: 'done' | 'lost'): boolean => {
        const done = store.commit(transaction);
        if (how === 'done') resolve(done);
        else reject(new Error('no answer'));
        return done;
      };
      sent.push({ transaction, settle });
      return promise;
    },
  };
  const publisher = createStatusPublisher({ server: 'a', keys, store: port, state });
  let looks = 0;
  const look = (): void => {
    looks += 1;
    acceptSnapshot(state, store.snapshot(), { sentAt: looks, server: 'a', now: looks });
  };
  const become = (activity: 'stopped' | 'running'): void => {
    for (const { tag } of aHierarchy().resources)
      hierarchyState(state, 'db').instances.set(
        tag,
        activity === 'running' ? { state: 'running', term: 3 } : { state: 'stopped' },
      );
  };
  return { publish: () => publisher.publish(lease), sent, look, become };
}

function shown(store: TestingStore): string | undefined {
  return store.snapshot().statuses.find(({ server }) => server === 'a')?.instances['db']?.state;
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a status is written when it differs from what the store shows, and only then', () => {
  const store = aRunningCluster();
  const { publish, sent, look, become } = publisherOver(store);
  look();
  become('running');
  publish();
  expect(sent).toHaveLength(0);
  become('stopped');
  publish();
  publish();
  expect(sent).toHaveLength(1);
  expect(sent[0]?.settle('done')).toBe(true);
  expect(shown(store)).toBe('standby');
});

test('a write whose answer was lost is put right by the next one', async () => {
  const store = aRunningCluster();
  const { publish, sent, look, become } = publisherOver(store);
  look();
  become('stopped');
  publish();
  sent[0]?.settle('lost');
  await settled();
  become('running');
  look();
  publish();
  sent[1]?.settle('done');
  expect(shown(store)).toBe('in-service');
});

test('a write that takes place late does not overtake a newer one', async () => {
  const store = aRunningCluster();
  const { publish, sent, look, become } = publisherOver(store);
  setStatus(store, 'a', aHierarchy(), 'starting');
  look();
  become('stopped');
  publish();
  const late = sent[0]?.transaction;
  // The call has been given up, and its transaction is still on the way.
  const second = publisherOver(store);
  second.look();
  second.become('running');
  second.publish();
  second.sent[0]?.settle('done');
  expect(late && store.commit(late)).toBe(false);
  await settled();
  expect(shown(store)).toBe('in-service');
});

test('nothing is written before the store has the session of this lease', () => {
  const store = aRunningCluster();
  const { publish, sent, look, become } = publisherOver(store);
  setSession(store, 'a', { incarnation: 'a0' });
  look();
  become('stopped');
  publish();
  expect(sent).toHaveLength(0);
});
