import { tagName } from '@holdfast/contract';
import type { Parameters, Tag } from '@holdfast/core';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncDirectory, writeDurableFile } from '../pki/durable-file.ts';

const formatVersion = 1;

const careRecord = z.strictObject({
  formatVersion: z.literal(formatVersion),
  tag: tagName,
  hierarchy: tagName,
  kit: z.string(),
  /** As they hold on this server. */
  parameters: z.record(z.string(), z.unknown()),
  children: z.array(tagName),
  /** `adopting`: it was begun, and perhaps not finished. */
  stage: z.enum(['adopting', 'held']),
  /** A creation has started it, and has not been recorded. */
  started: z.boolean(),
});

/** One resource that this server has taken into care (K-02, K-03): what must be let go when it is configured here no more. */
export interface CareRecord {
  readonly tag: Tag;
  readonly hierarchy: string;
  readonly kit: string;
  readonly parameters: Parameters;
  readonly children: readonly Tag[];
  readonly stage: 'adopting' | 'held';
  readonly started: boolean;
}

/**
 * What this server has in its care, kept in the state directory: written before anything of the system is changed, and
 * deleted after it was changed back, so that a daemon that dies in between leaves a trace for the next one (S8, H-07).
 */
export interface CareRecords {
  list(): readonly CareRecord[];
  get(tag: Tag): CareRecord | undefined;
  write(record: CareRecord): Promise<void>;
  forget(tag: Tag): Promise<void>;
  /** Does one thing at a time with a resource's care. */
  exclusively<T>(tag: Tag, act: () => Promise<T>): Promise<T>;
  /** These are being created: nobody but the creation lets them go. Answers how to end that. */
  hold(tags: readonly Tag[]): () => void;
  isHeld(tag: Tag): boolean;
}

/** Opens the records of a directory, which is made when it is not there. A record that cannot be read is told and left. */
export async function openCareRecords(
  directory: string,
  report: (file: string, message: string) => void,
): Promise<CareRecords> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found = new Map<Tag, CareRecord>();
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.json')) continue;
    try {
      const { formatVersion: _, ...record } = careRecord.parse(
        JSON.parse(await readFile(join(directory, name), 'utf8')),
      );
      found.set(record.tag, record);
    } catch (error) {
      report(name, error instanceof Error ? error.message : String(error));
    }
  }
  const fileOf = (tag: Tag): string => join(directory, `${tag}.json`);
  return createCareRecords({
    found,
    write: (record) =>
      writeDurableFile(fileOf(record.tag), `${JSON.stringify({ formatVersion, ...record })}\n`),
    remove: async (tag) => {
      await rm(fileOf(tag), { force: true });
      await syncDirectory(directory);
    },
  });
}

/** The records over any place where they can be written. */
export function createCareRecords(place: {
  readonly found: ReadonlyMap<Tag, CareRecord>;
  write(record: CareRecord): Promise<void>;
  remove(tag: Tag): Promise<void>;
}): CareRecords {
  const records = new Map(place.found);
  const busy = new Map<Tag, Promise<unknown>>();
  const held = new Map<Tag, number>();
  const count = (tag: Tag, by: number): void => {
    const left = (held.get(tag) ?? 0) + by;
    if (left > 0) held.set(tag, left);
    else held.delete(tag);
  };
  return {
    list: () => [...records.values()],
    get: (tag) => records.get(tag),
    async write(record) {
      if (JSON.stringify(records.get(record.tag)) === JSON.stringify(record)) return;
      await place.write(record);
      records.set(record.tag, record);
    },
    async forget(tag) {
      if (!records.has(tag)) return;
      await place.remove(tag);
      records.delete(tag);
    },
    exclusively(tag, act) {
      const before = busy.get(tag) ?? Promise.resolve();
      const result = before.then(act, act);
      const settled = result.then(
        () => undefined,
        () => undefined,
      );
      busy.set(tag, settled);
      void settled.then(() => {
        if (busy.get(tag) === settled) busy.delete(tag);
      });
      return result;
    },
    hold(tags) {
      for (const tag of tags) count(tag, 1);
      return () => {
        for (const tag of tags) count(tag, -1);
      };
    },
    isHeld: (tag) => held.has(tag),
  };
}
