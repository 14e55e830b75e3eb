import { createChaosProxy, type ChaosProxy, type Weather } from '@holdfast/lab/chaos-proxy';
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readPki } from '../pki/files.ts';
import { toClientTls } from './client-tls.ts';
import { monotonicNow } from './clock.ts';
import { StoreRefusedError, StoreUnavailableError } from './errors.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { startTestCluster, waitFor, writeTestPki, type TestCluster } from './testing.ts';

const callTimeoutMs = 750;
/** What a loaded test machine may add to a deadline. */
const slackMs = 400;

let cluster: TestCluster;
let proxies: readonly ChaosProxy[];
/** Asks every member through its proxy, the first member first. */
let gateway: Gateway;
/** Asks the members themselves. */
let direct: Gateway;
let key: string;

beforeAll(async () => {
  cluster = await startTestCluster(3);
  proxies = await Promise.all(
    cluster.members.map((member) => createChaosProxy({ host: '127.0.0.1', port: member.clientPort })),
  );
  direct = cluster.gateway();
});
afterAll(async () => {
  await Promise.all((proxies ?? []).map((proxy) => proxy.close()));
  await cluster?.close();
});
beforeEach(() => {
  key = `/gateway/${randomUUID()}`;
  gateway = cluster.gateway({
    endpoints: proxies.map((proxy) => `https://127.0.0.1:${proxy.port}`),
    callTimeoutMs,
  });
});
afterEach(() => {
  gateway.close();
  for (const proxy of proxies) proxy.set({ kind: 'clear' });
  for (const proxy of proxies) proxy.cut();
});

function weatherAt(index: number, weather: Weather): void {
  proxies[index]?.set(weather);
}

async function timed<T>(call: () => Promise<T>): Promise<{ outcome: T | Error; tookMs: number }> {
  const startedAt = monotonicNow();
  const outcome = await call().catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  return { outcome, tookMs: monotonicNow() - startedAt };
}

function readValue(from: Gateway = direct): Promise<string | undefined> {
  return from.range({ key, prefix: false }).then(({ entries }) => entries[0]?.value);
}

const badWeather: readonly Weather[] = [
  { kind: 'black-hole' },
  { kind: 'answers-lost' },
  { kind: 'refuse' },
  { kind: 'half-close' },
  { kind: 'delay', delayMs: 5_000 },
  { kind: 'truncate', afterBytes: 1_000 },
];

describe('in weather in which nobody answers', () => {
  test.each(badWeather)('every call ends by its deadline with HF-STORE-001: $kind', async (weather) => {
    const { lease } = await gateway.leaseGrant(60_000);
    for (const [index] of proxies.entries()) weatherAt(index, weather);
    for (const proxy of proxies) proxy.cut();
    const calls: readonly (() => Promise<unknown>)[] = [
      () => gateway.range({ key, prefix: true }),
      () => gateway.txn([], [{ kind: 'put', key, value: '1' }]),
      () => gateway.put(key, '1'),
      () => gateway.leaseGrant(60_000),
      () => gateway.leaseKeepAlive(lease),
      () => gateway.leaseRevoke(lease),
      () => gateway.memberList(),
    ];
    const results = await Promise.all(calls.map(timed));
    for (const { outcome, tookMs } of results) {
      expect(outcome).toBeInstanceOf(StoreUnavailableError);
      expect(outcome).toMatchObject({ code: 'HF-STORE-001' });
      expect(tookMs).toBeLessThan(callTimeoutMs + slackMs);
    }
    for (const [index] of proxies.entries()) weatherAt(index, { kind: 'clear' });
    for (const proxy of proxies) proxy.cut();
    await waitFor(() => gateway.range({ key, prefix: true }), {
      timeoutMs: 3_000,
      what: 'an answer afterwards',
    });
  });

  test('a caller can give a shorter deadline, and can abort', async () => {
    for (const [index] of proxies.entries()) weatherAt(index, { kind: 'black-hole' });
    const short = await timed(() => gateway.range({ key, prefix: false }, { timeoutMs: 100 }));
    expect(short.outcome).toBeInstanceOf(StoreUnavailableError);
    expect(short.tookMs).toBeLessThan(100 + slackMs);
    const abort = new AbortController();
    const aborted = timed(() =>
      gateway.range({ key, prefix: false }, { signal: abort.signal, timeoutMs: 20_000 }),
    );
    abort.abort();
    expect((await aborted).outcome).toBeInstanceOf(StoreUnavailableError);
    expect((await aborted).tookMs).toBeLessThan(slackMs);
  });
});

