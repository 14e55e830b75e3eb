import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createError } from '@holdfast/contract';
import { z } from 'zod';
import { writeDurableFile } from '../pki/durable-file.ts';

/** Whose data a directory holds, in a file beside it, because etcd itself would start on any. */
export interface DataClaim {
  readonly file: string;
  readonly dataDir: string;
  readonly cluster: string;
  readonly server: string;
}

const supported = 1;
const versioned = z.looseObject({ formatVersion: z.int().positive() });
const mark = z.strictObject({
  formatVersion: z.literal(supported),
  cluster: z.string(),
  server: z.string(),
  /** The member has written its log: from now on it may never start without. */
  begun: z.boolean(),
});
type Mark = z.infer<typeof mark>;

/**
 * Makes sure that etcd may start here. A member that has lost its data must not begin anew under its old
 * name: it would vote as if it had never promised anything, or found a second cluster (etcd, "Runtime
 * reconfiguration"). Throws HF-STORE-015 (data of another member, of nobody known, or lost), HF-STORE-004
 * (newer format).
 */
export async function claimData(claim: DataClaim): Promise<void> {
  const { cluster, server, dataDir, file } = claim;
  const found = await readMark(file, dataDir);
  const hasData = existsSync(join(dataDir, 'member', 'wal'));
  if (found === undefined) {
    if (hasData) throw unusable(dataDir, `${file} is missing, so it is not known whose they are`);
    return await writeMark(file, { formatVersion: supported, cluster, server, begun: false });
  }
  if (found.cluster !== cluster || found.server !== server)
    throw unusable(dataDir, `they belong to server ${found.server} of cluster ${found.cluster}`);
  if (found.begun && !hasData) throw unusable(dataDir, 'they are gone');
  if (hasData && !found.begun) await writeMark(file, { ...found, begun: true });
}

/** Where a member's data are, and the file beside them that says whose they are. */
export function memberDataPaths(stateDir: string): { readonly dataDir: string; readonly mark: string } {
  return { dataDir: join(stateDir, 'etcd'), mark: join(stateDir, 'etcd-member.json') };
}

/** Takes the data of a member away that etcd does not have any more: nothing can ever be done with them. */
export async function forgetMemberData(stateDir: string): Promise<void> {
  const { dataDir, mark } = memberDataPaths(stateDir);
  await rm(dataDir, { recursive: true, force: true });
  await rm(mark, { force: true });
}

async function readMark(file: string, dataDir: string): Promise<Mark | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { formatVersion } = versioned.parse(JSON.parse(text));
    if (formatVersion <= supported) return mark.parse(JSON.parse(text));
    throw createError('HF-STORE-004', { key: file, formatVersion, supported });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) throw cause;
    throw unusable(dataDir, `${file} cannot be read`, cause);
  }
}

async function writeMark(file: string, value: Mark): Promise<void> {
  await writeDurableFile(file, `${JSON.stringify(value)}\n`);
}

function unusable(directory: string, problem: string, cause?: unknown): Error {
  return createError('HF-STORE-015', { directory, problem }, { cause });
}
