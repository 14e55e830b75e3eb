import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createChaosProxy, type ChaosProxy, type Weather } from '@holdfast/lab/chaos-proxy';
import { afterEach, expect, test } from 'vitest';
import { dialPath } from './dial.ts';
import { startServerProcess } from './testing-process.ts';
import {
  issueCredentials,
  pathBetween,
  pickNetwork,
  pickPort,
  portsOf,
  startServer,
  until,
  type TestServer,
} from './testing.ts';
import { createTrust } from './trust.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(options: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(options);
  cleanups.push(() => server.close());
  return server;
}

interface Client {
  readonly socket: TLSSocket;
  readonly openedAt: number;
  said(): string;
  /** Milliseconds from the opening; `undefined` while it is open. */
  endedAfterMs(): number | undefined;
}

/** A connection to the API that has done its handshake and says nothing yet. */
async function open(server: Pick<TestServer, 'addresses' | 'port'>): Promise<Client> {
  const socket = connectTls({
    host: server.addresses[0] ?? '',
    port: server.port,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
  });
  cleanups.push(() => socket.destroy());
  const openedAt = performance.now();
  let said = '';
  let endedAfterMs: number | undefined;
  socket.on('data', (bytes: Buffer) => (said += bytes.toString()));
  socket.on('error', () => {});
  for (const event of ['end', 'close'])
    socket.once(event, () => (endedAfterMs ??= performance.now() - openedAt));
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve).once('close', () => resolve()));
  return { socket, openedAt, said: () => said, endedAfterMs: () => endedAfterMs };
}

async function asks(server: Pick<TestServer, 'addresses' | 'port'>): Promise<number> {
  const client = await open(server);
  client.socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  await until('an answer', () => client.said().includes('\r\n\r\n'), client.said);
  return performance.now() - client.openedAt;
}

/** Says one byte every so often, for as long as it is let. */
function drip({ socket }: Client, text: string): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.writable) socket.write(text[at++ % text.length] ?? '');
  }, 20);
  cleanups.push(() => clearInterval(timer));
}

const alive = async (server: TestServer): Promise<void> =>
  await until(
    `path of ${server.name} alive`,
    () => server.keeper.states().every(({ state }) => state === 'alive'),
    () => server.keeper.states(),
  );

test('S-04 heads and bodies that come a byte at a time end at their limit, and others are served meanwhile', async () => {
  const at = pickNetwork();
  const limits = { headersTimeoutMs: 600, requestTimeoutMs: 1_200, lookEveryMs: 50 };
  const onApiRequest = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume().on('end', () => response.end('ok'));
  };
  const server = await start({ name: 'a', addresses: [at(1)], limits, onApiRequest });
  const [idle, head, body] = [await open(server), await open(server), await open(server)];
  head.socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  drip(head, 'a');
  body.socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n');
  drip(body, 'a');
  expect(await asks(server)).toBeLessThan(5_000);
  const all = [idle, head, body];
  await until(
    'an end of all three',
    () => all.every((client) => client.endedAfterMs() !== undefined),
    () => all.map((client) => client.endedAfterMs()),
  );
  for (const client of all) expect(client.said()).toContain('408 Request Timeout');
  expect(idle.endedAfterMs()).toBeGreaterThan(limits.headersTimeoutMs - 50);
  expect(body.endedAfterMs()).toBeGreaterThan(limits.requestTimeoutMs - 50);
});

