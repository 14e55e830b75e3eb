import { request as httpsRequest } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { Readable } from 'node:stream';
import { createError } from '@holdfast/contract';
import { afterEach, describe, expect, test } from 'vitest';
import { createAuthority } from '../pki/authority.ts';
import type { PathEvent } from './keeper.ts';
import type { PathState } from './path.ts';
import {
  issueCredentials,
  pathBetween,
  pickNetwork,
  portsOf,
  startServer,
  until,
  type TestServer,
} from './testing.ts';
import { PathRequestError, RequestRefusedError, maxBodyBytes } from './wire.ts';

const started: TestServer[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.close()));
});

async function start(options: Parameters<typeof startServer>[0]): Promise<TestServer> {
  const server = await startServer(options);
  started.push(server);
  return server;
}

/** Two servers with two addresses each, and the first `count` paths between them. */
async function startPair(count = 1): Promise<{ a: TestServer; b: TestServer }> {
  const at = pickNetwork();
  const a = await start({ name: 'a', addresses: [at(1), at(11)] });
  const b = await start({ name: 'b', addresses: [at(2), at(12)] });
  const paths = Array.from({ length: count }, (_, address) => pathBetween(a, b, { address }));
  for (const server of [a, b]) server.keeper.setPaths(paths, portsOf(a, b));
  await untilAll('alive', a, b);
  return { a, b };
}

async function untilAll(state: string, ...servers: readonly TestServer[]): Promise<void> {
  const states = () => servers.flatMap(({ keeper }) => keeper.states());
  await until(`every path ${state}`, () => states().every((path) => path.state === state), states);
}

async function failureOf(request: Promise<unknown>): Promise<PathRequestError> {
  const error = await request.then(
    () => new Error('answered'),
    (e: unknown) => e,
  );
  if (error instanceof PathRequestError) return error;
  throw error;
}

const quick = { timeoutMs: 3_000 };

