import { execFile } from 'node:child_process';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConnections, type Connections, type ConnectionPlace } from './connections.ts';

type Told = { readonly how: string; readonly what: string };

let server: Server;
let place: ConnectionPlace;
let connections: Connections;
/** Every connection that was made, and what it has received. */
let accepted: { readonly socket: Socket; text: string }[];
let answerAtOnce: boolean;

beforeEach(async () => {
  accepted = [];
  answerAtOnce = true;
  server = createServer((socket) => {
    const connection = { socket, text: '' };
    accepted.push(connection);
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes: Buffer) => {
      connection.text += bytes.toString();
      if (answerAtOnce) answer(socket, 'done');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  place = { host: '127.0.0.1', port: address.port, secure: undefined };
  connections = createConnections(place);
});

afterEach(() => {
  connections.retire();
  for (const { socket } of accepted) socket.destroy();
  server.close();
});

function answer(socket: Socket, body: string): void {
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`);
}

function ask(text = 'question'): {
  readonly told: Promise<Told>;
  readonly giveUp: () => void;
  readonly isSent: () => boolean;
} {
  const told = Promise.withResolvers<Told>();
  let sent = false;
  const giveUp = connections.exchange({
    text,
    maxBytes: 1_000,
    onSent: () => (sent = true),
    onAnswer: (status, body) => told.resolve({ how: String(status), what: body }),
    onFailure: (how, error) => told.resolve({ how, what: error.message }),
  });
  return { told: told.promise, giveUp, isSent: () => sent };
}

const done: Told = { how: '200', what: 'done' };

test('one exchange after the other takes one connection', async () => {
  for (let turn = 0; turn < 5; turn += 1) expect(await ask(`${String(turn)};`).told).toEqual(done);
  expect(accepted.map(({ text }) => text)).toEqual(['0;1;2;3;4;']);
});

test('exchanges at once take a connection each up to a limit, and the others wait for theirs', async () => {
  answerAtOnce = false;
  const asked = Array.from({ length: 40 }, () => ask());
  await expect.poll(() => accepted.filter(({ text }) => text !== '').length, { timeout: 5_000 }).toBe(16);
  expect(asked.filter(({ isSent }) => isSent()).length).toBe(16);
  answerAtOnce = true;
  for (const { socket } of accepted) answer(socket, 'done');
  expect(await Promise.all(asked.map(({ told }) => told))).toEqual(asked.map(() => done));
  expect(accepted.length).toBe(16);
});

test('what is given up while it waits is never sent, and its place is not lost', async () => {
  answerAtOnce = false;
  const asked = Array.from({ length: 17 }, () => ask());
  await expect.poll(() => accepted.filter(({ text }) => text !== '').length, { timeout: 5_000 }).toBe(16);
  asked[16]?.giveUp();
  asked[0]?.giveUp();
  answerAtOnce = true;
  expect(await ask('after').told).toEqual(done);
  expect(asked[16]?.isSent()).toBe(false);
});

test('a connection on which an exchange was given up is not used again: its answer may still come', async () => {
  answerAtOnce = false;
  const first = ask('first');
  await expect.poll(() => accepted[0]?.text, { timeout: 5_000 }).toBe('first');
  first.giveUp();
  answerAtOnce = true;
  expect(await ask('second').told).toEqual(done);
  expect(accepted.map(({ text }) => text)).toEqual(['first', 'second']);
});

test('retired connections are not used again, and an exchange under way still ends', async () => {
  expect(await ask('first').told).toEqual(done);
  connections.retire();
  answerAtOnce = false;
  const second = ask('second');
  await expect.poll(() => accepted[1]?.text, { timeout: 5_000 }).toBe('second');
  connections.retire();
  answerAtOnce = true;
  if (accepted[1]) answer(accepted[1].socket, 'done');
  expect(await second.told).toEqual(done);
  expect(await ask('third').told).toEqual(done);
  expect(accepted.map(({ text }) => text)).toEqual(['first', 'second', 'third']);
});

test('a connection that the other end closes while it rests is replaced', async () => {
  expect(await ask('first').told).toEqual(done);
  accepted[0]?.socket.end();
  await expect.poll(() => accepted[0]?.socket.destroyed, { timeout: 5_000 }).toBe(true);
  expect(await ask('second').told).toEqual(done);
  expect(accepted.length).toBe(2);
});

test('a connection that speaks without having been asked is not used again', async () => {
  expect(await ask('first').told).toEqual(done);
  const [first] = accepted;
  if (first) answer(first.socket, 'unasked');
  await expect.poll(() => first?.socket.destroyed, { timeout: 5_000 }).toBe(true);
  expect(await ask('second').told).toEqual(done);
});

test('a connection that breaks under a request, and one that never stands, are told apart by what was sent', async () => {
  answerAtOnce = false;
  const cut = ask();
  await expect.poll(() => accepted[0]?.text, { timeout: 5_000 }).toBe('question');
  accepted[0]?.socket.destroy();
  expect([(await cut.told).how, cut.isSent()]).toEqual(['lost', true]);
  server.close();
  const refused = ask();
  expect([(await refused.told).how, refused.isSent()]).toEqual(['lost', false]);
});

test('what is no answer is unreadable', async () => {
  answerAtOnce = false;
  const asked = ask();
  await expect.poll(() => accepted[0]?.text, { timeout: 5_000 }).toBe('question');
  accepted[0]?.socket.write('SSH-2.0-x\r\n\r\n');
  expect((await asked.told).how).toBe('unreadable');
});

test('connections that rest do not keep a program alive', async () => {
  const script = `
    const { createConnections } = await import(process.argv[1]);
    const place = { host: '127.0.0.1', port: Number(process.argv[2]), secure: undefined };
    const answered = Promise.withResolvers();
    createConnections(place).exchange({
      text: 'x', maxBytes: 100, onSent() {}, onFailure: answered.reject,
      onAnswer: (status, body) => answered.resolve(body),
    });
    console.log(await answered.promise);`;
  const module = new URL('connections.ts', import.meta.url).href;
  const args = ['--input-type=module', '-e', script, module, String(place.port)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 10_000 });
  expect(stdout.trim()).toBe('done');
});
