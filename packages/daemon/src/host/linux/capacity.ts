import { statfs } from 'node:fs/promises';
import { HostError, type Capacity, type Files } from '@holdfast/kits/host';
import { createHangGuard, errorCodeOf } from './files.ts';

/** A file system that does not answer within this time is taken to hang. */
const callTimeoutMs = 5_000;

/** What this server has left: memory as the kernel estimates it (proc_meminfo(5)), space as statfs(2) tells it. */
export function createLinuxCapacity({ files }: { readonly files: Files }): Capacity {
  const guard = createHangGuard(callTimeoutMs);
  return {
    memory: async () => {
      const text = (await files.read('/proc/meminfo')) ?? '';
      const totalBytes = parseMemory(text, 'MemTotal');
      const availableBytes = parseMemory(text, 'MemAvailable');
      if (totalBytes === undefined || availableBytes === undefined)
        throw new HostError('file-failed', { path: '/proc/meminfo', action: 'parse' });
      return { totalBytes, availableBytes };
    },
    space: (path) =>
      guard(path, 'space', async () => {
        try {
          const { blocks, bavail, bsize } = await statfs(path);
          return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
        } catch (error) {
          if (errorCodeOf(error) === 'ENOENT') return undefined;
          throw error;
        }
      }),
  };
}

/** One line of /proc/meminfo in bytes. */
export function parseMemory(text: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