describe('a path', () => {
  test('C-02 both ends see it alive, with a round trip and no misses', async () => {
    const { a, b } = await startPair();
    for (const server of [a, b]) {
      const [state] = server.keeper.states();
      expect(state).toMatchObject({ state: 'alive', misses: 0, flaps: 0 });
      expect(state?.roundTripMs).toBeGreaterThan(0);
    }
    expect(a.keeper.states()[0]).toMatchObject({
      localAddress: a.addresses[0],
      remoteAddress: b.addresses[0],
    });
  });

  test('C-02 is unknown before it is dead, when the other server was never there', async () => {
    const at = pickNetwork();
    const a = await start({ name: 'a', addresses: [at(1)] });
    const b = { name: 'b', addresses: [at(2)], port: a.port };
    const events: PathEvent[] = [];
    a.keeper.onChange((event) => events.push(event));
    a.keeper.setPaths([pathBetween(a, b)], portsOf(b));
    expect(a.keeper.states()[0]?.state).toBe('unknown');
    await untilAll('dead', a);
    expect(events.map(({ code }) => code)).toEqual(['path-dead']);
    expect(a.keeper.states()[0]).toMatchObject({
      flaps: 0,
      misses: 5,
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
  });

  test('C-02 dies when the other server ends, lives when it is back, and each is told once', async () => {
    const { a, b } = await startPair();
    const events: string[] = [];
    a.keeper.onChange((event) => events.push(event.code));
    await b.close();
    await untilAll('dead', a);
    const again = await start({ name: 'b', addresses: b.addresses, port: b.port });
    again.keeper.setPaths([pathBetween(a, b)], portsOf(a, b));
    await untilAll('alive', a, again);
    expect(events).toEqual(['path-dead', 'path-alive']);
    expect(a.keeper.states()[0]?.flaps).toBe(1);
  });

  test('C-02 interval, misses and priority change live, without a new connection', async () => {
    const { a, b } = await startPair();
    const events: string[] = [];
    for (const { keeper } of [a, b]) keeper.onChange((event) => events.push(event.code));
    const changed = pathBetween(a, b, { priority: 9, intervalMs: 40, misses: 7 });
    for (const { keeper } of [a, b]) keeper.setPaths([changed], portsOf(a, b));
    expect(a.keeper.states()[0]).toMatchObject({
      state: 'alive',
      priority: 9,
      intervalMs: 40,
      allowedMisses: 7,
    });
    await a.keeper.request('b', 'echo', 1, quick);
    expect(events).toEqual([]);
  });

  test('C-02 one that is taken out of the list ends, and a request finds no path', async () => {
    const { a, b } = await startPair();
    a.keeper.setPaths([], portsOf(a, b));
    expect(a.keeper.states()).toEqual([]);
    expect(await failureOf(a.keeper.request('b', 'echo', 1, quick))).toMatchObject({
      code: 'path-none',
      sent: false,
    });
    await untilAll('dead', b);
  });

  test('C-02 with other ends it is another path', async () => {
    const { a, b } = await startPair();
    const moved = { ...pathBetween(a, b, { address: 1 }), id: 'a.b.1' };
    for (const { keeper } of [a, b]) keeper.setPaths([moved], portsOf(a, b));
    expect(a.keeper.states()[0]).toMatchObject({ state: 'unknown', localAddress: a.addresses[1] });
    await untilAll('alive', a, b);
  });
});

describe('requests', () => {
  test('C-02 go both ways over one connection, and the handler knows who asks', async () => {
    const { a, b } = await startPair();
    expect(await a.keeper.request('b', 'echo', { n: 1 }, quick)).toEqual({ from: 'a', body: { n: 1 } });
    expect(await b.keeper.request('a', 'echo', { n: 2 }, quick)).toEqual({ from: 'b', body: { n: 2 } });
  });

  test('C-02 take the live path of the smallest priority number', async () => {
    const { a, b } = await startPair(2);
    const [first, second] = [pathBetween(a, b, { address: 0 }), pathBetween(a, b, { address: 1 })];
    const bestOf = (server: TestServer) => bestPath(server.keeper.states());
    expect(bestOf(a)).toBe(first.id);
    b.keeper.setPaths([second], portsOf(a, b));
    await until(
      'first path dead',
      () => bestOf(a) === second.id,
      () => a.keeper.states(),
    );
    expect(await a.keeper.request('b', 'echo', 1, quick)).toEqual({ from: 'a', body: 1 });
    b.keeper.setPaths([first, second], portsOf(a, b));
    await untilAll('alive', a, b);
  });

  test('C-08 over every path: each asks once, one answer is enough, and a refusal is one', async () => {
    const { a, b } = await startPair(2);
    let asked = 0;
    b.keeper.handle('count', () => {
      asked += 1;
      return asked === 1 ? new Promise(() => {}) : Promise.resolve(asked);
    });
    expect(await a.keeper.request('b', 'count', 1, { ...quick, overEveryPath: true })).toBe(2);
    b.keeper.handle('refuse', () => Promise.reject(new RequestRefusedError({ code: 'no', facts: {} })));
    const refused = a.keeper.request('b', 'refuse', 1, { ...quick, overEveryPath: true });
    expect(await failureOf(refused)).toMatchObject({ code: 'handler-refused', reason: { code: 'no' } });
    const none = a.keeper.request('c', 'count', 1, { ...quick, overEveryPath: true });
    expect(await failureOf(none)).toMatchObject({ code: 'path-none', sent: false });
  });

  test.each(['a', 'b'])(
    'C-02 of server %s: bodies up to the limit arrive, larger ones are refused unsent',
    async (name) => {
      const pair = await startPair();
      const [from, to] = name === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
      const most = 'x'.repeat(maxBodyBytes - 2);
      to.keeper.handle('length', (body) => Promise.resolve(String(body).length));
      to.keeper.handle('flood', () => Promise.resolve('x'.repeat(maxBodyBytes)));
      expect(await from.keeper.request(to.name, 'length', most, quick)).toBe(most.length);
      expect(await failureOf(from.keeper.request(to.name, 'length', `${most}x`, quick))).toMatchObject({
        code: 'body-too-large',
        sent: false,
      });
      expect(await failureOf(from.keeper.request(to.name, 'flood', 0, quick))).toMatchObject({
        code: 'handler-refused',
        reason: { code: 'body-too-large' },
      });
      expect(await from.keeper.request(to.name, 'length', 'abc', quick)).toBe(3);
    },
  );

  test.each(['a', 'b'])(
    'C-02 of server %s: whatever a handler does becomes an answer with a reason',
    async (name) => {
      const pair = await startPair();
      const [from, to] = name === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
      to.keeper.handle('refuse', () =>
        Promise.reject(new RequestRefusedError({ code: 'busy', facts: { n: 1 } })),
      );
      to.keeper.handle('fail', () => Promise.reject(new Error('disk on fire')));
      to.keeper.handle('nothing', () => Promise.resolve(undefined));
      const refusal = await failureOf(from.keeper.request(to.name, 'refuse', 0, quick));
      expect(refusal).toMatchObject({
        code: 'handler-refused',
        sent: true,
        reason: { code: 'busy', facts: { n: 1 } },
      });
      expect((await failureOf(from.keeper.request(to.name, 'fail', 0, quick))).reason).toEqual({
        code: 'handler-failed',
        facts: { route: 'fail', message: 'disk on fire' },
      });
      expect((await failureOf(from.keeper.request(to.name, 'no-such', 0, quick))).reason.code).toBe(
        'route-unknown',
      );
      expect(await from.keeper.request(to.name, 'nothing', undefined, quick)).toBeNull();
      const coded = createError('HF-CLUSTER-007', { server: 'x' });
      to.keeper.handle('coded', () => Promise.reject(coded));
      const failure = await failureOf(from.keeper.request(to.name, 'coded', 0, quick));
      expect(failure.reason).toEqual({ code: 'HF-CLUSTER-007', facts: { server: 'x' } });
    },
  );

  test.each(['a', 'b'])(
    'C-02 of server %s: one without an answer ends at its deadline, and its handler is told',
    async (name) => {
      const pair = await startPair();
      const [from, to] = name === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
      let aborted = false;
      to.keeper.handle('sleep', (_body, { signal }) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise(() => {});
      });
      const begin = performance.now();
      const failure = await failureOf(from.keeper.request(to.name, 'sleep', 0, { timeoutMs: 200 }));
      expect(failure.sent).toBe(true);
      expect(['request-timeout', 'handler-timeout']).toContain(failure.reason.code);
      expect(performance.now() - begin).toBeLessThan(2_000);
      await until(
        'handler told',
        () => aborted,
        () => aborted,
      );
      expect(await from.keeper.request(to.name, 'echo', 1, quick)).toEqual({ from: from.name, body: 1 });
    },
  );

  test.each(['a', 'b'])(
    'C-02 of server %s: too many at once are refused unsent, and none is lost',
    async (name) => {
      const pair = await startPair();
      const [from, to] = name === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
      const release: (() => void)[] = [];
      to.keeper.handle('hold', (body) => new Promise((resolve) => release.push(() => resolve(body))));
      const all = Array.from({ length: 40 }, (_, n) => from.keeper.request(to.name, 'hold', n, quick));
      const outcomes = Promise.allSettled(all);
      let answered = 0;
      for (const request of all)
        request.then(
          () => (answered += 1),
          () => {},
        );
      await until(
        '32 answered',
        () => {
          for (const go of release.splice(0)) go();
          return answered === 32;
        },
        () => answered,
      );
      const refused = (await outcomes).filter((outcome) => outcome.status === 'rejected');
      expect(refused.map(({ reason }) => (reason as PathRequestError).code)).toEqual(
        Array(8).fill('path-busy'),
      );
    },
  );

  test.each(['a', 'b'])(
    'C-02 of server %s: one whose path is lost may have been carried out',
    async (name) => {
      const pair = await startPair();
      const [from, to] = name === 'a' ? [pair.a, pair.b] : [pair.b, pair.a];
      let arrived = false;
      to.keeper.handle('hold', () => {
        arrived = true;
        return new Promise(() => {});
      });
      const request = failureOf(from.keeper.request(to.name, 'hold', 0, { timeoutMs: 20_000 }));
      await until(
        'request there',
        () => arrived,
        () => arrived,
      );
      to.keeper.close();
      expect(await request).toMatchObject({ code: 'path-lost', sent: true });
    },
  );

  test('C-02 one that is called off ends at once', async () => {
    const { a, b } = await startPair();
    b.keeper.handle('hold', () => new Promise(() => {}));
    const controller = new AbortController();
    const request = failureOf(
      a.keeper.request('b', 'hold', 0, { timeoutMs: 20_000, signal: controller.signal }),
    );
    controller.abort();
    expect(await request).toMatchObject({ code: 'request-aborted', sent: true });
  });
});

describe('certificates', () => {
  const past = new Date('2020-01-01T00:00:00Z');
  const future = new Date(Date.now() + 5 * 365 * 86_400_000);
  const cases = {
    'of a foreign cluster': async (name: string) =>
      issueCredentials(name, { authority: await createAuthority('test') }),
    'that has expired': async (name: string) => issueCredentials(name, { now: past }),
    'that is not valid yet': async (name: string) => issueCredentials(name, { now: future }),
    'of another server': async () => issueCredentials('z'),
  };

  test.each(Object.entries(cases))(
    'S-01 a path is refused to one %s, whichever end has it',
    async (_title, issue) => {
      const at = pickNetwork();
      const ca = await issueCredentials('a');
      for (const bad of ['a', 'b']) {
        const credentials = { ...(await issue(bad)), caCertificate: ca.caCertificate };
        const own = async (name: string) => (name === bad ? credentials : await issueCredentials(name));
        const a = await start({ name: 'a', addresses: [at(1)], credentials: await own('a') });
        const b = await start({ name: 'b', addresses: [at(2)], credentials: await own('b') });
        let called = 0;
        for (const { keeper } of [a, b]) {
          keeper.handle('count', () => Promise.resolve((called += 1)));
          keeper.setPaths([pathBetween(a, b)], portsOf(a, b));
        }
        await untilAll('dead', a, b);
        expect(a.keeper.states()[0]?.lastError).toBeDefined();
        expect(await failureOf(a.keeper.request('b', 'count', 0, quick))).toMatchObject({
          code: 'path-none',
        });
        expect(called).toBe(0);
        await Promise.all([a.close(), b.close()]);
      }
    },
  );

  test('S-01 HTTP/2 without a certificate reaches nothing', async () => {
    const { a, b } = await startPair();
    const session = connectHttp2(`https://${b.addresses[0]}:${b.port}`, { rejectUnauthorized: false });
    const outcome = await new Promise((resolve) => {
      session.on('error', () => {});
      const stream = session.request({ ':method': 'POST', ':path': '/paths/v1/request' });
      stream.on('response', resolve);
      stream.on('error', () => {});
      stream.on('close', () => resolve('closed'));
      stream.end('{}');
    });
    expect(outcome).toBe('closed');
    session.destroy();
    expect(await a.keeper.request('b', 'echo', 1, quick)).toBeTruthy();
  });

  test('S-01 a server of the cluster cannot speak on a path that is not its own', async () => {
    const { b } = await startPair();
    const { certificate, key, caCertificate } = await issueCredentials('c');
    const session = connectHttp2(`https://${b.addresses[0]}:${b.port}`, {
      cert: certificate,
      key: key.reveal(),
      ca: caCertificate,
      checkServerIdentity: () => undefined,
    });
    const post = (path: string, body: unknown): Promise<number> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':method': 'POST', ':path': path });
        stream.on('response', (headers) => resolve(Number(headers[':status'])));
        stream.on('error', reject);
        stream.end(JSON.stringify(body));
      });
    expect(await post('/paths/v1/hello', { path: 'a.b.1' })).toBe(403);
    expect(await post('/paths/v1/request', { route: 'echo', timeoutMs: 1000, body: 1 })).toBe(400);
    expect(await post('/paths/v1/take', {})).toBe(400);
    session.destroy();
  });
});

