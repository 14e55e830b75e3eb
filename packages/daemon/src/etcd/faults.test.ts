import { createChaosProxy } from '@holdfast/lab/chaos-proxy';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { monotonicNow } from './clock.ts';
import { StoreUnavailableError } from './errors.ts';
import type { Gateway } from './gateway.ts';
import { createStore } from './store.ts';
import { startTestCluster, waitFor, type TestCluster, type TestMember } from './testing.ts';

const callTimeoutMs = 750;
/** Election (one to two timeouts of 500 ms), a round of retries, and a loaded machine. */
const electionLimitMs = 6_000;

let cluster: TestCluster;
let gateway: Gateway;

beforeEach(async () => {
  cluster = await startTestCluster(3);
  gateway = cluster.gateway({ callTimeoutMs });
});
afterEach(() => cluster.close());

function urlsFrom(first: TestMember): readonly string[] {
  return [first, ...cluster.members.filter((member) => member !== first)].map((member) => member.clientUrl);
}

function written(through: Gateway, value: string): Promise<boolean> {
  return waitFor(
    async () => {
      await through.put('/k', value);
      return true;
    },
    { timeoutMs: electionLimitMs, what: `a write of ${value}` },
  );
}

test('kill -9 of the leader: writes go on after the election, leases live on', async () => {
  const { lease } = await gateway.leaseGrant(3_000);
  await gateway.put('/leased', '1', lease);
  const leader = await cluster.leader();
  gateway.setEndpoints(urlsFrom(leader));
  await leader.kill();
  await written(gateway, 'after');
  expect(await gateway.leaseKeepAlive(lease)).toMatchObject({ state: 'renewed', ttlMs: 3_000 });
  const { entries } = await gateway.range({ key: '/', prefix: true });
  expect(entries.map((entry) => entry.key)).toEqual(['/k', '/leased']);
});

test('SIGSTOP of the preferred member: reads and renewals are answered in time by another', async () => {
  const leader = await cluster.leader();
  const frozen = cluster.members.find((member) => member !== leader);
  if (!frozen) throw new Error('no follower');
  gateway.setEndpoints(urlsFrom(frozen));
  const { lease } = await gateway.leaseGrant(60_000);
  frozen.signal('SIGSTOP');
  const startedAt = monotonicNow();
  expect(await gateway.leaseKeepAlive(lease)).toMatchObject({ state: 'renewed' });
  expect(monotonicNow() - startedAt).toBeLessThan(callTimeoutMs);
  await gateway.put('/k', '1');
  frozen.signal('SIGCONT');
});

test('S2 SIGSTOP and SIGCONT of the leader: once seen, only the new term is believed', async () => {
  const leader = await cluster.leader();
  const { lease } = await gateway.leaseGrant(60_000);
  leader.signal('SIGSTOP');
  await written(gateway, 'in the new term');
  await gateway.range({ key: '/k', prefix: false });
  leader.signal('SIGCONT');
  gateway.setEndpoints([leader.clientUrl]);
  const renewal = await waitFor(() => gateway.leaseKeepAlive(lease), {
    timeoutMs: electionLimitMs,
    what: 'a renewal',
  });
  expect(renewal.state).toBe('renewed');
  const { raftTerm } = await gateway.status(leader.clientUrl);
  const { header } = await gateway.range({ key: '/k', prefix: false });
  expect(header.raftTerm).toBe(raftTerm);
});

test('S5 without a majority nothing is answered: neither a read nor a renewal nor "gone"', async () => {
  const leader = await cluster.leader();
  const { lease } = await gateway.leaseGrant(2_000);
  await gateway.put('/leased', '1', lease);
  const followers = cluster.members.filter((member) => member !== leader);
  await Promise.all(followers.map((member) => member.kill()));
  gateway.setEndpoints([leader.clientUrl]);
  await expect(gateway.range({ key: '/', prefix: true })).rejects.toBeInstanceOf(StoreUnavailableError);
  await waitFor(async () => (await gateway.status(leader.clientUrl)).leaderId === '0', {
    timeoutMs: electionLimitMs,
    what: 'the leader steps down',
  });
  await expect(gateway.leaseKeepAlive(lease)).rejects.toBeInstanceOf(StoreUnavailableError);
  const old = await gateway.range({ key: '/', prefix: true, serializable: true });
  expect(old.entries.map((entry) => entry.key)).toEqual(['/leased']);
});

