import { realpath } from 'node:fs/promises';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import type { Processes, ProcessActivity, ProcessView, RunOptions, RunResult } from '@holdfast/kits/host';
import { asAccount, type Command } from './accounts.ts';
import { withDeadline } from './deadline.ts';
import {
  isBelow,
  isFrozenByGroup,
  isSameProcess,
  listPlaces,
  listProcessIds,
  readPlace,
  readProcess,
  readProcessNumbers,
  readText,
} from './proc.ts';
import { runProgram } from './program.ts';

/** Node has no pidfd, so ends are looked for: one read of /proc each time, about 20 µs for a process. */
const lookEveryMs = 50;

/** Processes that are looked at before everybody else gets a turn: some hold thousands of files open. */
const looksAtATime = 32;

/** Processes of this machine, as /proc shows them. */
export function createLinuxProcesses(): Processes {
  const ends = createEndWatch();
  return {
    get: readProcess,
    inDirectory: async (directory) => {
      const inside = await findProcesses(directory, workingDirectoryOf);
      return inside.filter((view) => view.pid !== process.pid);
    },
    usersOf: (directory) => findProcesses(directory, listPlaces),
    activity: (process) => Promise.resolve(readActivity(process)),
    signal: (pid, signal, expectedStartTicks) =>
      Promise.resolve(sendSignal({ pid, startTicks: expectedStartTicks }, signal)),
    onEnd: ends.add,
    run: runAs,
  };
}

async function runAs(executable: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const { user, ...rest } = options;
  const command: Command = { executable, args };
  const actual = user === undefined ? command : await asAccount(command, user);
  return runProgram(actual.executable, actual.args, rest);
}

async function findProcesses(
  directory: string,
  placesOf: (pid: number) => readonly string[],
): Promise<readonly ProcessView[]> {
  const real = await resolveDirectory(directory);
  const found: number[] = [];
  for (const [index, pid] of listProcessIds().entries()) {
    if (placesOf(pid).some((path) => isBelow(path, real))) found.push(pid);
    if (index % looksAtATime === looksAtATime - 1) await yieldToOthers();
  }
  const views = await Promise.all(found.map(readProcess));
  return views.filter((view) => view !== undefined);
}

function workingDirectoryOf(pid: number): readonly string[] {
  const directory = readPlace(pid, 'cwd');
  return directory === undefined ? [] : [directory];
}

/** The name that /proc uses for the folder. One that is gone, or on a disk that hangs, is taken as it was given. */
async function resolveDirectory(directory: string): Promise<string> {
  const given = directory.length > 1 ? directory.replace(/\/+$/, '') : directory;
  try {
    return await withDeadline(realpath(given), 500, () => new Error('the disk does not answer'));
  } catch {
    return given;
  }
}

function readActivity(process: ProcessView): ProcessActivity | undefined {
  const numbers = readProcessNumbers(process.pid);
  if (numbers?.startTicks !== process.startTicks) return undefined;
  const io = readText(`/proc/${process.pid}/io`) ?? '';
  const bytes = (name: string): number => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)?.[1] ?? 0);
  return {
    stopped: numbers.stopped || isFrozenByGroup(process.pid),
    cpuTicks: numbers.cpuTicks,
    ioBytes: bytes('rchar') + bytes('wchar'),
  };
}

/** A process that ended between the look and the signal is as good as one that was never there. */
function sendSignal(
  target: { readonly pid: number; readonly startTicks: number },
  signal: NodeJS.Signals,
): void {
  if (!isSameProcess(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if (isSameProcess(target)) throw error;
  }
}

interface WatchedProcess {
  readonly process: ProcessView;
  readonly callback: () => void;
}

function createEndWatch(): { readonly add: (process: ProcessView, callback: () => void) => () => void } {
  const watched = new Set<WatchedProcess>();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const ended = [...watched].filter((entry) => !isSameProcess(entry.process));
    for (const entry of ended) watched.delete(entry);
    rest();
    for (const entry of ended) entry.callback();
  };
  const rest = (): void => {
    if (watched.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
  return {
    add: (process, callback) => {
      const entry: WatchedProcess = { process, callback };
      watched.add(entry);
      timer ??= setInterval(look, lookEveryMs).unref();
      return () => {
        watched.delete(entry);
        rest();
      };
    },
  };
}