describe('the port', () => {
  test('C-03 it is also the API: HTTP/1.1 without a certificate', async () => {
    const at = pickNetwork();
    const a = await start({
      name: 'a',
      addresses: [at(1), at(2)],
      onApiRequest: (request, response) => response.end(`${request.httpVersion} ${request.url}`),
    });
    for (const host of a.addresses)
      expect(await get(host, a.port, '/api/v1/status')).toBe('1.1 /api/v1/status');
  });

  test('C-03 one that is taken is an error, and no other address stays open', async () => {
    const at = pickNetwork();
    const taken = await start({ name: 'a', addresses: [at(2)] });
    const failed = startServer({ name: 'b', addresses: [at(1), at(2)], port: taken.port });
    await expect(failed).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(get(at(1), taken.port, '/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('S-04 garbage, broken frames and bodies without end disturb no other path', async () => {
    const { a, b } = await startPair();
    const events: string[] = [];
    for (const { keeper } of [a, b]) keeper.onChange((event) => events.push(event.code));
    const intruder = await issueCredentials('a');
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const inputs = [
      Buffer.from('GET'),
      Buffer.alloc(100_000, 0xff),
      Buffer.concat([preface, Buffer.alloc(64, 0xff)]),
      Buffer.concat([preface, Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]), Buffer.alloc(50_000)]),
      Buffer.concat([preface, frame(4, 0, 0), frame(0, 0, 77, 10), frame(0x77, 0xff, 3, 5)]),
      Buffer.concat([preface, frame(4, 0, 0), ...Array.from({ length: 2_000 }, () => frame(6, 0, 0, 8))]),
    ];
    for (const alpn of ['h2', 'http/1.1']) {
      for (const input of inputs) await sendRaw(b, input, { alpn, credentials: intruder });
    }
    await flood(b, intruder);
    expect(await a.keeper.request('b', 'echo', 1, quick)).toEqual({ from: 'a', body: 1 });
    expect(await b.keeper.request('a', 'echo', 1, quick)).toEqual({ from: 'b', body: 1 });
    expect(events).toEqual([]);
  });
});

