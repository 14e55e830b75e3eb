import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerTooLargeError, createAnswerReader, type AnswerReader } from './answer-reader.ts';

function readAll(bytes: Buffer, cuts: readonly number[], maxBytes = 1_000_000): AnswerReader {
  const reader = createAnswerReader(maxBytes);
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  let from = 0;
  for (const to of places) {
    if (to > from) reader.read(bytes.subarray(from, to));
    from = Math.max(from, to);
  }
  return reader;
}

function plain(body: string): Buffer {
  return Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function chunked(parts: readonly string[]): Buffer {
  const chunks = parts
    .filter((part) => part !== '')
    .map((part) => `${Buffer.byteLength(part).toString(16)}\r\n${part}\r\n`);
  return Buffer.from(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`);
}

const cuts = fc.array(fc.nat());

test('an answer is the same however its bytes arrive, with a length or in chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), cuts, (parts, at) => {
      const body = parts.join('');
      for (const bytes of [plain(body), chunked(parts)]) {
        const reader = readAll(bytes, at);
        expect([reader.isComplete(), reader.status(), reader.body(), reader.leavesOpen()]).toEqual([
          true,
          200,
          body,
          true,
        ]);
      }
    }),
  );
});

test('an answer that is cut off is never complete', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1 }), fc.nat(), (parts, at) => {
      for (const bytes of [plain(parts.join('')), chunked(parts)]) {
        const reader = readAll(bytes.subarray(0, at % bytes.length), []);
        reader.close();
        expect(reader.isComplete()).toBe(false);
      }
    }),
  );
});

test('bytes that are no answer end in an error or are never complete, and nothing else happens', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.constantFrom('', 'HTTP/1.1 ', 'HTTP/1.1 200 \r\n\r\n'), (junk, begin) => {
      const reader = createAnswerReader(100);
      try {
        reader.read(Buffer.concat([Buffer.from(begin), junk]));
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test('more than the limit is refused as soon as it comes', () => {
  expect(() => readAll(plain('x'.repeat(101)), [], 100)).toThrow(AnswerTooLargeError);
  expect(() => readAll(chunked(['x'.repeat(60), 'y'.repeat(60)]), [], 100)).toThrow(AnswerTooLargeError);
  expect(readAll(plain('x'.repeat(100)), [], 100).isComplete()).toBe(true);
});

test('a body without a length ends with the connection, which cannot be used again', () => {
  const reader = readAll(Buffer.from('HTTP/1.0 503 Service Unavailable\r\n\r\nnot now'), []);
  expect(reader.isComplete()).toBe(false);
  reader.close();
  expect([reader.isComplete(), reader.status(), reader.body(), reader.leavesOpen()]).toEqual([
    true,
    503,
    'not now',
    false,
  ]);
});

test.each([
  ['another length than it says', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'],
  ['a chunk of another size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\nab\r\n0\r\n\r\n'],
  ['an encoding that nobody asked for', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
  ['another protocol', 'SSH-2.0-x\r\n\r\n'],
])('%s is an error', (_, text) => {
  expect(() => readAll(Buffer.from(text), [])).toThrow(Error);
});

test('an answer that closes the connection says so', () => {
  const text = 'HTTP/1.1 200 OK\r\nconnection: close\r\nContent-Length: 0\r\n\r\n';
  const reader = readAll(Buffer.from(text), []);
  expect([reader.isComplete(), reader.leavesOpen()]).toEqual([true, false]);
});
