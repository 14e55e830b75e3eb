import { createError } from '@holdfast/contract';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { Terminal } from './terminal.ts';

const knownServer = z.strictObject({
  /** Certificate of the cluster's authority: the server must show one that it has issued. */
  authority: z.string(),
  account: z.string(),
  secret: z.string(),
  expiresAt: z.string(),
});
export type KnownServer = z.infer<typeof knownServer>;
const knownServers = z.record(z.string(), knownServer);

type Environment = Pick<Terminal, 'environment'>;

/** The address of a server in the one form that it is remembered by. Throws HF-CLI-004. */
export function parseServerUrl(text: string, command: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.pathname === '/' && url.search === '' && url.username === '')
    return url;
  throw createError('HF-CLI-004', { problem: `"${text}" is not https://SERVER:PORT`, command });
}

/** What signing in at this server has left; `undefined` when nobody has. */
export function readKnownServer(url: URL, { environment }: Environment): KnownServer | undefined {
  return readAll(environment)[url.origin];
}

/** Keeps what signing in has given, for this user only. `undefined` forgets it. */
export function saveKnownServer(
  url: URL,
  known: KnownServer | undefined,
  { environment }: Environment,
): void {
  const { [url.origin]: _, ...others } = readAll(environment);
  const next = known ? { ...others, [url.origin]: known } : others;
  const file = fileOf(environment);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, JSON.stringify(next, undefined, 2));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, file);
}

function readAll(environment: Environment['environment']): Readonly<Record<string, KnownServer>> {
  const file = fileOf(environment);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {};
  }
  try {
    return knownServers.parse(JSON.parse(text));
  } catch (cause) {
    throw createError('HF-CLI-008', { file }, { cause });
  }
}

function fileOf(environment: Environment['environment']): string {
  const base = environment['XDG_CONFIG_HOME'] ?? path.join(environment['HOME'] ?? homedir(), '.config');
  return path.join(base, 'holdfast', 'servers.json');
}