describe('in weather at the preferred endpoint only', () => {
  test.each(badWeather)('reads and renewals are answered by another one in time: $kind', async (weather) => {
    await gateway.put(key, '1');
    const { lease } = await gateway.leaseGrant(60_000);
    weatherAt(0, weather);
    proxies[0]?.cut();
    const [read, renewal] = await Promise.all([
      timed(() => readValue(gateway)),
      timed(() => gateway.leaseKeepAlive(lease)),
    ]);
    expect(read.outcome).toBe('1');
    expect(renewal.outcome).toMatchObject({ state: 'renewed', ttlMs: 60_000 });
    expect(read.tookMs).toBeLessThan(callTimeoutMs / 3 + slackMs);
    const again = await timed(() => readValue(gateway));
    expect(again.outcome).toBe('1');
    expect(again.tookMs).toBeLessThan(slackMs);
  });

  test('a change goes on to the next endpoint when it was certainly not sent', async () => {
    weatherAt(0, { kind: 'refuse' });
    expect((await timed(() => gateway.txn([], [{ kind: 'put', key, value: '1' }]))).outcome).toBe(true);
    expect(await readValue()).toBe('1');
  });

  test('a change without a connection goes on to the next endpoint after a third of its time', async () => {
    weatherAt(0, { kind: 'black-hole' });
    const { outcome, tookMs } = await timed(() => gateway.txn([], [{ kind: 'put', key, value: '1' }]));
    expect(outcome).toBe(true);
    expect(tookMs).toBeLessThan(callTimeoutMs / 3 + slackMs);
  });

  test.each([{ kind: 'answers-lost' }, { kind: 'truncate', afterBytes: 0 }] as const)(
    'a change whose answer is lost is never repeated, and says that it may have happened: $kind',
    async (weather) => {
      await readValue(gateway);
      weatherAt(0, weather);
      const compare = [{ key, createRevisionIs: 0 }];
      const { outcome } = await timed(() => gateway.txn(compare, [{ kind: 'put', key, value: '1' }]));
      expect(outcome).toBeInstanceOf(StoreUnavailableError);
      expect(outcome).toMatchObject({ facts: { mayHaveHappened: true } });
      expect(await readValue()).toBe('1');
    },
  );

  test('a change that was never sent says so', async () => {
    for (const [index] of proxies.entries()) weatherAt(index, { kind: 'refuse' });
    const { outcome } = await timed(() => gateway.put(key, '1'));
    expect(outcome).toMatchObject({ code: 'HF-STORE-001', facts: { mayHaveHappened: false } });
    expect(await readValue()).toBeUndefined();
  });
});

describe('answers', () => {
  test('C-06 a lease has the TTL that was granted, and counts from before it was sent', async () => {
    const before = monotonicNow();
    const grant = await gateway.leaseGrant(10);
    expect(grant.ttlMs).toBe(1_000);
    expect(grant.sentAt).toBeGreaterThanOrEqual(before);
    expect(grant.sentAt).toBeLessThan(monotonicNow());
    const renewal = await gateway.leaseKeepAlive(grant.lease);
    if (renewal.state !== 'renewed') throw new Error('the lease is gone');
    expect(renewal.sentAt).toBeGreaterThan(grant.sentAt);
    await gateway.put(key, '1', grant.lease);
    const goneAt = await waitFor(async () => ((await readValue()) === undefined ? monotonicNow() : false), {
      timeoutMs: 4_000,
      what: 'the key gone with its lease',
    });
    expect(goneAt).toBeGreaterThanOrEqual(renewal.sentAt + renewal.ttlMs);
    expect(await gateway.leaseKeepAlive(grant.lease)).toEqual({ state: 'gone' });
  });

  test('a revoked lease is gone, and revoking it again is a success', async () => {
    const { lease } = await gateway.leaseGrant(60_000);
    await gateway.put(key, '1', lease);
    await gateway.leaseRevoke(lease);
    expect(await readValue()).toBeUndefined();
    expect(await gateway.leaseKeepAlive(lease)).toEqual({ state: 'gone' });
    await gateway.leaseRevoke(lease);
    await expect(gateway.put(key, '1', lease)).rejects.toMatchObject({
      code: 'HF-STORE-002',
      facts: { lease },
    });
  });

  test('what etcd refuses is not asked of the next endpoint', async () => {
    const write = { kind: 'put', key, value: '1' } as const;
    const { outcome } = await timed(() => gateway.txn([], [write, write]));
    expect(outcome).toBeInstanceOf(StoreRefusedError);
    expect(outcome).toMatchObject({ code: 'HF-STORE-005', facts: { grpcCode: 3 } });
  });

  test('an answer larger than the limit is refused', async () => {
    const tight = createGateway({
      endpoints: cluster.members.map((member) => member.clientUrl),
      tls: cluster.tls,
      callTimeoutMs,
      maxAnswerBytes: 10_000,
    });
    await direct.put(key, 'x'.repeat(20_000));
    const { outcome } = await timed(() => readValue(tight));
    expect(outcome).toMatchObject({
      code: 'HF-STORE-003',
      facts: { tried: expect.stringContaining('too-large') },
    });
    tight.close();
  });

  test('S-01 who has no certificate of the cluster gets no answer, and trusts none', async () => {
    const directory = mkdtempSync(join(cluster.directory, 'stranger-'));
    await writeTestPki(directory, ['127.0.0.1']);
    const theirs = toClientTls(await readPki(directory));
    for (const tls of [
      { ...theirs, ca: cluster.tls.ca },
      { ...cluster.tls, ca: theirs.ca },
    ]) {
      const endpoints = cluster.members.map((member) => member.clientUrl);
      const stranger = createGateway({ endpoints, tls, callTimeoutMs });
      expect((await timed(() => readValue(stranger))).outcome).toMatchObject({ code: 'HF-STORE-014' });
      stranger.close();
    }
  });

  test('status and health are asked of one member', async () => {
    const [first] = cluster.members;
    if (!first) throw new Error('no member');
    const status = await gateway.status(first.clientUrl);
    expect(status.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(status.leaderId).not.toBe('0');
    expect(await gateway.health(first.clientUrl)).toBe(true);
    expect((await gateway.memberList()).map((member) => member.name).sort()).toEqual([
      'server1',
      'server2',
      'server3',
    ]);
  });

  test('an endpoint that was taken off the list is not asked any more', async () => {
    weatherAt(0, { kind: 'black-hole' });
    gateway.setEndpoints(cluster.members.map((member) => member.clientUrl));
    const { outcome, tookMs } = await timed(() => gateway.put(key, '1'));
    expect(outcome).toBeUndefined();
    expect(tookMs).toBeLessThan(slackMs);
    expect(() => gateway.setEndpoints([])).toThrow(StoreUnavailableError);
  });
});
