import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { copyFile, truncate } from 'node:fs/promises';

const limitBytes = 4 * 1024 * 1024;
const tailBytes = 16 * 1024;

/**
 * Opens etcd's log for appending. etcd writes to the file itself, so that it needs no reader and outlives the
 * daemon; appending is what makes cutting it from outside safe.
 */
export function openMemberLog(file: string): number {
  return openSync(file, 'a', 0o600);
}

/**
 * Keeps the log and one older one, each at most a little over 4 MiB. etcd turns no log over by itself before
 * 3.5.
 */
export async function boundMemberLog(file: string, limit = limitBytes): Promise<void> {
  if (sizeOf(file) <= limit) return;
  await copyFile(file, `${file}.1`);
  await truncate(file, 0);
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * etcd's own word for why it ended: the last message of level error or above since the byte `from`, else its
 * last line. At most 300 characters.
 */
export function readLastWord(file: string, from: number): string {
  const lines = readTail(file, from)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const serious = lines.map(parseLine).findLast((line) => line !== undefined && line.serious);
  return (serious?.text ?? parseLine(lines.at(-1) ?? '')?.text ?? lines.at(-1) ?? '').slice(0, 300);
}

function readTail(file: string, from: number): string {
  const start = Math.max(from, sizeOf(file) - tailBytes);
  const buffer = Buffer.alloc(tailBytes);
  try {
    const log = openSync(file, 'r');
    try {
      return buffer.toString('utf8', 0, readSync(log, buffer, 0, tailBytes, start));
    } finally {
      closeSync(log);
    }
  } catch {
    return '';
  }
}

/** One line of etcd's zap logger: `{"level":"fatal","msg":"discovery failed","error":"…"}`. */
function parseLine(line: string): { readonly serious: boolean; readonly text: string } | undefined {
  try {
    const { level, msg, error } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const serious = level === 'error' || level === 'fatal' || level === 'panic';
    return { serious, text: [msg, error].filter((part) => typeof part === 'string').join(': ') };
  } catch {
    return undefined;
  }
}
