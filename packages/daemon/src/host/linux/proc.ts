import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ProcessView } from '@holdfast/kits/host';

/**
 * Reading /proc (proc_pid_stat(5) and its neighbours). The kernel answers these from memory, without any disk, so they
 * are read synchronously; only a command line is not, because it takes the lock of the process's memory.
 */

/** The numbers of a process that its `stat` file shows. */
export interface ProcessNumbers {
  readonly parent: number;
  readonly session: number;
  readonly startTicks: number;
  readonly cpuTicks: number;
  /** Held by SIGSTOP or a debugger. */
  readonly stopped: boolean;
}

/**
 * Parses /proc/PID/stat. A zombie is dead, whatever `kill -0` says (K-16), unless threads of it still run. The name in
 * parentheses may contain anything, so the fields are counted from the last parenthesis.
 */
export function parseProcessStat(text: string): ProcessNumbers | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  const state = fields[0] ?? 'X';
  const threads = field(20);
  if (state === 'X' || state === 'x' || (state === 'Z' && threads <= 1)) return undefined;
  return {
    parent: field(4),
    session: field(6),
    cpuTicks: field(14) + field(15),
    startTicks: field(22),
    stopped: state === 'T' || state === 't',
  };
}

/** `undefined` when the process is not there or dead. */
export function readProcessNumbers(pid: number): ProcessNumbers | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseProcessStat(text);
}

/** Is the very process still there that had this number then? */
export function isSameProcess(process: { readonly pid: number; readonly startTicks: number }): boolean {
  return readProcessNumbers(process.pid)?.startTicks === process.startTicks;
}

export async function readProcess(pid: number): Promise<ProcessView | undefined> {
  const numbers = readProcessNumbers(pid);
  if (!numbers) return undefined;
  const title = await readTitle(pid);
  return {
    pid,
    parent: numbers.parent,
    startTicks: numbers.startTicks,
    executable: readPlace(pid, 'exe') ?? '',
    cwd: readPlace(pid, 'cwd') ?? '',
    uid: parseEffectiveUid(readText(`/proc/${pid}/status`) ?? ''),
    title,
  };
}

/** Numbers of all processes, zombies included. */
export function listProcessIds(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number);
}

/** Where a link of the process points, without the kernel's mark for a deleted file. `undefined` when it is hidden. */
export function readPlace(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`).replace(/ \(deleted\)$/, '');
  } catch {
    return undefined;
  }
}

/** Paths that the process holds open, runs in, or has mapped into its memory. */
export function listPlaces(pid: number): readonly string[] {
  const links = ['cwd', 'root', 'exe', ...listDirectory(`/proc/${pid}/fd`).map((fd) => `fd/${fd}`)];
  const mapped = listDirectory(`/proc/${pid}/map_files`).map((range) => `map_files/${range}`);
  return [...links, ...mapped].map((link) => readPlace(pid, link)).filter((path) => path !== undefined);
}

/** Is `path` the folder itself or below it? Both without a slash at the end. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where systems have their tree of control groups, version 2: alone, or beside the older kind. */
const groupTrees = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/**
 * Is the process held by its control group (`systemctl freeze`; Linux, cgroup-v2, "cgroup.freeze")? Its state in `stat` is then
 * that of any sleeping process.
 */
export function isFrozenByGroup(pid: number): boolean {
  const group = /^0::(\/.*)$/m.exec(readText(`/proc/${pid}/cgroup`) ?? '')?.[1];
  if (group === undefined) return false;
  return groupTrees.some((tree) => readText(`${tree}${group}/cgroup.events`)?.includes('frozen 1'));
}

function parseEffectiveUid(status: string): number {
  return Number(/^Uid:\t\d+\t(\d+)/m.exec(status)?.[1] ?? Number.NaN);
}

async function readTitle(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function listDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
