import { X509Certificate } from 'node:crypto';
import { request as httpsRequest } from 'node:https';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import type { Credentials } from './peer.ts';
import {
  issueCredentials,
  pathBetween,
  pickNetwork,
  portsOf,
  startServer,
  until,
  type TestServer,
} from './testing.ts';

const started: TestServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

const quick = { timeoutMs: 3_000 };
/** Rare enough that no heartbeat is missed while a test looks at a connection. */
const slow = { intervalMs: 60_000, misses: 5 };

interface Pair {
  readonly a: TestServer;
  readonly b: TestServer;
  readonly credentials: { readonly a: Credentials; readonly b: Credentials };
}

async function startPair(interval: { intervalMs?: number; misses?: number } = {}): Promise<Pair> {
  const at = pickNetwork();
  const credentials = { a: await issueCredentials('a'), b: await issueCredentials('b') };
  const a = await startServer({ name: 'a', addresses: [at(1)], credentials: credentials.a });
  const b = await startServer({ name: 'b', addresses: [at(2)], credentials: credentials.b });
  started.push(a, b);
  const path = pathBetween(a, b, interval);
  for (const { keeper } of [a, b]) keeper.setPaths([path], portsOf(a, b));
  await until(
    'alive',
    () => isAlive(a) && isAlive(b),
    () => [a, b].map(({ keeper }) => keeper.states()),
  );
  return { a, b, credentials };
}

function isAlive({ keeper }: TestServer): boolean {
  return keeper.states().every(({ state }) => state === 'alive');
}

function serialOf({ certificate }: Credentials): string {
  return new X509Certificate(certificate).serialNumber;
}

/** A connection to the port with these credentials, once its certificates are accepted by the client. */
async function connectTo(
  { addresses, port }: TestServer,
  { certificate, key, caCertificate }: Credentials,
): Promise<TLSSocket> {
  const socket = connectTls({
    ...{ host: addresses[0] ?? '', port, cert: certificate, key: key.reveal(), ca: caCertificate },
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: () => undefined,
  });
  socket.on('error', () => {}).resume();
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  return socket;
}

async function untilClosed(socket: TLSSocket): Promise<void> {
  await until(
    'closed',
    () => socket.destroyed || socket.closed,
    () => socket.readyState,
  );
}

test.each(['a', 'b'] as const)(
  'S-01 a certificate that server %s is told to be revoked ends its live path at once, at either end',
  async (teller) => {
    const { a, b, credentials } = await startPair(slow);
    const [told, there, other] = teller === 'a' ? [a, b, 'b' as const] : [b, a, 'a' as const];
    there.keeper.handle('hold', () => new Promise(() => {}));
    const held = told.keeper.request(other, 'hold', 0, quick).catch((error: unknown) => error);
    told.trust.setRevoked(new Set([serialOf(credentials[other])]));
    expect(await held).toMatchObject({ code: 'path-lost' });
    await expect(told.keeper.request(other, 'echo', 1, quick)).rejects.toMatchObject({
      reason: { code: expect.stringMatching(/^path-(lost|none)$/) },
    });
  },
);

test.each(['a', 'b'] as const)(
  'S-01 server %s makes no path with a revoked certificate, and one with the next certificate of that server',
  async (teller) => {
    const { a, b, credentials } = await startPair();
    const [told, other] = teller === 'a' ? [a, b] : [b, a];
    const name = teller === 'a' ? 'b' : 'a';
    told.trust.setRevoked(new Set([serialOf(credentials[name])]));
    const states = () => told.keeper.states();
    await until('dead', () => states()[0]?.state === 'dead', states);
    other.trust.setCredentials(await issueCredentials(name));
    await until('alive again', () => isAlive(a) && isAlive(b), states);
    expect(await told.keeper.request(name, 'echo', 1, quick)).toMatchObject({ body: 1 });
  },
);

test('S-01 another revoked certificate disturbs no path', async () => {
  const { a, b } = await startPair();
  const events: string[] = [];
  for (const { keeper, trust } of [a, b]) {
    keeper.onChange(({ code }) => events.push(code));
    trust.setRevoked(new Set(['00FF']));
  }
  expect(await a.keeper.request('b', 'echo', 1, quick)).toMatchObject({ body: 1 });
  expect(await b.keeper.request('a', 'echo', 1, quick)).toMatchObject({ body: 1 });
  expect(events).toEqual([]);
});

test('S-01 a revoked certificate opens no API either, and ends what it had opened', async () => {
  const { b } = await startPair();
  const stolen = await issueCredentials('c');
  const open = await connectTo(b, stolen);
  b.trust.setRevoked(new Set([serialOf(stolen)]));
  await untilClosed(open);
  const late = await connectTo(b, stolen);
  await untilClosed(late);
});

test('S-01 new certificates are shown at once, and what is open stays open', async () => {
  const { a, b, credentials } = await startPair();
  const events: string[] = [];
  for (const { keeper } of [a, b]) keeper.onChange(({ code }) => events.push(code));
  const next = await issueCredentials('b');
  b.trust.setCredentials(next);
  const socket = await connectTo(b, credentials.a);
  expect(socket.getPeerX509Certificate()?.serialNumber).toBe(serialOf(next));
  socket.destroy();
  expect(await a.keeper.request('b', 'echo', 1, quick)).toMatchObject({ body: 1 });
  expect(await statusOf(b)).toBe(404);
  expect(events).toEqual([]);
});

function statusOf({ addresses, port }: TestServer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: addresses[0], port, path: '/', rejectUnauthorized: false, agent: false };
    httpsRequest(options, (response) => resolve(response.resume().statusCode))
      .once('error', reject)
      .end();
  });
}
