import { profiles, type Reason } from '@holdfast/core';
import { createChaosProxy, type ChaosProxy, type Weather } from '@holdfast/lab/chaos-proxy';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { orderEndpoints } from '../etcd/endpoint-order.ts';
import { startTestCluster, type TestCluster, type TestMember } from '../etcd/testing.ts';
import { createLeaseClient, type LeaseClient } from './lease-client.ts';
import { etcdAccess } from './testing.ts';

/** A renewal that takes longer is none. */
const { callTimeoutMs } = profiles.normal;

let cluster: TestCluster;
let own: TestMember;
let second: TestMember;
let third: TestMember;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  cluster = await startTestCluster(3);
  const leader = await cluster.leader();
  // What is done to the own member and to one network costs no election: that is another matter.
  const [follower, other] = cluster.members.filter((member) => member !== leader);
  if (!follower || !other) throw new Error('three members were started');
  [own, second, third] = [follower, leader, other];
}, 30_000);
afterAll(() => cluster.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Bench {
  readonly client: LeaseClient;
  /** Which endpoint was turned to, each time another one. */
  readonly changes: readonly string[];
  /** Renews with that deadline; rejects where it is not kept. */
  renew(): Promise<{ readonly tookMs: number; readonly ttlMs: number }>;
}

async function turnTo(endpoints: readonly string[]): Promise<Bench> {
  const changes: string[] = [];
  const report = ({ code, facts }: Reason): void => {
    if (code === 'store-endpoint-changed') changes.push(String(facts['endpoint']));
  };
  const client = createLeaseClient('test', { ...etcdAccess(cluster), endpoints }, report);
  cleanups.push(() => client.close());
  const { lease } = await client.grant(60_000, { timeoutMs: 5_000 });
  changes.length = 0;
  const renew: Bench['renew'] = async () => {
    const startedAt = performance.now();
    const { ttlMs } = await client.renew(lease, { timeoutMs: callTimeoutMs });
    return { tookMs: performance.now() - startedAt, ttlMs };
  };
  return { client, changes, renew };
}

async function proxyTo(member: TestMember): Promise<ChaosProxy & { readonly url: string }> {
  const proxy = await createChaosProxy({ host: '127.0.0.1', port: member.clientPort });
  cleanups.push(() => proxy.close());
  return { ...proxy, url: `https://127.0.0.1:${proxy.port}` };
}

describe('C-06 a renewal while the member that is asked first', () => {
  test.each<Weather>([
    { kind: 'black-hole' },
    { kind: 'answers-lost' },
    { kind: 'half-close' },
    { kind: 'refuse' },
    { kind: 'truncate', afterBytes: 2_000 },
    { kind: 'delay', delayMs: callTimeoutMs },
  ])(
    'is behind a network in bad weather ($kind) is in time, and the next one loses no time',
    async (weather) => {
      const proxy = await proxyTo(own);
      const { renew, changes } = await turnTo([proxy.url, second.clientUrl, third.clientUrl]);
      expect((await renew()).ttlMs).toBe(60_000);
      proxy.set(weather);
      if (weather.kind === 'truncate') proxy.cut();
      const first = await renew();
      const next = await renew();
      console.log(`${weather.kind}: ${first.tookMs.toFixed(0)} ms, then ${next.tookMs.toFixed(0)} ms`);
      expect([first.ttlMs, next.ttlMs]).toEqual([60_000, 60_000]);
      expect(changes[0]).toBe(second.clientUrl);
    },
  );

  test('is frozen is in time, and goes back to nobody', async () => {
    const { renew, changes } = await turnTo([own.clientUrl, second.clientUrl, third.clientUrl]);
    own.signal('SIGSTOP');
    cleanups.push(() => own.signal('SIGCONT'));
    for (let n = 0; n < 5; n += 1) expect((await renew()).ttlMs).toBe(60_000);
    expect(changes).toHaveLength(1);
  });
});

test('C-02 C-06 one of two networks swallows everything while the own member is frozen: one renewal pays for it', async () => {
  const [secondOnA, thirdOnA] = [await proxyTo(second), await proxyTo(third)];
  const order = orderEndpoints(own.clientUrl, [
    [secondOnA.url, second.clientUrl],
    [thirdOnA.url, third.clientUrl],
  ]);
  const { renew, changes } = await turnTo(order);
  own.signal('SIGSTOP');
  cleanups.push(() => own.signal('SIGCONT'));
  for (const proxy of [secondOnA, thirdOnA]) proxy.set({ kind: 'black-hole' });
  const first = await renew();
  const later: number[] = [];
  for (let n = 0; n < 5; n += 1) later.push((await renew()).tookMs);
  console.log(`${first.tookMs.toFixed(0)} ms, then ${later.map((ms) => ms.toFixed(0)).join(', ')} ms`);
  expect(changes[0]).toBe(third.clientUrl);
  expect(changes).toHaveLength(1);
});