test('S1 acquiring at once through leader losses: never two winners, and the key tells who', async () => {
  const store = createStore(gateway);
  const rivals = cluster.members.map((member) =>
    createStore(cluster.gateway({ endpoints: urlsFrom(member), callTimeoutMs })),
  );
  for (let round = 1; round <= 2; round += 1) {
    const owner = `/owners/${round}`;
    const leader = await cluster.leader();
    const attempts = rivals.flatMap((rival, index) =>
      [1, 2, 3].map((attempt) => ({ rival, name: `server${index + 1}/${attempt}` })),
    );
    const acquire = ({ rival, name }: (typeof attempts)[number]): Promise<boolean | undefined> =>
      rival
        .commit({ compare: [{ key: owner, is: 'absent' }], write: [{ put: owner, value: name }] })
        .catch((error: unknown) => {
          if (!(error instanceof StoreUnavailableError)) throw error;
          return undefined;
        });
    const racing = Promise.all(attempts.map(acquire));
    const killing = leader.kill();
    const outcomes = await racing;
    await killing;
    const { entries } = await waitFor(() => store.read(owner), {
      timeoutMs: electionLimitMs,
      what: 'a read',
    });
    const winners = attempts.filter((_, index) => outcomes[index] === true).map(({ name }) => name);
    const unknown = attempts.filter((_, index) => outcomes[index] === undefined).map(({ name }) => name);
    expect(winners.length).toBeLessThanOrEqual(1);
    const value = entries[0]?.value;
    if (winners.length === 1) expect(value).toBe(winners[0]);
    else if (value !== undefined) expect(unknown).toContain(value);
    leader.start();
    await waitFor(() => gateway.health(leader.clientUrl), {
      timeoutMs: electionLimitMs,
      what: 'the member back',
    });
  }
});

test('a watch goes on through the loss of the leader it hung on', async () => {
  const leader = await cluster.leader();
  const through = cluster.gateway({ endpoints: urlsFrom(leader), callTimeoutMs });
  const hints = countHints(through);
  await hints.next(0);
  await leader.kill();
  for (const value of ['1', '2', '3']) {
    const before = hints.count();
    await written(gateway, value);
    await hints.next(before);
  }
});

test('a watch on a frozen member is noticed and moved, and what was missed is hinted', async () => {
  const leader = await cluster.leader();
  const frozen = cluster.members.find((member) => member !== leader);
  if (!frozen) throw new Error('no follower');
  const hints = countHints(cluster.gateway({ endpoints: urlsFrom(frozen), callTimeoutMs }));
  await hints.next(0);
  frozen.signal('SIGSTOP');
  const before = hints.count();
  await written(cluster.gateway({ endpoints: urlsFrom(leader) }), '1');
  await hints.next(before);
  frozen.signal('SIGCONT');
});

test('a watch that is swallowed while calls are answered is noticed by what it missed', async () => {
  const [first] = cluster.members;
  if (!first) throw new Error('no member');
  const proxy = await createChaosProxy({ host: '127.0.0.1', port: first.clientPort });
  const through = cluster.gateway({ endpoints: [`https://127.0.0.1:${proxy.port}`], callTimeoutMs });
  const hints = countHints(through);
  await hints.next(0);
  proxy.set({ kind: 'black-hole' });
  const before = hints.count();
  await written(gateway, '1');
  proxy.set({ kind: 'clear' });
  await hints.next(before);
  await proxy.close();
});

function countHints(through: Gateway) {
  let count = 0;
  const close = through.watch('/k', () => {
    count += 1;
  });
  /** Waits until there have been more hints than `seen`. */
  const next = (seen: number): Promise<boolean> =>
    waitFor(() => count > seen, { timeoutMs: 10_000, what: 'a hint', state: () => ({ count, seen }) });
  return { next, count: () => count, close };
}
