import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PromiseRecords } from '@holdfast/engine';
import { z } from 'zod';

export const promiseFileName = 'promises.json';

/** Instants are of the boot named. */
const promiseRecord = z.strictObject({
  formatVersion: z.literal(1),
  bootId: z.string(),
  toAll: z.number(),
  to: z.record(z.string(), z.number()),
});

/**
 * `run/promises.json`: what this server has promised (C-08). Written at once and as a whole, before a promise is given, so that it
 * binds the next life of the daemon; not synced, because after a power loss nothing is known of promises anyway. The directory is
 * in memory, so neither reading nor writing waits for a disk.
 */
export function createPromiseFile(runDirectory: string, bootId: string): PromiseRecords {
  const file = join(runDirectory, promiseFileName);
  const temporary = `${file}.new`;
  return {
    read() {
      try {
        const record = promiseRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
        return record.bootId === bootId ? { toAll: record.toAll, to: record.to } : undefined;
      } catch {
        // One that is not there, or cannot be read, is taken for one of which nothing is known.
        return undefined;
      }
    },
    write({ toAll, to }) {
      const record: z.input<typeof promiseRecord> = { formatVersion: 1, bootId, toAll, to: { ...to } };
      writeFileSync(temporary, `${JSON.stringify(record)}\n`, { mode: 0o600 });
      renameSync(temporary, file);
    },
  };
}
