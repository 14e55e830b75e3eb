import { closeSync, constants, ftruncateSync, openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Claim } from './manifest.ts';
import { isErrno } from './processes.ts';
import { mustRun, runProgram } from './program.ts';

const losetup = '/usr/sbin/losetup';
const limits = { timeoutMs: 20_000 };
const sizeBytes = 2 * 1024 ** 3;

/** A server's own way to the shared disk: a block device, with its number as `major:minor`. */
export interface DiskPath {
  readonly device: string;
  readonly number: string;
}

/**
 * One disk (a sparse file with an ext4 file system) and a loop device for each server. Two loop devices do
 * not share a cache, so that mounting the file system on two servers at once destroys it, as on a real shared
 * disk.
 */
export async function createSharedDisk(claim: Claim, servers: number): Promise<readonly DiskPath[]> {
  const file = path.join(claim.directory, 'volume.img');
  const handle = openSync(file, 'wx', 0o600);
  ftruncateSync(handle, sizeBytes);
  closeSync(handle);
  await mustRun(
    '/usr/sbin/mkfs.ext4',
    ['-q', '-F', '-m', '0', '-E', 'lazy_itable_init=1,lazy_journal_init=1', file],
    limits,
  );
  const paths: DiskPath[] = [];
  for (let index = 0; index < servers; index += 1) paths.push(await attach(claim, file));
  return paths;
}

/**
 * Direct input and output keeps the pages of the file out of this machine's cache; some file systems cannot.
 */
async function attach(claim: Claim, file: string): Promise<DiskPath> {
  const direct = await runProgram(losetup, ['--find', '--show', '--direct-io=on', file], limits);
  const device =
    direct.code === 0
      ? direct.stdout.trim()
      : (await mustRun(losetup, ['--find', '--show', file], limits)).trim();
  claim.record({ kind: 'loop', device });
  return { device, number: formatNumber(statSync(device).rdev) };
}

export async function detachDisk(paths: readonly DiskPath[]): Promise<void> {
  await Promise.all(paths.map(({ device }) => runProgram(losetup, ['--detach', device], limits)));
}

/**
 * Ends a mounted ext4 file system as a power loss does: what was not synced is gone. Without this the kernel
 * writes everything back when the last process of a mount namespace ends. `pid` is any process that sees it
 * mounted. EXT4_IOC_SHUTDOWN is _IOR('X', 125, __u32) with EXT4_GOING_FLAGS_NOLOGFLUSH = 2 (fs/ext4/ext4.h).
 * The script makes sure that what it opened lies on this disk: on any other file system it would take this
 * machine down.
 */
export async function losePower(disk: DiskPath, pid: number): Promise<void> {
  const script = `
    open(F, "<", $ARGV[0]) or die "open: $!";
    (stat(F))[0] == (stat($ARGV[1]))[6] or die "another file system";
    my $flags = pack("I", 2);
    ioctl(F, 0x8004587d, $flags) or die "ioctl: $!"`;
  for (const mountPoint of mountPointsOf(disk, pid)) {
    const directory = `/proc/${String(pid)}/root${mountPoint}`;
    await mustRun('/usr/bin/perl', ['-e', script, directory, disk.device], limits);
  }
}

/** Where the process sees the disk mounted (proc(5), mountinfo). */
export function mountPointsOf(disk: DiskPath, pid: number): readonly string[] {
  return readFileSync(`/proc/${String(pid)}/mountinfo`, 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .flatMap(([, , device, , mountPoint]) => (device === disk.number && mountPoint ? [mountPoint] : []));
}

/** A block device that is mounted, anywhere, cannot be opened exclusively. */
export function isInUse(disk: DiskPath): boolean {
  try {
    closeSync(openSync(disk.device, constants.O_RDONLY | constants.O_EXCL));
    return false;
  } catch (error) {
    if (isErrno(error, 'EBUSY')) return true;
    throw error;
  }
}

/** How the C library keeps a device number (makedev(3)). */
function formatNumber(rdev: number): string {
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  return `${String((rdev >>> 8) & 0xfff)}:${String(minor)}`;
}
