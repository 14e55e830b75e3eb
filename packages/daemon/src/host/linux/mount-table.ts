import type { MountView } from '@holdfast/kits/host';

/**
 * Parses /proc/self/mountinfo (proc_pid_mountinfo(5)), in the order of mounting: on one mount point the last one is
 * what a path reaches. A mount counts as read-only when it or its file system is, and also when the file system has
 * given up after an error of its device (ext4 and xfs say `shutdown`, ext4 also `emergency_ro`).
 */
export function parseMountTable(text: string): readonly MountView[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ');
    const [, , deviceNumber, root, mountPoint, options] = left?.split(' ') ?? [];
    const [type, source, superOptions] = right?.split(' ') ?? [];
    if (deviceNumber === undefined || root === undefined || mountPoint === undefined) return [];
    if (type === undefined || source === undefined) return [];
    return [
      {
        source: unescape(source),
        mountPoint: unescape(mountPoint),
        type,
        readOnly: isReadOnly(options) || isReadOnly(superOptions),
        deviceNumber,
        root: unescape(root),
      },
    ];
  });
}

/** One line of fstab(5). */
export interface BootMount {
  readonly source: string;
  readonly mountPoint: string;
  readonly automatic: boolean;
}

/** Parses fstab(5). Lines that are mounted only on demand (`noauto`) are there too, and say so. */
export function parseBootMounts(text: string): readonly BootMount[] {
  return text.split('\n').flatMap((line) => {
    const [source, mountPoint, , options] = line.trim().split(/\s+/);
    if (source === undefined || mountPoint === undefined || source.startsWith('#')) return [];
    const automatic = !(options ?? '').split(',').includes('noauto');
    return [{ source: unescape(source), mountPoint: unescape(mountPoint), automatic }];
  });
}

function isReadOnly(options: string | undefined): boolean {
  const words = options?.split(',') ?? [];
  return ['ro', 'shutdown', 'emergency_ro'].some((word) => words.includes(word));
}

/** Blanks and backslashes in names stand there as octal numbers. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
