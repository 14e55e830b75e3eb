import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { InstantMs } from '@holdfast/core';
import { monotonicNow, pause } from './clock.ts';

/**
 * Finding and ending processes by what the kernel shows of them. Everything here reads only /proc, never the disks
 * that the processes use: a hung disk must not hang the guard.
 */

/** With its start, in clock ticks since boot, a pid names one process for good. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessId {
  readonly parent: number;
  /** Zombies and what the kernel is just removing. */
  readonly isDead: boolean;
}

/** Reads /proc/PID/stat (proc(5)); undefined when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name is in brackets and may hold anything, brackets too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parent] = fields;
  const startTicks = Number(fields[19]);
  if (state === undefined || parent === undefined || !Number.isSafeInteger(startTicks)) return undefined;
  return { pid, startTicks, parent: Number(parent), isDead: 'ZXx'.includes(state) };
}

/** Is this very process still running? A zombie is dead: whoever should have collected it may be late. */
export function isRunning(process: ProcessId): boolean {
  const stat = readStat(process.pid);
  return stat !== undefined && stat.startTicks === process.startTicks && !stat.isDead;
}

export function allPids(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/** The target of one of a process's links (`exe`, `cwd`, `root`, `fd/3`), or undefined when it has none to show. */
export function readProcLink(pid: number, name: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return undefined;
  }
}

export function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Sends a signal; a process that is gone meanwhile is no error. Answers whether it could be sent. */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  if (pid <= 1 || pid === process.pid) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Both may be known by several paths: as they were named, and with links followed. */
export interface Family {
  readonly executables: readonly string[];
  readonly directories: readonly string[];
  /** As in the kill step. */
  readonly mark?: string | undefined;
}

/**
 * The processes of a family: those that run the executable with the directory as working directory. PostgreSQL's
 * backends leave their postmaster's session and lose it as parent when it dies; this they keep.
 */
export function findFamily({ executables, directories, mark }: Family): readonly ProcessStat[] {
  const family = allPids().flatMap((pid) => {
    const executable = readProcLink(pid, 'exe');
    if (executable === undefined || !executables.includes(withoutDeleted(executable))) return [];
    const directory = readProcLink(pid, 'cwd');
    if (directory === undefined || !directories.includes(withoutDeleted(directory))) return [];
    const stat = readStat(pid);
    return stat === undefined || stat.isDead ? [] : [stat];
  });
  return mark === undefined ? family : withoutOthers(family, mark);
}

/**
 * Leaves out what another server of this machine has marked, with its children: those write their title over their
 * environment (PostgreSQL, src/backend/utils/misc/ps_status.c). What has no mark is never another one's.
 */
function withoutOthers(family: readonly ProcessStat[], mark: string): readonly ProcessStat[] {
  const name = mark.slice(0, mark.indexOf('=') + 1);
  const isMarkedByOther = ({ pid }: ProcessStat): boolean => {
    const found = readProc(`/proc/${pid}/environ`)
      ?.split('\0')
      .find((entry) => entry.startsWith(name));
    return found !== undefined && found !== mark;
  };
  const others = new Set(family.filter(isMarkedByOther).map(({ pid }) => pid));
  return family.filter(({ pid, parent }) => !others.has(pid) && !others.has(parent));
}

/** The kernel marks a link whose file was deleted, for example by an upgrade of the package. */
function withoutDeleted(path: string): string {
  return path.endsWith(' (deleted)') ? path.slice(0, -' (deleted)'.length) : path;
}

/** The processes, other than `ancestors`, that descend from them, for example a running archive command. */
export function findDescendants(ancestors: readonly ProcessId[]): readonly ProcessStat[] {
  const all = allPids().flatMap((pid) => readStat(pid) ?? []);
  const found = new Set(ancestors.map(({ pid }) => pid));
  const descendants: ProcessStat[] = [];
  // Each turn finds one more generation; a process tree is not deeper than it has processes.
  for (let generation = 0; generation < all.length; generation += 1) {
    const children = all.filter((stat) => found.has(stat.parent) && !found.has(stat.pid));
    if (children.length === 0) break;
    for (const { pid } of children) found.add(pid);
    descendants.push(...children);
  }
  return descendants.filter((stat) => !stat.isDead && stat.pid !== process.pid);
}

/** Processes whose control group is the service unit's, or below it. */
export function findUnitMembers(unit: string): readonly ProcessStat[] {
  const group = `/${unit}`;
  return allPids().flatMap((pid) => {
    const groups = readProc(`/proc/${pid}/cgroup`)?.split('\n') ?? [];
    if (!groups.some((line) => line.endsWith(group) || line.includes(`${group}/`))) return [];
    const stat = readStat(pid);
    return stat === undefined || stat.isDead ? [] : [stat];
  });
}

/**
 * Who keeps a mounted volume busy: by working directory, root, executable or open file. Mapped files are not looked
 * at: the kernel takes a lock for those that a process on a hung disk may hold for ever.
 */
export function findUsers(mountPoint: string): readonly ProcessStat[] {
  const isBelow = (path: string | undefined): boolean =>
    path !== undefined && (path === mountPoint || path.startsWith(`${mountPoint}/`));
  return allPids().flatMap((pid) => {
    const isUser =
      ['cwd', 'root', 'exe'].some((name) => isBelow(readProcLink(pid, name))) ||
      listProc(`/proc/${pid}/fd`).some((fd) => isBelow(readProcLink(pid, `fd/${fd}`)));
    if (!isUser || pid === process.pid) return [];
    const stat = readStat(pid);
    return stat === undefined || stat.isDead ? [] : [stat];
  });
}

function listProc(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

const firstPauseMs = 2;
const longestPauseMs = 25;

/**
 * Ends what `find` finds until nothing is found and everything that was found has ended. Each round stops the family's
 * heads first, so that they start nothing new, and kills them last: a postmaster must not die while its backends
 * run. Answers whether all have ended by `deadline`.
 */
export async function endProcesses(
  find: () => readonly ProcessStat[],
  options: { readonly deadline: InstantMs; readonly withDescendants: boolean },
): Promise<boolean> {
  const seen = new Map<number, ProcessId>();
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    const family = find();
    for (const process of seen.values()) if (!isRunning(process)) seen.delete(process.pid);
    if (family.length === 0 && seen.size === 0) return true;
    const pids = new Set(family.map(({ pid }) => pid));
    const heads = family.filter(({ parent }) => !pids.has(parent));
    for (const { pid } of heads) sendSignal(pid, 'SIGSTOP');
    const descendants = options.withDescendants ? findDescendants(family) : [];
    for (const member of [...family, ...descendants]) seen.set(member.pid, member);
    const headPids = new Set(heads.map(({ pid }) => pid));
    for (const pid of seen.keys()) if (!headPids.has(pid)) sendSignal(pid, 'SIGKILL');
    for (const pid of headPids) sendSignal(pid, 'SIGKILL');
    if (monotonicNow() >= options.deadline) return false;
    await pause(pauseMs);
  }
}
