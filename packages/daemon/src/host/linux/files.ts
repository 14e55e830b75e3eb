import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HostError, type Files, type FileStat } from '@holdfast/kits/host';
import { withDeadline } from './deadline.ts';

/** A larger file is not what it is taken for. */
const readLimitBytes = 16 * 1024 * 1024;

/** Longer than a busy disk takes to sync a small file, shorter than anybody waits for an answer. */
const callTimeoutMs = 10_000;

/** Calls below one folder that may hang at a time: each holds one of the few threads that serve all file calls. */
const hangingLimit = 2;

type WriteOptions = NonNullable<Parameters<Files['write']>[2]>;

/**
 * Files of this server. Every call ends within 10 s: a hung disk is {@link HostError} `file-system-hangs`. Reading
 * what is not there answers `undefined`; everything else that fails is a `file-failed` with the errno as `problem`.
 */
export function createLinuxFiles(): Files {
  const guard = createHangGuard(callTimeoutMs);
  return {
    read: (path) => guard(path, 'read', () => orAbsent(readWhole(path))),
    readBytes: (path, options) => guard(path, 'read', () => orAbsent(readPart(path, options))),
    write: (path, text, options) => guard(path, 'write', () => writeDurably(path, text, options ?? {})),
    list: (path) => guard(path, 'list', () => orAbsent(readdir(path))),
    stat: (path) => guard(path, 'stat', async () => viewOf(await orAbsent(lstat(path)))),
    realPath: (path) => guard(path, 'resolve', () => orAbsent(realpath(path))),
    makeDirectory: (path, mode) => guard(path, 'make', () => makeDirectory(path, mode)),
    delete: (path) => guard(path, 'delete', () => deleteDurably(path)),
  };
}

export type Guard = <T>(path: string, action: string, call: () => Promise<T>) => Promise<T>;

/** Gives each call a deadline, and refuses further calls below a folder where calls hang already. */
export function createHangGuard(timeoutMs: number): Guard {
  const hanging = new Map<string, number>();
  const note = (folder: string, change: number): void => {
    const count = (hanging.get(folder) ?? 0) + change;
    if (count > 0) hanging.set(folder, count);
    else hanging.delete(folder);
  };
  return async (path, action, call) => {
    const folder = dirname(path);
    const hangs = (): HostError => new HostError('file-system-hangs', { path, action });
    if ((hanging.get(folder) ?? 0) >= hangingLimit) throw hangs();
    const running = call();
    try {
      return await withDeadline(running, timeoutMs, () => {
        note(folder, 1);
        const back = (): void => note(folder, -1);
        running.then(back, back);
        return hangs();
      });
    } catch (error) {
      throw error instanceof HostError ? error : fileFailure(path, action, error);
    }
  };
}

function fileFailure(path: string, action: string, error: unknown): HostError {
  return new HostError('file-failed', { path, action, problem: errorCodeOf(error) ?? String(error) }, error);
}

/** The errno's name of a failed system call, such as `ENOSPC`. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function orAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Opened so that it cannot wait: a pipe in the place of a file would hold a thread for ever. */
function openToRead(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

async function readWhole(path: string): Promise<string> {
  await using file = await openToRead(path);
  const { size } = await file.stat();
  if (size > readLimitBytes) throw new HostError('file-too-large', { path, bytes: size });
  return file.readFile('utf8');
}

async function readPart(
  path: string,
  options: { readonly maxBytes: number; readonly fromEnd?: boolean },
): Promise<Uint8Array> {
  await using file = await openToRead(path);
  const { size } = await file.stat();
  const start = options.fromEnd === true ? Math.max(0, size - options.maxBytes) : 0;
  const buffer = Buffer.alloc(options.maxBytes);
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

async function writeDurably(path: string, text: string, options: WriteOptions): Promise<void> {
  const temporary = `${path}.${randomUUID().slice(0, 8)}.new`;
  try {
    await using file = await open(temporary, 'wx', 0o600);
    await setAttributes(file, options);
    await file.writeFile(text);
    await file.sync();
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** The mode is set by hand, because the umask takes bits away from the one given to `open`. */
async function setAttributes(file: FileHandle, options: WriteOptions): Promise<void> {
  await file.chmod(options.mode ?? 0o600);
  if (options.uid !== undefined || options.gid !== undefined) {
    await file.chown(options.uid ?? -1, options.gid ?? -1);
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

async function deleteDurably(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return;
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function makeDirectory(path: string, mode: number): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode });
  if (first !== undefined) await syncDirectory(dirname(first));
}

function viewOf(stats: Stats | undefined): FileStat | undefined {
  if (!stats) return undefined;
  return {
    kind: kindOf(stats),
    uid: stats.uid,
    gid: stats.gid,
    mode: stats.mode & 0o7777,
    device: stats.dev,
  };
}

function kindOf(stats: Stats): FileStat['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'link' : 'other';
}
