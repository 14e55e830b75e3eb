import type { Host } from './host.ts';
import { failedFinding, passedFinding, warnedFinding } from './findings.ts';
import type { Finding } from './kit.ts';

const megabyte = 1024 * 1024;
/** Two segments of write-ahead log: below that PostgreSQL is about to stop. */
const goneBytes = 32 * megabyte;
const shortFraction = 0.1;
/** A tenth of a large disk is still plenty. */
const plentyBytes = 20 * 1024 * megabyte;

/** Says whether a file system has room enough. `undefined`: the path is not there. */
export function judgeSpace(
  path: string,
  space: { readonly totalBytes: number; readonly freeBytes: number } | undefined,
): Finding {
  if (!space || space.totalBytes <= 0)
    return warnedFinding('space', 'space-unknown', { path, problem: 'not found' });
  const { totalBytes, freeBytes } = space;
  const facts = {
    path,
    freeMb: Math.floor(freeBytes / megabyte),
    freePercent: Math.floor((freeBytes / totalBytes) * 100),
  };
  if (freeBytes < goneBytes) return failedFinding('space', 'space-gone', facts);
  const isShort = freeBytes < totalBytes * shortFraction && freeBytes < plentyBytes;
  return isShort ? warnedFinding('space', 'space-short', facts) : passedFinding('space', facts);
}

/** Looks at the file system that holds the path. */
export async function examineSpace(host: Pick<Host, 'capacity'>, path: string): Promise<Finding> {
  try {
    return judgeSpace(path, await host.capacity.space(path));
  } catch (error) {
    return warnedFinding('space', 'space-unknown', { path, problem: String(error).slice(0, 300) });
  }
}
