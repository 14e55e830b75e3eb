import { execFileSync } from 'node:child_process';
import { truncateSync, writeFileSync } from 'node:fs';

/** A file that is a block device of its own, for tests as root. */
export interface TestDisk {
  readonly device: string;
  readonly uuid: string;
  dispose(): void;
}

/** Makes an image with a file system at `path` and a loop device over it. */
export function createTestDisk(path: string, fsType: 'ext4' | 'xfs'): TestDisk {
  writeFileSync(path, '');
  // mkfs.xfs makes nothing smaller than 300 MB; both files are sparse.
  truncateSync(path, fsType === 'xfs' ? 320 * 1024 * 1024 : 32 * 1024 * 1024);
  run(`/usr/sbin/mkfs.${fsType}`, '-q', path);
  const device = run('/usr/sbin/losetup', '--find', '--show', path).trim();
  return {
    device,
    uuid: run('/usr/sbin/blkid', '-p', '-o', 'value', '-s', 'UUID', device).trim(),
    dispose: () => void run('/usr/sbin/losetup', '--detach', device),
  };
}

function run(executable: string, ...args: readonly string[]): string {
  return execFileSync(executable, args, { encoding: 'utf8' });
}
