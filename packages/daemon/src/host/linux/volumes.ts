import { constants } from 'node:fs';
import { open, readFile, realpath, stat } from 'node:fs/promises';
import {
  HostError,
  type FileSystemSignature,
  type MountView,
  type RunResult,
  type Volumes,
} from '@holdfast/kits/host';
import { withDeadline } from './deadline.ts';
import { errorCodeOf } from './files.ts';
import { parseBootMounts, parseMountTable } from './mount-table.ts';
import { isSameProcess, listProcessIds, readPlace, readProcessNumbers, readText } from './proc.ts';
import { programFailure, runProgram, shorten, startProgram } from './program.ts';

const programs = {
  mount: '/usr/bin/mount',
  umount: '/usr/bin/umount',
  blkid: '/usr/sbin/blkid',
  dd: '/usr/bin/dd',
} as const;

/** Opening a device or resolving its name asks the kernel's memory, not the disk, unless the disk is in trouble. */
const lookTimeoutMs = 2_000;

type MountOptions = Parameters<Volumes['mount']>[0];

export interface LinuxVolumesOptions {
  /** A program and arguments put before each command, such as `nsenter` into a mount namespace … */
  readonly commandPrefix?: readonly string[];
  /** … and the table of that namespace. */
  readonly mountTable?: string;
}

/** Volumes of this server's mount namespace. Whatever touches a disk runs in a child process with a deadline. */
export function createLinuxVolumes(options: LinuxVolumesOptions = {}): Volumes {
  const { commandPrefix = [], mountTable = '/proc/self/mountinfo' } = options;
  const start: Start = (executable, args, limits) => {
    const [first = executable, ...rest] = [...commandPrefix, executable, ...args];
    return startProgram(first, rest, limits);
  };
  const mounts = async (): Promise<readonly MountView[]> =>
    parseMountTable(await readFile(mountTable, 'utf8'));
  const changes = createChangeWatch();
  const actions: MountActions = { start, mounts, watch: changes.add };
  const diskIo = createDiskIo(start);
  return {
    mounts,
    deviceNumber,
    isHeld,
    signature: readSignature,
    isMountedAtBoot,
    isChanging: changes.isChanging,
    mount: (options) => performMount(options, actions),
    unmount: (mountPoint, timeoutMs) => performUnmount(mountPoint, timeoutMs, actions),
    probe: async (path, timeoutMs) => {
      await diskIo(path, timeoutMs, ['of=/dev/null', 'bs=4096', 'count=1', 'iflag=direct']);
    },
    readDirect: (path, timeoutMs) => readDirect(diskIo, path, timeoutMs),
    writeSynced: async (path, text, timeoutMs) => {
      await diskIo(path, timeoutMs, ['bs=4096', 'conv=fsync', 'oflag=nofollow'], text);
    },
  };
}

type Start = typeof startProgram;

/** What changes of mounts need. */
interface MountActions {
  readonly start: Start;
  readonly mounts: () => Promise<readonly MountView[]>;
  readonly watch: ChangeWatch['add'];
}

