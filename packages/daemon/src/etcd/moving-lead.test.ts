import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gateway } from './gateway.ts';
import { startTestCluster, type TestCluster } from './testing.ts';

const moves = 25;
const changesPerMove = 8;

let etcd: TestCluster;
let gateway: Gateway;

beforeAll(async () => {
  etcd = await startTestCluster(3);
  gateway = etcd.gateway({ callTimeoutMs: 5_000 });
});
afterAll(async () => etcd.close());

test('C-05 changes that meet a move of the lead are done, each once, and none is given up because etcd drops it', async () => {
  const change = async (name: string): Promise<string | boolean> =>
    gateway
      .txn([{ key: name, createRevisionIs: 0 }], [{ kind: 'put', key: name, value: '1' }])
      .catch((error: unknown) => JSON.stringify(error));
  const outcomes: (string | boolean)[] = [];
  for (let move = 0; move < moves; move += 1) {
    const leader = await etcd.leader();
    gateway.setEndpoints([leader, ...etcd.members].map(({ clientUrl }) => clientUrl));
    const { memberId } = await gateway.status(leader.clientUrl);
    const heir = (await gateway.memberList()).find(({ id }) => id !== memberId);
    const moving = gateway.moveLeader(leader.clientUrl, heir?.id ?? '').catch(() => undefined);
    const changes: Promise<string | boolean>[] = [];
    for (let one = 0; one < changesPerMove; one += 1) {
      changes.push(change(`/${move}/${one}`));
      await new Promise((resolve) => setImmediate(resolve));
    }
    outcomes.push(...(await Promise.all(changes)));
    await moving;
  }
  // An answer from before the move that comes after one from after it is not trusted: its change may have happened (S5).
  const isFromBefore = (one: string | boolean): boolean =>
    typeof one === 'string' && one.includes('stale-member') && one.includes('"mayHaveHappened":true');
  expect(outcomes.filter((one) => one !== true && !isFromBefore(one))).toEqual([]);
  expect(outcomes.filter((one) => one === true).length).toBeGreaterThan(outcomes.length / 2);
}, 120_000);
