import { describeStore } from '@holdfast/engine/store-contract';
import { createStore } from './store.ts';
import { startTestCluster } from './testing.ts';

describeStore('etcd', async () => {
  const cluster = await startTestCluster(3);
  const gateway = cluster.gateway();
  return {
    store: createStore(gateway),
    grantLease: async () => (await gateway.leaseGrant(60_000)).lease,
    endLease: (lease) => gateway.leaseRevoke(lease),
    close: () => cluster.close(),
  };
});