async function deviceNumber(device: string): Promise<string | undefined> {
  try {
    const stats = await withDeadline(stat(device), lookTimeoutMs, () => hangs(device, lookTimeoutMs));
    if (!stats.isBlockDevice()) return undefined;
    return formatDeviceNumber(stats.rdev);
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT' || errorCodeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Takes a `dev_t` apart as gnu_dev_major and gnu_dev_minor do; numbers above 32 bits do not occur. */
export function formatDeviceNumber(device: number): string {
  const major = (device >>> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

/**
 * A mounted file system claims its device, in whatever mount namespace, and until a lazy unmount has really ended;
 * opening with O_EXCL fails meanwhile (open(2), block devices).
 */
async function isHeld(device: string): Promise<boolean> {
  try {
    const opening = open(device, constants.O_RDONLY | constants.O_EXCL);
    const file = await withDeadline(opening, lookTimeoutMs, () => {
      opening.then((late) => late.close()).catch(() => undefined);
      return hangs(device, lookTimeoutMs);
    });
    await file.close();
    return false;
  } catch (error) {
    const code = errorCodeOf(error);
    if (code === 'EBUSY') return true;
    if (code === undefined) throw error;
    throw new HostError('device-failed', { device, problem: code }, error);
  }
}

async function readSignature(device: string, timeoutMs: number): Promise<FileSystemSignature | undefined> {
  const args = ['-p', '-o', 'export', '--', device];
  const result = await runProgram(programs.blkid, args, { timeoutMs });
  // blkid(8): 2 when nothing is recognised.
  if (result.code === 2) return undefined;
  if (result.code !== 0) throw programFailure(programs.blkid, result, timeoutMs);
  const value = (key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(result.stdout)?.[1] ?? '';
  return value('TYPE') === '' ? undefined : { type: value('TYPE'), uuid: value('UUID') };
}

async function isMountedAtBoot(volume: {
  readonly device: string;
  readonly mountPoint: string;
}): Promise<boolean> {
  const real = (path: string): Promise<string> => realpath(path).catch(() => path);
  const device = await real(volume.device);
  for (const line of parseBootMounts(readText('/etc/fstab') ?? '')) {
    if (!line.automatic) continue;
    if (line.mountPoint === volume.mountPoint) return true;
    const [, tag, value] = /^(UUID|LABEL|PARTUUID|PARTLABEL)="?([^"]*)"?$/.exec(line.source) ?? [];
    const path = tag === undefined ? line.source : `/dev/disk/by-${tag.toLowerCase()}/${value}`;
    if (path.startsWith('/') && (await real(path)) === device) return true;
  }
  return false;
}

async function performMount(options: MountOptions, { start, watch }: MountActions): Promise<void> {
  const { device, mountPoint, type, timeoutMs } = options;
  const flags = options.options.length === 0 ? [] : ['-o', options.options.join(',')];
  const args = ['-t', type, ...flags, '--', device, mountPoint];
  const running = start(programs.mount, args, { timeoutMs });
  watch(mountPoint, running.ended);
  const result = await running.result;
  if (result.code !== 0) throw mountFailure(options, result);
}

/** What mount(8) says for an errno, as libmount words it with LC_ALL=C (util-linux, libmount/src/context_mount.c). */
const mountProblems: readonly (readonly [RegExp, string])[] = [
  [/can't read superblock|Input\/output error|no medium found|No such device or address/, 'mount-io-error'],
  [/Structure needs cleaning|wrong fs type|bad superblock/, 'mount-bad-file-system'],
  [/unknown filesystem type/, 'file-system-unknown-here'],
  [/special device .* does not exist/, 'device-missing'],
  [/mount point does not exist|mount point is not a directory/, 'mount-point-missing'],
  [/already mounted|mount point busy/, 'mount-busy'],
  [/must be superuser|permission denied|Operation not permitted/, 'not-root'],
];

function mountFailure(options: MountOptions, result: RunResult): HostError {
  const { device, mountPoint, timeoutMs } = options;
  if (result.timedOut) return new HostError('mount-timed-out', { device, mountPoint, timeoutMs });
  const code = mountProblems.find(([pattern]) => pattern.test(result.stderr))?.[1] ?? 'mount-failed';
  return new HostError(code, { device, mountPoint, detail: shorten(result.stderr.trim()) });
}

/** Succeeds when nothing is mounted there. Throws {@link HostError} `volume-busy` while somebody uses it. */
async function performUnmount(
  mountPoint: string,
  timeoutMs: number,
  { start, mounts, watch }: MountActions,
): Promise<void> {
  const isMounted = async (): Promise<boolean> =>
    (await mounts()).some((mount) => mount.mountPoint === mountPoint);
  if (!(await isMounted())) return;
  const running = start(programs.umount, ['--', mountPoint], { timeoutMs });
  watch(mountPoint, running.ended);
  const result = await running.result;
  if (result.code === 0) return;
  if (!(await isMounted())) return;
  if (result.timedOut) throw new HostError('unmount-timed-out', { mountPoint, timeoutMs });
  const detail = shorten(result.stderr.trim());
  throw new HostError(/busy/.test(detail) ? 'volume-busy' : 'unmount-failed', { mountPoint, detail });
}

type DiskIo = (
  path: string,
  timeoutMs: number,
  args: readonly string[],
  input?: string,
) => Promise<RunResult>;

/**
 * dd(1) on one path, at most one at a time: a disk that hangs holds one process for each path, never more. With
 * `input` the path is written, otherwise read.
 */
function createDiskIo(start: Start): DiskIo {
  const busySince = new Map<string, number>();
  return async (path, timeoutMs, args, input) => {
    const since = busySince.get(path);
    if (since !== undefined) throw hangs(path, Math.round(performance.now() - since));
    busySince.set(path, performance.now());
    const operand = input === undefined ? `if=${path}` : `of=${path}`;
    const running = start(programs.dd, [operand, 'status=none', ...args], {
      timeoutMs,
      ...(input === undefined ? {} : { input }),
    });
    void running.ended.then(() => busySince.delete(path));
    const result = await running.result;
    if (result.timedOut) throw hangs(path, timeoutMs);
    if (result.code === 0) return result;
    throw new HostError('disk-failed', { path, detail: shorten(result.stderr.trim()) });
  };
}

async function readDirect(diskIo: DiskIo, path: string, timeoutMs: number): Promise<string> {
  const args = ['bs=4096', 'count=16', 'iflag=nofollow'];
  try {
    return (await diskIo(path, timeoutMs, ['bs=4096', 'count=16', 'iflag=direct,nofollow'])).stdout;
  } catch (error) {
    // A file system without direct I/O, such as an older tmpfs: there is no disk behind its cache.
    if (!(error instanceof HostError) || !/Invalid argument/.test(String(error.reason.facts['detail'])))
      throw error;
    return (await diskIo(path, timeoutMs, args)).stdout;
  }
}

function hangs(path: string, hangingMs: number): HostError {
  return new HostError('disk-hangs', { path, hangingMs });
}

interface ChangeWatch {
  readonly add: (mountPoint: string, ended: Promise<void>) => void;
  readonly isChanging: (mountPoint: string) => boolean;
}

/** Knows which mounts and unmounts have not ended: those begun here, and those that a killed daemon left behind. */
function createChangeWatch(): ChangeWatch {
  const own = new Map<string, number>();
  const inherited = findRunningChanges();
  const note = (mountPoint: string, change: number): void => {
    const count = (own.get(mountPoint) ?? 0) + change;
    if (count > 0) own.set(mountPoint, count);
    else own.delete(mountPoint);
  };
  return {
    add: (mountPoint, ended) => {
      note(mountPoint, 1);
      void ended.then(() => note(mountPoint, -1));
    },
    isChanging: (mountPoint) =>
      own.has(mountPoint) ||
      inherited.some((change) => change.mountPoint === mountPoint && isSameProcess(change)),
  };
}

interface RunningChange {
  readonly pid: number;
  readonly startTicks: number;
  readonly mountPoint: string;
}

/** Processes of mount(8) and umount(8) whose last argument is a path. */
function findRunningChanges(): readonly RunningChange[] {
  return listProcessIds().flatMap((pid) => {
    const executable = readPlace(pid, 'exe');
    if (executable !== programs.mount && executable !== programs.umount) return [];
    const mountPoint = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1).at(-1);
    const numbers = readProcessNumbers(pid);
    if (mountPoint === undefined || !numbers) return [];
    return [{ pid, startTicks: numbers.startTicks, mountPoint }];
  });
}
