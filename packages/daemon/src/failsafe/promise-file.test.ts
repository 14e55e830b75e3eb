import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createPromiseFile, promiseFileName } from './promise-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-promises-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const promises = { toAll: 12.5, to: { b: 1_000.25 } };

test('C-08 S1 what was promised is there in the next life of the daemon', () => {
  createPromiseFile(directory, 'boot1').write(promises);
  expect(createPromiseFile(directory, 'boot1').read()).toEqual(promises);
  expect(statSync(join(directory, promiseFileName)).mode & 0o177).toBe(0);
});

test('C-08 S1 S9 of another boot, of a damaged file and of none nothing is known', () => {
  const file = createPromiseFile(directory, 'boot1');
  expect(file.read()).toBe(undefined);
  file.write(promises);
  expect(createPromiseFile(directory, 'boot2').read()).toBe(undefined);
  for (const text of [
    '',
    '{',
    '{"formatVersion":2}',
    '{"formatVersion":1,"bootId":"boot1","toAll":null,"to":{}}',
  ]) {
    writeFileSync(join(directory, promiseFileName), text);
    expect(file.read(), text).toBe(undefined);
  }
});

test('C-08 S1 what cannot be written is said so', () => {
  const file = createPromiseFile(join(directory, 'not-there'), 'boot1');
  expect(() => file.write(promises)).toThrow('ENOENT');
});
