import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHangGuard, createLinuxFiles } from './files.ts';

const files = createLinuxFiles();
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

test('a written file has its text and mode, and nothing else is left in the folder', async () => {
  const path = join(directory, 'a');
  await files.write(path, 'one');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await files.write(path, 'two', { mode: 0o644 });
  expect(readFileSync(path, 'utf8')).toBe('two');
  expect(statSync(path).mode & 0o777).toBe(0o644);
  expect(readdirSync(directory)).toEqual(['a']);
});

test('a write that fails leaves the old text and no temporary file', async () => {
  const path = join(directory, 'a');
  await files.makeDirectory(path, 0o755);
  await expect(files.write(path, 'x')).rejects.toMatchObject({
    reason: { code: 'file-failed', facts: { path, action: 'write', problem: 'EISDIR' } },
  });
  expect(readdirSync(directory)).toEqual(['a']);
});

test('what is not there is undefined, and deleting it succeeds', async () => {
  const path = join(directory, 'none');
  expect(await files.read(path)).toBeUndefined();
  expect(await files.readBytes(path, { maxBytes: 10 })).toBeUndefined();
  expect(await files.list(path)).toBeUndefined();
  expect(await files.stat(path)).toBeUndefined();
  expect(await files.realPath(path)).toBeUndefined();
  await files.delete(path);
});

test('the first or the last bytes are read', async () => {
  const path = join(directory, 'a');
  writeFileSync(path, 'abcdef');
  const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
  expect(text(await files.readBytes(path, { maxBytes: 2 }))).toBe('ab');
  expect(text(await files.readBytes(path, { maxBytes: 2, fromEnd: true }))).toBe('ef');
  expect(text(await files.readBytes(path, { maxBytes: 99, fromEnd: true }))).toBe('abcdef');
});

test('a link is shown as a link and resolved on demand', async () => {
  writeFileSync(join(directory, 'a'), '');
  symlinkSync(join(directory, 'a'), join(directory, 'b'));
  expect(await files.stat(join(directory, 'b'))).toMatchObject({ kind: 'link' });
  expect(await files.realPath(join(directory, 'b'))).toBe(join(directory, 'a'));
  expect(await files.stat(directory)).toMatchObject({ kind: 'directory', mode: 0o700 });
});

test('S-04 a pipe in the place of a file holds nobody', async () => {
  const path = join(directory, 'pipe');
  execFileSync('/usr/bin/mkfifo', [path]);
  expect(await files.read(path)).toBe('');
});

test('a call that hangs is given up at its deadline, and the next ones below that folder at once', async () => {
  const guard = createHangGuard(50);
  const back = Promise.withResolvers<string>();
  const hang = (): Promise<string> => guard('/data/x', 'read', () => back.promise);
  const hangs = { reason: { code: 'file-system-hangs', facts: { path: '/data/x', action: 'read' } } };
  await Promise.all([
    expect(hang()).rejects.toMatchObject(hangs),
    expect(hang()).rejects.toMatchObject(hangs),
  ]);
  let called = false;
  const third = guard('/data/y', 'read', () => {
    called = true;
    return Promise.resolve('');
  });
  await expect(third).rejects.toMatchObject({ reason: { code: 'file-system-hangs' } });
  expect(called).toBe(false);
  expect(await guard('/other/y', 'read', () => Promise.resolve('there'))).toBe('there');
  back.resolve('late');
  await expect.poll(() => guard('/data/y', 'read', () => Promise.resolve('there'))).toBe('there');
});
