import { describeStore, type StoreUnderTest } from '@holdfast/engine/store-contract';
import { createEtcd } from './etcd.ts';
import { createRandom } from './random.ts';
import { createScheduler } from './scheduler.ts';

/** The simulated store without its network: what the fault injection is laid over. */
describeStore('the simulated etcd', async (): Promise<StoreUnderTest> => {
  const etcd = createEtcd({
    scheduler: createScheduler(),
    random: createRandom(1),
    electionMs: 500,
    onChange: () => {},
    onLeaseEnd: () => {},
  });
  return {
    store: {
      read: (prefix) => Promise.resolve(etcd.read(prefix)),
      commit: async (transaction) => etcd.commit(transaction),
      watch: (prefix, onChange) => etcd.watch(prefix, onChange),
    },
    grantLease: () => Promise.resolve(etcd.grant(60_000).lease),
    endLease: (lease) => Promise.resolve(etcd.revoke(lease)),
    close: () => Promise.resolve(),
  };
});
