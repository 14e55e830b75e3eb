import { existsSync, globSync, readFileSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { instantMs } from './deadline.ts';
import { wakeEntrances } from './entrances.ts';
import { abandonedLabs, labRoot, ownUid, readTraces, type Trace } from './manifest.ts';
import {
  isAlive,
  isErrno,
  listPids,
  readPidNamespace,
  readQueueLimit,
  readStat,
  sendSignal,
  type ProcessId,
} from './processes.ts';
import { runProgram } from './program.ts';

const losetup = '/usr/sbin/losetup';

/**
 * Removes what labs of this user left behind whose maker has ended: processes, control groups, loop devices
 * and directories, as their manifests record them. Namespaces, mounts and network devices end with their
 * processes. Returns the directories that were removed.
 */
export async function cleanLeftovers(root = labRoot): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const directory of abandonedLabs(root)) {
    try {
      await removeLab(directory);
      removed.push(directory);
    } catch {
      // It keeps its number, and is tried again at the next start: a new lab does without.
    }
  }
  return removed;
}

/** Takes away everything that the manifest in `directory` names, and the directory. Idempotent. */
export async function removeLab(directory: string): Promise<void> {
  const traces = readTraces(directory);
  await endProcesses(traces);
  for (const trace of traces) if (trace.kind === 'cgroup') removeCgroup(trace.path);
  if (ownUid === 0) await detachLoops(directory, traces);
  await removeSharedMemory(directory);
  rmSync(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** Kills until nobody is left: a process may fork between the look and the signal. */
async function endProcesses(traces: readonly Trace[]): Promise<void> {
  const end = instantMs() + 5_000;
  const namespaces = new Set<string>();
  for (;;) {
    for (const trace of traces) if (trace.kind === 'cgroup') killCgroup(trace.path);
    const victims = findVictims(traces, namespaces);
    if (victims.length === 0) return;
    if (instantMs() > end)
      throw new Error(`processes of a former lab do not end: ${victims.map((v) => v.pid).join(', ')}`);
    for (const victim of victims) {
      sendSignal(victim, 'SIGKILL');
      wakeEntrances(victim.pid);
    }
    await sleep(5);
  }
}

/**
 * `namespaces` collects the PID namespaces of recorded processes: their members outlive the look by a moment.
 */
function findVictims(traces: readonly Trace[], namespaces: Set<string>): readonly ProcessId[] {
  const own = readPidNamespace(process.pid);
  const recorded = traces.flatMap((trace) => (trace.kind === 'process' && isAlive(trace) ? [trace] : []));
  for (const { pid } of recorded) {
    const namespace = readPidNamespace(pid);
    if (namespace !== undefined && namespace !== own) namespaces.add(namespace);
  }
  const limits = new Set(traces.flatMap((trace) => (trace.kind === 'queue-limit' ? [trace.bytes] : [])));
  const owner = traces.find((trace) => trace.kind === 'owner');
  const others = listPids().flatMap((pid) => {
    const stat = readStat(pid);
    if (!stat || pid === process.pid) return [];
    const inNamespace = namespaces.has(readPidNamespace(pid) ?? 'none');
    const marked =
      limits.has(readQueueLimit(pid) ?? -1) &&
      stat.startTicks >= (owner?.startTicks ?? Number.MAX_SAFE_INTEGER);
    return inNamespace || marked ? [stat] : [];
  });
  return [...recorded, ...others];
}

/**
 * Ends every process of the group and below at once, frozen ones too (cgroup v2 `cgroup.kill`). A group of another kind
 * cannot do that: its processes are known by other traces.
 */
export function killCgroup(directory: string): void {
  const file = path.join(directory, 'cgroup.kill');
  try {
    if (existsSync(file)) writeFileSync(file, '1');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Another start may be removing the same lab at this moment: what is gone is gone. */
function removeCgroup(directory: string): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true }))
      if (entry.isDirectory()) removeCgroup(path.join(directory, entry.name));
    rmdirSync(directory);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

/** Detaches recorded loop devices, and any other whose file lies in the directory. */
async function detachLoops(directory: string, traces: readonly Trace[]): Promise<void> {
  const recorded = traces.flatMap((trace) => (trace.kind === 'loop' ? [trace.device] : []));
  if (recorded.length === 0 && !existsSync(path.join(directory, 'volume.img'))) return;
  const listing = await runProgram(losetup, ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], {
    timeoutMs: 5_000,
  });
  for (const line of listing.stdout.split('\n')) {
    const [device, file] = line.trim().split(/\s+/);
    if (device !== undefined && file?.startsWith(`${directory}/`) === true)
      await runProgram(losetup, ['--detach', device], { timeoutMs: 5_000 });
  }
}

/**
 * A PostgreSQL that was killed leaves its segment of System V shared memory behind, where servers have no IPC
 * namespace of their own. Its lock file names key and number of the segment; /proc/sysvipc/shm says whether
 * that is still so.
 */
async function removeSharedMemory(directory: string): Promise<void> {
  for (const lockFile of globSync(path.join(directory, 'volume', '*', 'postmaster.pid'))) {
    const [key, id] = (readFileSync(lockFile, 'utf8').split('\n')[6] ?? '').trim().split(/\s+/);
    const segments = readFileSync('/proc/sysvipc/shm', 'utf8').split('\n');
    const found = segments.some((line) => {
      const fields = line.trim().split(/\s+/);
      const isUnused = fields[6] === '0';
      return isUnused && fields[0] === key && fields[1] === id;
    });
    if (found && id !== undefined)
      await runProgram('/usr/bin/ipcrm', ['--shmem-id', id], { timeoutMs: 5_000 });
  }
}
