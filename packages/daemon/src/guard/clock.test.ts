import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSleepClock, monotonicNow, sleptBetween } from './clock.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-clock-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('S3 what the boot clock has gained on the monotonic one is sleep, but for how coarsely it counts', () => {
  const uptime = join(directory, 'uptime');
  const show = (sleptMs: number): void =>
    writeFileSync(uptime, `${((monotonicNow() + sleptMs) / 1000).toFixed(2)} 7.00\n`);
  show(0);
  const clock = createSleepClock(uptime);
  const awake = clock.read();
  show(90);
  expect(sleptBetween(awake, clock.read())).toBe(0);
  show(3_000);
  expect(Math.abs(sleptBetween(awake, clock.read()) - 3_000)).toBeLessThan(100);
  clock.close();
});

test('S3 a machine that is awake has not slept', () => {
  const clock = createSleepClock();
  const first = clock.read();
  expect(sleptBetween(first, clock.read())).toBe(0);
  clock.close();
});
