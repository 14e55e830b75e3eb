import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChaosProxy, type ChaosProxy } from './chaos-proxy.ts';

let echo: Server;
let proxy: ChaosProxy;
const heard: string[] = [];
const clients: Socket[] = [];

beforeEach(async () => {
  heard.length = 0;
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      heard.push(data.toString());
      socket.write(data);
    });
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  const address = echo.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  proxy = await createChaosProxy({ host: '127.0.0.1', port: address.port });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

interface Client {
  readonly socket: Socket;
  /** Everything that came, until something is there, the connection ends, or the time is up. */
  hear(limitMs: number): Promise<string>;
  /** How the connection ended, or `open` when it has not in this time. */
  end(limitMs: number): Promise<'open' | 'fin' | 'reset'>;
}

async function connect(): Promise<Client> {
  const socket = createConnection({ host: proxy.host, port: proxy.port, allowHalfOpen: true });
  clients.push(socket);
  let text = '';
  let ending: 'open' | 'fin' | 'reset' = 'open';
  let wake = (): void => undefined;
  socket.on('data', (data: Buffer) => {
    text += data.toString();
    wake();
  });
  socket.on('end', () => {
    ending = 'fin';
    wake();
  });
  socket.on('error', () => {
    ending = 'reset';
    wake();
  });
  const until = (done: () => boolean, limitMs: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      wake = () => {
        if (!done()) return;
        clearTimeout(timer);
        resolve();
      };
      wake();
    });
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.once('error', () => resolve());
  });
  return {
    socket,
    async hear(limitMs) {
      await until(() => text !== '' || ending !== 'open', limitMs);
      return text;
    },
    async end(limitMs) {
      await until(() => ending !== 'open', limitMs);
      return ending;
    },
  };
}

test('clear weather passes data on both ways and counts it', async () => {
  const client = await connect();
  client.socket.write('ping');
  expect(await client.hear(2_000)).toBe('ping');
  expect(proxy.seen()).toEqual({ connections: 1, requestBytes: 4, answerBytes: 4 });
});

test('a delay holds data back for its time', async () => {
  proxy.set({ kind: 'delay', delayMs: 60 });
  const client = await connect();
  const startedAt = performance.now();
  client.socket.write('ping');
  expect(await client.hear(2_000)).toBe('ping');
  expect(performance.now() - startedAt).toBeGreaterThan(115);
});

test('a black hole accepts, swallows, and stays silent, also on a connection that stood before', async () => {
  const before = await connect();
  proxy.set({ kind: 'black-hole' });
  const after = await connect();
  before.socket.write('ping');
  after.socket.write('ping');
  expect(await Promise.all([before.hear(100), after.hear(100)])).toEqual(['', '']);
  expect(heard).toEqual([]);
});

test('lost answers let the request arrive', async () => {
  proxy.set({ kind: 'answers-lost' });
  const client = await connect();
  client.socket.write('ping');
  expect(await client.hear(100)).toBe('');
  expect(heard).toEqual(['ping']);
});

test('refused connections are reset, the standing ones too', async () => {
  const before = await connect();
  proxy.set({ kind: 'refuse' });
  expect(await before.end(2_000)).toBe('reset');
  const after = await connect();
  after.socket.write('ping');
  expect(await after.end(2_000)).toBe('reset');
});

test('half-close ends the answers in order and sends none', async () => {
  proxy.set({ kind: 'half-close' });
  const client = await connect();
  client.socket.write('ping');
  expect(await client.end(2_000)).toBe('fin');
  expect(await client.hear(10)).toBe('');
});

test('truncation ends the answer after its bytes', async () => {
  proxy.set({ kind: 'truncate', afterBytes: 3 });
  const client = await connect();
  client.socket.write('ping-pong');
  expect(await client.end(2_000)).toBe('fin');
  expect(await client.hear(10)).toBe('pin');
});

test('a cut resets what stands and leaves the weather as it is', async () => {
  const before = await connect();
  proxy.cut();
  expect(await before.end(2_000)).toBe('reset');
  const after = await connect();
  after.socket.write('ping');
  expect(await after.hear(2_000)).toBe('ping');
});
