import { expect, test } from 'vitest';
import { createErrorAnswer, languageOfHeader } from './api-error.ts';
import {
  createError,
  describeError,
  errorCatalogue,
  exitCodeOf,
  formatError,
  HoldfastError,
  httpStatusOf,
  isCodedError,
  type ErrorCode,
} from './errors.ts';
import type { ErrorEntry } from './errors/entry.ts';
import { factNames, languages } from './text.ts';

const entries = Object.entries(errorCatalogue) as [ErrorCode, ErrorEntry][];

test('U-01 every code is HF-AREA-NNN', () => {
  for (const [code] of entries) expect(code).toMatch(/^HF-[A-Z]+-\d{3}$/);
});

test('K-26 every error has a message and a remedy in each language, with the same facts', () => {
  for (const [code, { message, remedy }] of entries) {
    for (const language of languages) {
      expect(message[language], code).not.toBe('');
      expect(remedy[language], code).toMatch(/[.。」]$|\}$/);
    }
    expect(factNames(message.ja).toSorted(), code).toEqual(factNames(message.en).toSorted());
    expect(factNames(remedy.ja).toSorted(), code).toEqual(factNames(remedy.en).toSorted());
  }
});

test('U-01 a message is lower case without a full stop; a remedy is a sentence', () => {
  for (const [code, { message, remedy }] of entries) {
    expect(message.en, code).toMatch(/^(PostgreSQL |[a-z{]).*[^.]$/);
    expect(remedy.en, code).toMatch(/^[A-Z].*\.$/);
  }
});

test('U-01 no reason belongs to two errors', () => {
  const reasons = entries.flatMap(([, entry]) => entry.reasons ?? []);
  expect(reasons.toSorted()).toEqual([...new Set(reasons)].toSorted());
});

test('U-01 an error carries its code, its facts and its cause', () => {
  const cause = new Error('ECONNREFUSED');
  const error = createError(
    'HF-STORE-001',
    { waitedMs: 500, endpoints: 'https://192.0.2.1:2379' },
    { cause },
  );
  expect(error).toBeInstanceOf(HoldfastError);
  expect(error).toMatchObject({ code: 'HF-STORE-001', facts: { waitedMs: 500 }, cause });
  expect(error.message).toBe('no etcd endpoint answered within 500 ms: https://192.0.2.1:2379');
});

test('U-01 a wrong, missing or superfluous fact does not compile', () => {
  // Only the type check reads this: it fails where one of these lines is right.
  const neverCalled = (): void => {
    // @ts-expect-error a fact that the message does not have
    createError('HF-HIER-001', { name: 'pgsql-5432' });
    // @ts-expect-error a fact too few
    createError('HF-HIER-007', { priority: 1 });
    // @ts-expect-error a fact too many
    createError('HF-HIER-001', { tag: 'pgsql-5432', server: 'server1' });
    // @ts-expect-error facts where there are none
    createError('HF-CLUSTER-003', { token: 'x' });
    // @ts-expect-error a code that does not exist
    createError('HF-HIER-999', {});
  };
  expect(neverCalled).toBeTypeOf('function');
});

test('U-01 formatError gives code, message and remedy in English and Japanese', () => {
  const error = createError('HF-HIER-001', { tag: 'pgsql-5432' });
  expect(formatError(error, 'en')).toBe(
    'HF-HIER-001 there is no resource pgsql-5432\n  See the tags with "holdfast status".',
  );
  expect(formatError(error, 'ja')).toBe(
    'HF-HIER-001 リソース pgsql-5432 は存在しません\n  「holdfast status」でタグを確認してください。',
  );
});

test('U-01 an error class of another part counts when its code and facts are of the catalogue', () => {
  class OwnError extends Error {
    readonly code: string;
    readonly facts = { tag: 'a' };
    constructor(code: string) {
      super('own words');
      this.code = code;
    }
  }
  const known = new OwnError('HF-HIER-001');
  expect(isCodedError(known) && describeError(known, 'en')).toBe('there is no resource a');
  expect(isCodedError(new OwnError('ENOENT'))).toBe(false);
  // The catalogue's sentence needs facts that this error does not have: its own words stand.
  expect(describeError(new OwnError('HF-HIER-007'), 'ja')).toBe('own words');
});

test('S-04 what a foreign program wrote cannot move the cursor', () => {
  const error = createError('HF-HIER-001', { tag: 'a\u001b[31m\nb\u202ec' });
  expect(formatError(error, 'en').split('\n')[0]).toBe('HF-HIER-001 there is no resource a [31m b c');
});

test('U-01 the kind of an error fixes exit code and HTTP status', () => {
  expect([exitCodeOf('HF-CLI-001'), httpStatusOf('HF-CLI-001')]).toEqual([4, 503]);
  expect([exitCodeOf('HF-HIER-003'), httpStatusOf('HF-HIER-003')]).toEqual([3, 409]);
  expect([exitCodeOf('HF-HIER-001'), httpStatusOf('HF-HIER-001')]).toEqual([2, 404]);
  expect([exitCodeOf('HF-STORE-001'), httpStatusOf('HF-STORE-001')]).toEqual([1, 503]);
});

test('U-02 an error answer is in the language that the client asks for', () => {
  const error = createError('HF-HIER-001', { tag: 'a' });
  expect(createErrorAnswer(error, languageOfHeader('ja,en;q=0.5'))).toEqual({
    status: 404,
    body: {
      code: 'HF-HIER-001',
      message: 'リソース a は存在しません',
      facts: { tag: 'a' },
      remedy: '「holdfast status」でタグを確認してください。',
    },
  });
  expect(languageOfHeader(undefined)).toBe('en');
  expect(languageOfHeader('de, ja')).toBe('en');
});
