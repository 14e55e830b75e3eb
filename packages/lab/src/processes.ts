import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process by its number and the clock ticks of its start: together they name one process for good. */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ProcessStat extends ProcessId {
  readonly parent: number;
  readonly name: string;
  /** The kernel's letter: `T` is stopped. Zombies are never returned: they are dead. */
  readonly state: string;
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'latin1');
  } catch {
    return undefined;
  }
}

function readProcLink(pid: number, file: string): string | undefined {
  try {
    return readlinkSync(`/proc/${String(pid)}/${file}`);
  } catch {
    return undefined;
  }
}

/** Every process number of this machine, zombies included. */
export function listPids(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

/**
 * What /proc/PID/stat says; `undefined` for a process that has ended, also when nobody has reaped it yet.
 * The name stands in brackets and may hold any character (proc(5)), so fields are counted from the last
 * bracket.
 */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(pid, 'stat');
  if (text === undefined) return undefined;
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const state = fields[0] ?? 'X';
  if (state === 'Z' || state === 'X') return undefined;
  const name = text.slice(text.indexOf('(') + 1, close);
  return { pid, name, state, parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** Does exactly this process still live? A zombie does not, nor does another one with its number. */
export function isAlive(id: ProcessId): boolean {
  return readStat(id.pid)?.startTicks === id.startTicks;
}

/** Working directory; `undefined` when the process has ended or is somebody else's. */
export function readCwd(pid: number): string | undefined {
  return readProcLink(pid, 'cwd');
}

/** Identity of the process's PID namespace. */
export function readPidNamespace(pid: number): string | undefined {
  return readProcLink(pid, 'ns/pid');
}

export function readCommandLine(pid: number): string {
  return (readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ').trim();
}

/** One variable of the environment the process was started with. */
export function readVariable(pid: number, name: string): string | undefined {
  const found = readProc(pid, 'environ')
    ?.split('\0')
    .find((entry) => entry.startsWith(`${name}=`));
  return found?.slice(name.length + 1);
}

/**
 * The soft limit on POSIX message queues in bytes, which the lab sets as a mark (see `loopback-boxes.ts`).
 */
export function readQueueLimit(pid: number): number | undefined {
  const found = /^Max msgqueue size\s+(\d+)/m.exec(readProc(pid, 'limits') ?? '');
  return found ? Number(found[1]) : undefined;
}

/** The processes whose parent is `pid`. */
export function childrenOf(pid: number): readonly number[] {
  const text = readProc(pid, `task/${String(pid)}/children`) ?? '';
  return text.split(' ').flatMap((entry) => (entry === '' ? [] : [Number(entry)]));
}

/** Sends a signal unless the process has ended or another one has its number. */
export function sendSignal(id: ProcessId, signal: NodeJS.Signals): void {
  if (!isAlive(id)) return;
  try {
    process.kill(id.pid, signal);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
