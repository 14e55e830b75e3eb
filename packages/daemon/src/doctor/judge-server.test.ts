import { because } from '@holdfast/core';
import { judgeSpace } from '@holdfast/kits';
import { aServer } from '@holdfast/core/testing';
import { describe, expect, test } from 'vitest';
import {
  judgeCertificates,
  judgeEtcdVersions,
  judgeFailsafe,
  judgeMemory,
  judgePaths,
  judgeProtection,
  judgeVersions,
  judgeWatchdog,
} from './judge-server.ts';

const gigabyte = 1024 ** 3;

function said(finding: { readonly outcome: string; readonly reason: { readonly code: string } }): string {
  return `${finding.outcome} ${finding.reason.code}`;
}

test('K-10 memory must be free for everything that could come here at once', () => {
  const memory = { totalBytes: 8 * gigabyte, availableBytes: 3 * gigabyte };
  const demand = (tag: string, gigabytes: number | undefined) => ({
    tag,
    memoryBytes: gigabytes === undefined ? undefined : gigabytes * gigabyte,
  });
  expect(said(judgeMemory([], memory))).toBe('passed memory-ok');
  expect(said(judgeMemory([demand('a', 1), demand('b', 2)], memory))).toBe('passed memory-ok');
  expect(said(judgeMemory([demand('a', 2), demand('b', 2)], memory))).toBe('warned memory-short');
  expect(said(judgeMemory([demand('a', 9)], memory))).toBe('failed memory-too-small');
  expect(said(judgeMemory([demand('a', 1), demand('b', undefined)], memory))).toBe('warned memory-unknown');
});

test.each([
  [undefined, 'warned space-unknown'],
  [{ totalBytes: 100 * gigabyte, freeBytes: 50 * gigabyte }, 'passed space-ok'],
  [{ totalBytes: 100 * gigabyte, freeBytes: 9 * gigabyte }, 'warned space-short'],
  [{ totalBytes: 1000 * gigabyte, freeBytes: 30 * gigabyte }, 'passed space-ok'],
  [{ totalBytes: 100 * gigabyte, freeBytes: 1_000_000 }, 'failed space-gone'],
])('K-22 free space %j is judged: %s', (space, expected) => {
  expect(said(judgeSpace('/srv/data', space))).toBe(expected);
});

test.each([
  [['3.4.30'], 'warned etcd-version-faulty'],
  [['3.4.31'], 'passed etcd-version-ok'],
  [['3.5.13', '3.5.12'], 'warned etcd-version-faulty'],
  [['3.5.13', '3.6.1'], 'passed etcd-version-ok'],
  [['strange'], 'warned etcd-version-faulty'],
  [[], 'warned etcd-version-unknown'],
])('C-05 etcd of the versions %j: %s', (versions, expected) => {
  expect(said(judgeEtcdVersions(versions))).toBe(expected);
});

test('C-06 a watchdog that is not there fails, one that was never named is warned of', () => {
  expect(said(judgeWatchdog(null, false))).toBe('warned watchdog-none');
  expect(said(judgeWatchdog('/dev/watchdog', false))).toBe('failed watchdog-missing');
  expect(said(judgeWatchdog('/dev/watchdog', true))).toBe('passed watchdog-ok');
});

test('C-13 a volume that the lease alone protects is warned of', () => {
  expect(said(judgeProtection(null))).toBe('warned volume-protected-by-lease-only');
  expect(said(judgeProtection('/dev/watchdog'))).toBe('passed volume-protection-ok');
});

test('C-10 servers of different versions are named', () => {
  expect(said(judgeVersions('1.0.0', ['1.0.0', '1.0.0']))).toBe('passed daemon-version-ok');
  const mixed = judgeVersions('1.0.0', ['1.0.0', '1.1.0', '1.1.0']);
  expect(mixed.reason).toEqual({
    code: 'daemon-versions-differ',
    facts: { version: '1.0.0', others: '1.1.0' },
  });
});

test('C-02 a path that is not known to be alive is no live path, and one path alone is not redundant', () => {
  const path = (peer: string, state: string) => ({ peer, state });
  expect(said(judgePaths([path('b', 'alive'), path('b', 'alive')]))).toBe('passed communication-paths-ok');
  const single = judgePaths([path('b', 'alive'), path('b', 'alive'), path('c', 'alive')]);
  expect(single.reason).toEqual({ code: 'path-not-redundant', facts: { servers: 'c' } });
  const dead = judgePaths([path('b', 'alive'), path('c', 'unknown'), path('d', 'dead')]);
  expect(dead.reason.facts).toEqual({ peers: 'c, d' });
});

test('C-08 the doctor says whether what runs would survive the loss of a majority, and whether it lives by promises', () => {
  expect(said(judgeFailsafe(true, undefined))).toBe('passed failsafe-ok');
  expect(said(judgeFailsafe(false, undefined))).toBe('warned failsafe-off');
  expect(said(judgeFailsafe(true, because('failsafe')))).toBe('warned failsafe');
  expect(said(judgeFailsafe(true, because('failsafe-refused', { refuser: 'b' })))).toBe(
    'failed failsafe-refused',
  );
});

describe('certificates', () => {
  const dayMs = 86_400_000;
  const now = Date.parse('2026-03-01T12:00:00Z');
  const inDays = (days: number): string => new Date(now + days * dayMs).toISOString();
  const server = (days: number) =>
    aServer('a', 'member', {
      certificates: [
        { serial: '0A', use: 'server', authority: '', notAfter: inDays(400) },
        { serial: '0B', use: 'etcd-client', authority: '', notAfter: inDays(days) },
      ],
    });

  test.each([
    ['certificates-ok', 'passed', 31],
    ['certificate-ends-soon', 'warned', 29],
    ['certificate-expired', 'failed', -1],
  ] as const)('S-01 %s', (code, outcome, days) => {
    const finding = judgeCertificates(server(days), inDays(3_000), now);
    expect(finding).toMatchObject({ outcome, reason: { code, facts: { until: inDays(days) } } });
  });

  test('S-01 an authority in its last year is a warning, and so is a server without any record', () => {
    expect(judgeCertificates(server(300), inDays(364), now).reason.code).toBe('authority-ends-soon');
    expect(judgeCertificates(server(300), inDays(366), now).outcome).toBe('passed');
    expect(judgeCertificates(aServer('a'), inDays(3_000), now).reason.code).toBe('certificates-unknown');
  });
});