test('S-04 a head that is too large is refused, and nobody else notices', async () => {
  const at = pickNetwork();
  const server = await start({ name: 'a', addresses: [at(1)] });
  const client = await open(server);
  client.socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(100_000)}\r\n\r\n`);
  await until('a refusal', () => client.endedAfterMs() !== undefined, client.said);
  expect(client.said()).toContain('431 ');
  expect(await asks(server)).toBeLessThan(5_000);
});

test('S-04 one connection too many ends the oldest idle one, never a path nor one that is being answered', async () => {
  const at = pickNetwork();
  const onApiRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === '/events') response.writeHead(200).flushHeaders();
    else response.end('ok');
  };
  const b = await start({ name: 'b', addresses: [at(2)], limits: { mostConnections: 10 }, onApiRequest });
  const a = await start({ name: 'a', addresses: [at(1)] });
  const paths = [pathBetween(a, b)];
  for (const { keeper } of [a, b]) keeper.setPaths(paths, portsOf(a, b));
  await alive(a);
  const events: string[] = [];
  for (const { keeper } of [a, b]) keeper.onChange(({ code }) => events.push(code));
  const follower = await open(b);
  follower.socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('events', () => follower.said().includes('200 OK'), follower.said);

  const idle: Client[] = [];
  for (let n = 0; n < 30; n += 1) idle.push(await open(b));
  const open10 = (): readonly boolean[] => idle.map((client) => client.endedAfterMs() === undefined);
  await until('22 ended', () => open10().filter((isOpen) => isOpen).length === 8, open10);
  expect(open10().slice(-8)).toEqual(Array.from({ length: 8 }, () => true));
  expect(await asks(b)).toBeLessThan(5_000);
  expect(follower.endedAfterMs()).toBeUndefined();
  expect(await a.keeper.request('b', 'echo', 1, { timeoutMs: 5_000 })).toEqual({ from: 'a', body: 1 });
  expect(events).toEqual([]);
});

test('S-04 500 idle connections: paths live, others are served, the memory is bounded, and the idle ones are ended', async () => {
  const at = pickNetwork();
  const a = await start({ name: 'a', addresses: [at(1)] });
  const b = { name: 'b', addresses: [at(2)], port: await pickPort(at(2)) };
  const paths = [pathBetween(a, b)];
  const ports = portsOf(a, b);
  a.keeper.setPaths(paths, ports);
  const { process: server, end } = await startServerProcess(b, { paths, ports: [...ports] });
  cleanups.push(end);
  await alive(a);
  const events: string[] = [];
  a.keeper.onChange(({ code }) => events.push(code));
  const residentMiB = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) / 1024;
  const beforeMiB = residentMiB();

  const idle: Client[] = [];
  while (idle.length < 500) idle.push(...(await Promise.all(Array.from({ length: 20 }, () => open(b)))));
  const answeredMs = await asks(b);
  const grownMiB = residentMiB() - beforeMiB;
  console.log(
    `500 idle connections: ${grownMiB.toFixed(0)} MiB more, an answer in ${answeredMs.toFixed(0)} ms`,
  );
  expect(await a.keeper.request('b', 'echo', 1, { timeoutMs: 5_000 })).toEqual({ from: 'a', body: 1 });
  expect(answeredMs).toBeLessThan(5_000);
  expect(grownMiB).toBeLessThan(100);
  const openOnes = (): number => idle.filter((client) => client.endedAfterMs() === undefined).length;
  await until('an end of all idle ones', () => openOnes() === 0, openOnes, 30_000);
  expect(events).toEqual([]);
}, 60_000);

test('S-04 connections that are closed half or never shake hands leave nothing behind', async () => {
  const at = pickNetwork();
  const server = await start({ name: 'a', addresses: [at(1)], limits: { mostConnections: 6 } });
  const asked = await open(server);
  asked.socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const silent = await open(server);
  silent.socket.end();
  await until('an answer', () => asked.said().startsWith('HTTP/1.1 404'), asked.said);
  await until('its end', () => silent.endedAfterMs() !== undefined, silent.said);
  const strangers = Array.from({ length: 20 }, () => connectTcp({ host: at(1), port: server.port }));
  const ended = new Set<Socket>();
  for (const socket of strangers) {
    cleanups.push(() => socket.destroy());
    socket.on('error', () => {}).once('close', () => ended.add(socket));
    socket.once('connect', () => socket.write(Buffer.from([0x16, 0x03])));
  }
  await until(
    'room for six',
    () => ended.size >= 14,
    () => ended.size,
  );
  expect(await asks(server)).toBeLessThan(5_000);
  await until(
    'an end of all',
    () => ended.size === 20,
    () => ended.size,
    15_000,
  );
}, 30_000);

test('S-04 what is no request of a path is refused on it, and the path goes on', async () => {
  const at = pickNetwork();
  const b = await start({ name: 'b', addresses: [at(2)] });
  const a = { name: 'a', addresses: [at(1)], port: await pickPort(at(1)) };
  b.keeper.setPaths([pathBetween(a, b)], portsOf(a, b));
  const session = await dialPath({
    ...{ pathId: 'a.b.1', peer: 'b', localAddress: at(1), remoteAddress: at(2), remotePort: b.port },
    trust: createTrust(await issueCredentials('a')),
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  });
  cleanups.push(() => session.destroy());
  const request = { route: 'echo', timeoutMs: 1_000, body: 1 };
  const bodies: readonly [string, string, number][] = [
    ['/paths/v1/request', '{"route":', 400],
    ['/paths/v1/request', JSON.stringify({ ...request, route: '../etc' }), 400],
    ['/paths/v1/request', JSON.stringify({ ...request, timeoutMs: 1e12 }), 400],
    ['/paths/v1/request', JSON.stringify({ ...request, more: true }), 400],
    ['/paths/v1/request', JSON.stringify({ ...request, body: 'a'.repeat(1_100_000) }), 413],
    ['/paths/v1/answer', JSON.stringify({ id: 99, answer: { kind: 'done', body: 1 } }), 200],
    ['/paths/v1/answer', JSON.stringify({ id: -1, answer: null }), 400],
    ['/paths/v1/hello', JSON.stringify({ path: 'a.b.1' }), 404],
    ['/', '{}', 404],
    ['/paths/v1/request', JSON.stringify(request), 200],
  ];
  for (const [path, body, status] of bodies)
    expect([path, await post(session, path, body)]).toEqual([path, status]);
});

function post(session: ClientHttp2Session, path: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': path });
    stream.on('response', (headers) => resolve(Number(headers[':status'])));
    stream.on('close', () => reject(new Error('no answer')));
    stream.on('error', () => {});
    stream.end(body);
  });
}

test.each<Weather>([
  { kind: 'black-hole' },
  { kind: 'answers-lost' },
  { kind: 'half-close' },
  { kind: 'refuse' },
  { kind: 'truncate', afterBytes: 100 },
])('C-02 a path in bad weather ($kind) dies at both ends, and lives when it is over', async (weather) => {
  const { a, b, proxy } = await joinThrough();
  proxy.set(weather);
  if (weather.kind === 'truncate') proxy.cut();
  const states = () => [a, b].map(({ keeper }) => keeper.states()[0]?.state);
  await until('both dead', () => states().every((state) => state === 'dead'), states);
  proxy.set({ kind: 'clear' });
  await until('both alive', () => states().every((state) => state === 'alive'), states);
  expect(await b.keeper.request('a', 'echo', 1, { timeoutMs: 5_000 })).toEqual({ from: 'b', body: 1 });
  expect([a, b].map(({ keeper }) => keeper.states()[0]?.flaps)).toEqual([1, 1]);
});

test('C-02 a slow path lives and shows its round trip', async () => {
  const { a, proxy } = await joinThrough();
  proxy.set({ kind: 'delay', delayMs: 20 });
  const trip = () => a.keeper.states()[0]?.roundTripMs ?? 0;
  await until('a long round trip', () => trip() > 38, trip);
  expect(a.keeper.states()[0]).toMatchObject({ state: 'alive', flaps: 0 });
});

/** Servers a and b, whose path leads through a proxy. */
async function joinThrough(): Promise<{ a: TestServer; b: TestServer; proxy: ChaosProxy }> {
  const at = pickNetwork();
  const a = await start({ name: 'a', addresses: [at(1)] });
  const b = await start({ name: 'b', addresses: [at(2)] });
  const proxy = await createChaosProxy({ host: at(2), port: b.port }, at(3));
  cleanups.push(() => proxy.close());
  const detour = { ...b, addresses: [at(3)], port: proxy.port };
  a.keeper.setPaths([pathBetween(a, detour)], portsOf(a, detour));
  b.keeper.setPaths([pathBetween(a, b)], portsOf(a, b));
  await alive(a);
  await alive(b);
  return { a, b, proxy };
}
