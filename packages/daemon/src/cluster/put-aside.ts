import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { syncDirectory, writeDurableFile } from '../pki/durable-file.ts';

/** What a server has of its cluster in the state directory. */
const parts = [
  ...['server.json', 'pki', 'etcd', 'etcd-member.json', 'etcd.log', 'care', 'services', 'journal'],
] as const;
const formerName = 'former';
const intentName = 'departed.json';
const intent = z.strictObject({ formatVersion: z.literal(1), into: z.string().regex(/^[\w.-]+$/) });

/** Where the files of a server go that is no longer of its cluster. */
export function formerDirectory(stateDir: string, into: string): string {
  return join(stateDir, formerName, into);
}

/**
 * Puts everything that made this machine a server of its cluster aside, so that it can join one again and nothing is lost.
 * What is to be done is written down first: whoever comes next finishes it. Answers where it lies. Rejects with the file
 * system's errors.
 */
export async function putAside(
  stateDir: string,
  of: { readonly cluster: string; readonly server: string; readonly at: Date },
): Promise<string> {
  const stamp = of.at.toISOString().replaceAll(/[:.]/g, '-');
  const into = `${of.cluster}-${of.server}-${stamp}`;
  await writeDurableFile(join(stateDir, intentName), `${JSON.stringify({ formatVersion: 1, into })}\n`);
  await finishPuttingAside(stateDir);
  return formerDirectory(stateDir, into);
}

/** Finishes what was broken off in the middle of {@link putAside}; does nothing where nothing was. */
export async function finishPuttingAside(stateDir: string): Promise<void> {
  const file = join(stateDir, intentName);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (text === undefined) return;
  const { into } = intent.parse(JSON.parse(text));
  const directory = formerDirectory(stateDir, into);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const part of parts) {
    await rename(join(stateDir, part), join(directory, part)).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
  }
  await syncDirectory(directory);
  await rm(file);
  await syncDirectory(stateDir);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
