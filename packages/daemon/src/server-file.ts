import { createError, serverFile, type ServerFile } from '@holdfast/contract';
import { readFile } from 'node:fs/promises';
import { serverFilePath } from './cluster/state-directory.ts';
import { writeDurableFile } from './pki/durable-file.ts';

/**
 * Reads `server.json`. Rejects with HF-CLUSTER-002 (not set up), HF-CFG-003 (cannot be read), HF-CFG-002 (newer format),
 * HF-CFG-001 (not understood).
 */
export async function readServerFile(stateDirectory: string): Promise<ServerFile> {
  const file = serverFilePath(stateDirectory);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      throw createError('HF-CLUSTER-002', { file }, { cause });
    throw createError('HF-CFG-003', { file, problem: String(cause) }, { cause });
  });
  const json = parseJson(file, text);
  const found =
    typeof json === 'object' && json !== null && 'formatVersion' in json ? json.formatVersion : undefined;
  if (typeof found === 'number' && found > 1)
    throw createError('HF-CFG-002', { file, formatVersion: found, supported: 1 });
  const parsed = serverFile.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw createError('HF-CFG-001', {
    file,
    problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  });
}

function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw createError('HF-CFG-001', { file, problem: 'it is no JSON' }, { cause });
  }
}

export async function writeServerFile(stateDirectory: string, file: ServerFile): Promise<void> {
  await writeDurableFile(
    serverFilePath(stateDirectory),
    `${JSON.stringify(serverFile.parse(file), null, 2)}\n`,
  );
}
