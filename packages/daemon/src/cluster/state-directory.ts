import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createError, serverFile, type ServerFile } from '@holdfast/contract';
import { syncDirectory, writeDurableFile } from '../pki/durable-file.ts';
import { finishPuttingAside } from './put-aside.ts';
import { pkiPaths, writePki, type Pki } from '../pki/files.ts';

/**
 * A set-up is prepared in a folder beside its place and moved there in two steps, the file that makes a
 * server of this machine last. What an interrupted one left behind is known by that folder and taken away by
 * the next.
 */
const stagingPrefix = '.setup-';

export function serverFilePath(stateDir: string): string {
  return join(stateDir, 'server.json');
}

/**
 * Makes sure that the state directory is there, is ours, and is empty of any earlier server.
 *
 * Throws HF-CLUSTER-001 (set up already), HF-CLUSTER-021 (parts of a server without its file), HF-CFG-004
 * (cannot be made), HF-CFG-005 (others may write to it).
 */
export async function prepareStateDirectory(stateDir: string): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw createError('HF-CFG-004', { file: stateDir, problem: textOf(cause) }, { cause });
  }
  const { uid, mode } = await stat(stateDir);
  const own = process.geteuid?.();
  if (own !== undefined && uid !== own) throw unsafe(stateDir, `it belongs to user ${uid}`);
  if ((mode & 0o022) !== 0) throw unsafe(stateDir, 'others may write to it');
  await finishPuttingAside(stateDir);
  const file = serverFilePath(stateDir);
  if (await exists(file)) throw createError('HF-CLUSTER-001', { cluster: await clusterNamedIn(file), file });
  await clearInterrupted(stateDir);
  for (const found of ['pki', 'etcd']) {
    if (await exists(join(stateDir, found)))
      throw createError('HF-CLUSTER-021', { directory: stateDir, found });
  }
}

/**
 * Writes certificates, keys and `server.json`: afterwards all is there, or nothing is. Two set-ups at once do
 * not mix: the folder of the certificates can be moved to its place only while none is there. Throws
 * HF-CFG-004.
 */
export async function writeServerState(
  stateDir: string,
  state: { readonly file: ServerFile; readonly pki: Pki },
): Promise<void> {
  const staging = join(stateDir, `${stagingPrefix}${process.pid}-${randomBytes(4).toString('hex')}`);
  const place = pkiPaths(stateDir).directory;
  let moved = false;
  try {
    await mkdir(staging, { mode: 0o700 });
    await writePki(staging, state.pki);
    const text = `${JSON.stringify(serverFile.parse(state.file), null, 2)}\n`;
    await writeDurableFile(serverFilePath(staging), text);
    await syncDirectory(stateDir);
    await rename(pkiPaths(staging).directory, place);
    moved = true;
    await syncDirectory(stateDir);
    await rename(serverFilePath(staging), serverFilePath(stateDir));
  } catch (cause) {
    if (moved) await rm(place, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
    throw createError('HF-CFG-004', { file: serverFilePath(stateDir), problem: textOf(cause) }, { cause });
  }
  await rmdir(staging);
  await syncDirectory(stateDir);
}

/**
 * Takes away what a set-up left that was killed. If its certificates had been moved to their place already,
 * they go, too: no server has ever used them, because its file was still in the folder.
 */
async function clearInterrupted(stateDir: string): Promise<void> {
  for (const name of (await readdir(stateDir)).filter((entry) => entry.startsWith(stagingPrefix))) {
    const staging = join(stateDir, name);
    const pid = Number(name.slice(stagingPrefix.length).split('-')[0]);
    if (isAlive(pid)) throw unsafe(stateDir, `process ${pid} is setting a server up in it`);
    const hasFile = await exists(serverFilePath(staging));
    const hasPki = await exists(pkiPaths(staging).directory);
    if (hasFile && !hasPki) await rm(pkiPaths(stateDir).directory, { recursive: true, force: true });
    await rm(staging, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

async function clusterNamedIn(file: string): Promise<string> {
  try {
    return serverFile.parse(JSON.parse(await readFile(file, 'utf8'))).cluster;
  } catch {
    return '?';
  }
}

function unsafe(directory: string, problem: string): Error {
  return createError('HF-CFG-005', { directory, problem });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
