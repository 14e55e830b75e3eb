import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { profiles, type Reason } from '@holdfast/core';
import { openWatchdog, type Watchdog } from './watchdog.ts';

let directory: string;
let reported: Reason[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-watchdog-'));
  reported = [];
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const profile = profiles.normal;

function open(path: string, seconds?: number): Watchdog | undefined {
  const sysfs = join(directory, 'class');
  if (seconds !== undefined) {
    mkdirSync(join(sysfs, 'watchdog77'), { recursive: true });
    writeFileSync(join(sysfs, 'watchdog77', 'timeout'), `${seconds}\n`);
  }
  return openWatchdog({ path, profile, sysfs, report: (reason) => reported.push(reason) });
}

test('C-06 each feeding is one byte, and an orderly end is the magic letter', () => {
  const path = join(directory, 'stand-in');
  const watchdog = open(path);
  expect(watchdog?.timeoutMs).toBe(profile.watchdogMs);
  watchdog?.feed();
  watchdog?.feed();
  expect(readFileSync(path, 'latin1')).toBe('..');
  watchdog?.disarm();
  expect(readFileSync(path, 'latin1')).toBe('..V');
});

test('S3 a device whose time is longer than the lease allows, or unknown, is refused and reported', () => {
  expect(open('/dev/watchdog77')).toBe(undefined);
  expect(open('/dev/watchdog77', 60)).toBe(undefined);
  expect(reported).toMatchObject([
    { code: 'watchdog-time-unknown' },
    { code: 'watchdog-time-too-long', facts: { timeoutMs: 60_000, allowedMs: 4_000 } },
  ]);
});

test('C-06 a device that cannot be opened is reported', () => {
  expect(open('/dev/watchdog77', 3)).toBe(undefined);
  expect(reported).toMatchObject([{ code: 'watchdog-not-opened' }]);
});