function bestPath(states: readonly PathState[]): string | undefined {
  const alive = states.filter(({ state }) => state === 'alive');
  return alive.toSorted((one, other) => one.priority - other.priority)[0]?.id;
}

function get(host: string, port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { host, port, path, rejectUnauthorized: false, agent: false },
      (response) => {
        let text = '';
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => (text += chunk))
          .on('end', () => resolve(text));
      },
    );
    request.on('error', reject).end();
  });
}

/** An HTTP/2 frame with a payload of zeros (RFC 9113, 4.1). */
function frame(type: number, flags: number, stream: number, length = 0): Buffer {
  const head = Buffer.alloc(9 + length);
  head.writeUIntBE(length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return head;
}

async function sendRaw(
  server: TestServer,
  bytes: Buffer,
  options: { alpn: string; credentials: Awaited<ReturnType<typeof issueCredentials>> },
): Promise<void> {
  const { caCertificate, certificate, key } = options.credentials;
  const socket = connectTls({
    host: server.addresses[0] ?? '',
    port: server.port,
    ca: caCertificate,
    cert: certificate,
    key: key.reveal(),
    ALPNProtocols: [options.alpn],
    checkServerIdentity: () => undefined,
  });
  socket.on('error', () => {}).on('data', () => {});
  await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
  await new Promise<void>((resolve) => socket.end(bytes, () => resolve()));
  socket.destroy();
}

/** A server of the cluster, turned bad, sends a body without end on its own path. */
async function flood(
  server: TestServer,
  credentials: Awaited<ReturnType<typeof issueCredentials>>,
): Promise<void> {
  const session = connectHttp2(`https://${server.addresses[0]}:${server.port}`, {
    cert: credentials.certificate,
    key: credentials.key.reveal(),
    ca: credentials.caCertificate,
    checkServerIdentity: () => undefined,
  });
  session.on('error', () => {});
  const stream = session.request({ ':method': 'POST', ':path': '/paths/v1/hello' });
  const status = new Promise<number>((resolve) => {
    stream.on('response', (headers) => resolve(Number(headers[':status'])));
    stream.on('close', () => resolve(0));
  });
  stream.on('error', () => {});
  const pour = (): void => {
    while (!stream.destroyed && stream.write(Buffer.alloc(65_536, 0x20)));
  };
  stream.on('drain', pour);
  pour();
  expect(await status).toBe(413);
  session.destroy();
}

describe('an answer of any length', () => {
  /** Both directions: the server whose name sorts first dials. */
  const directions = [
    ['the dialling end', 'a'],
    ['the accepting end', 'b'],
  ] as const;

  async function startAsking(asking: 'a' | 'b') {
    const { a, b } = await startPair();
    return asking === 'a' ? { asker: a, target: b } : { asker: b, target: a };
  }

  test.each(directions)('C-04 comes as fast as %s reads it, and no faster', async (_, asking) => {
    const { asker, target } = await startAsking(asking);
    const piece = Buffer.alloc(64 * 1024, 'x');
    let sent = 0;
    target.keeper.handle('long', () =>
      Promise.resolve(
        new Readable({
          read() {
            sent += 1;
            this.push(sent <= 256 ? piece : null);
          },
        }),
      ),
    );
    const stream = await asker.keeper.open(target.name, 'long', {}, quick);
    const before = sent;
    // Other requests pass a stream that nobody reads.
    for (let n = 0; n < 20; n += 1) await asker.keeper.request(target.name, 'echo', n, quick);
    expect(sent).toBeLessThan(before + 16);
    let bytes = 0;
    for await (const part of stream) bytes += Buffer.from(part).length;
    expect(bytes).toBe(256 * piece.length);
  });

  test.each(directions)('C-04 ends at the other server when %s has enough, or is gone', async (_, asking) => {
    const { asker, target } = await startAsking(asking);
    const made: Readable[] = [];
    target.keeper.handle('long', () => {
      const stream = new Readable({ read() {} });
      stream.push('first');
      made.push(stream);
      return Promise.resolve(stream);
    });
    const one = await asker.keeper.open(target.name, 'long', {}, quick);
    const other = await asker.keeper.open(target.name, 'long', {}, quick);
    one.destroy();
    await until(
      'the end of the first',
      () => made[0]?.destroyed === true,
      () => made,
    );
    expect(made[1]?.destroyed).toBe(false);
    const closed = new Promise((resolve) => other.once('close', resolve));
    asker.keeper.close();
    await until(
      'the end of the second',
      () => made[1]?.destroyed === true,
      () => made,
    );
    await closed;
  });

  test.each(directions)(
    'C-04 is refused to %s with the reason, and there are eight at most',
    async (_, asking) => {
      const { asker, target } = await startAsking(asking);
      target.keeper.handle('long', (body) => {
        if (body === 'no') throw new RequestRefusedError({ code: 'not-today', facts: { day: 1 } });
        return Promise.resolve(new Readable({ read() {} }));
      });
      const refusal = await failureOf(asker.keeper.open(target.name, 'long', 'no', quick));
      expect(refusal).toMatchObject({
        code: 'handler-refused',
        reason: { code: 'not-today', facts: { day: 1 } },
      });
      const none = await failureOf(asker.keeper.open(target.name, 'echo', {}, quick));
      expect(none.reason.code).toBe('answer-is-no-stream');
      const streams = [];
      for (let n = 0; n < 8; n += 1) streams.push(await asker.keeper.open(target.name, 'long', {}, quick));
      expect(await failureOf(asker.keeper.open(target.name, 'long', {}, quick))).toMatchObject({
        code: 'path-busy',
      });
      for (const stream of streams) stream.destroy();
      await until(
        'a place',
        () =>
          asker.keeper.open(target.name, 'long', {}, quick).then(
            (stream) => Boolean(stream.destroy()),
            () => false,
          ),
        () => 'none',
      );
    },
  );
});
