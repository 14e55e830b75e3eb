import { describe, expect, test } from 'vitest';
import {
  judgeOwnerRecord,
  judgeOwnRecord,
  parseOwnerRecord,
  type Claim,
  type OwnerRecord,
} from './owner-record.ts';

const path = '/data/.holdfast-owner';

function record(change: Partial<OwnerRecord> = {}): OwnerRecord {
  return {
    formatVersion: 1,
    cluster: 'c',
    hierarchy: 'pgsql-5432',
    tag: 'volume-data',
    server: 'a',
    incarnation: 'life-1',
    bootId: 'boot-1',
    term: 7,
    at: '2026-11-22T00:00:00.000Z',
    ...change,
  };
}

function claim(change: Partial<Claim> = {}): Claim {
  return {
    cluster: 'c',
    hierarchy: 'pgsql-5432',
    tag: 'volume-data',
    server: 'b',
    incarnation: 'life-9',
    term: 8,
    ...change,
  };
}

function codeFor(owner: Partial<OwnerRecord>, mine: Partial<Claim> = {}): string | undefined {
  const found = parseOwnerRecord(JSON.stringify(record(owner)));
  const verdict = judgeOwnerRecord(found, claim(mine), path);
  return verdict.allowed ? undefined : verdict.reason.code;
}

describe('the second barrier', () => {
  test('S4 a volume of a smaller term may be taken, one of a greater term may not', () => {
    expect(codeFor({ term: 7 })).toBeUndefined();
    expect(codeFor({ term: 9 })).toBe('volume-held-by-newer-term');
  });

  test('S1 two servers never have it in the same term; the same server may take it twice', () => {
    expect(codeFor({ term: 8, server: 'a' })).toBe('volume-held-by-newer-term');
    expect(codeFor({ term: 8, server: 'b', incarnation: 'life-8' })).toBeUndefined();
  });

  test('terms of another cluster are not compared: such a volume is refused', () => {
    expect(codeFor({ cluster: 'other', term: 1 })).toBe('volume-of-another-cluster');
  });

  test('terms of another hierarchy around another resource are not compared: such a volume is refused', () => {
    expect(codeFor({ hierarchy: 'other', tag: 'volume-other', term: 1 })).toBe('volume-of-another-hierarchy');
  });

  test('S4 around the same resource terms go on when its hierarchy changes: a late owner of the old one is refused', () => {
    expect(codeFor({ hierarchy: 'volume-data', term: 7 })).toBeUndefined();
    expect(codeFor({ hierarchy: 'volume-data', term: 9 })).toBe('volume-held-by-newer-term');
    expect(codeFor({ hierarchy: 'volume-data', term: 8, server: 'a' })).toBe('volume-held-by-newer-term');
  });

  test('a volume without a record may be taken', () => {
    expect(judgeOwnerRecord(parseOwnerRecord(undefined), claim(), path)).toEqual({ allowed: true });
  });

  test('S5 a record that cannot be understood allows nothing', () => {
    for (const text of ['', '\0\0\0\0', '{}', 'null', '[]', '{"formatVersion":1}']) {
      expect(judgeOwnerRecord(parseOwnerRecord(text), claim(), path)).toMatchObject({
        reason: { code: 'volume-record-damaged', facts: { path } },
      });
    }
    const newer = JSON.stringify({ ...record(), formatVersion: 2 });
    expect(judgeOwnerRecord(parseOwnerRecord(newer), claim(), path)).toMatchObject({
      reason: { code: 'volume-record-newer', facts: { formatVersion: 2 } },
    });
  });
});

describe('is the record of what is in service mine', () => {
  function ownCode(change: Partial<OwnerRecord>, incarnation = 'life-1'): string | undefined {
    const found = parseOwnerRecord(JSON.stringify(record(change)));
    const verdict = judgeOwnRecord(found, { server: 'a', incarnation }, path);
    return verdict.allowed ? undefined : verdict.reason.code;
  }

  test('another server that has taken it is named', () => {
    expect(ownCode({})).toBeUndefined();
    expect(ownCode({ server: 'b' })).toBe('volume-taken');
  });

  test('an earlier life of this server is not this one, as far as this one is known', () => {
    expect(ownCode({ incarnation: 'life-0' })).toBe('volume-of-another-life');
    expect(ownCode({ incarnation: 'life-0' }, '')).toBeUndefined();
  });
});
