import {
  createError,
  joiningRecord,
  pathRecord,
  recordFormat,
  revisionRecord,
  serverRecord,
  settingsRecord,
  type Keys,
  type ServerFile,
} from '@holdfast/contract';
import type { ProfileName, ServerCertificate } from '@holdfast/core';
import type { Compare, Store, StoreEntry, Write } from '@holdfast/engine/ports';
import { z } from 'zod';

export type ServerRecord = z.infer<typeof serverRecord>;
export type PathRecord = z.infer<typeof pathRecord>;

/** A server without an etcd member of its own still has these in its record; nothing listens there. */
const unusedEtcdPorts = { etcdClientPort: 2379, etcdPeerPort: 2380 };

export function etcdPortsOf(
  etcd: { readonly clientPort: number; readonly peerPort: number } | undefined,
): Pick<ServerRecord, 'etcdClientPort' | 'etcdPeerPort'> {
  return etcd ? { etcdClientPort: etcd.clientPort, etcdPeerPort: etcd.peerPort } : unusedEtcdPorts;
}

/** What nobody has set yet of R-07 and C-07. */
export const initialPolicy = {
  confirmFailover: false,
  blockFailover: false,
  shutdownStrategy: 'switchover',
} as const;

/** The record that a server's own file and certificates amount to. */
export function recordOf(file: ServerFile, certificates: readonly ServerCertificate[]): ServerRecord {
  const { server: name, role, addresses, port, etcd } = file;
  const ports = etcdPortsOf(etcd.kind === 'existing' ? undefined : etcd);
  const own = { name, role, addresses, port, ...ports, etcd: etcdOf(etcd.kind) };
  return { formatVersion: recordFormat, ...own, ...initialPolicy, certificates: [...certificates] };
}

function etcdOf(kind: ServerFile['etcd']['kind']): ServerRecord['etcd'] {
  return ({ embedded: 'voter', client: 'client', existing: 'external' } as const)[kind];
}

/** Every record begins with the number of its format. */
export function putRecord(key: string, record: object): Write {
  return { put: key, value: JSON.stringify({ formatVersion: recordFormat, ...record }) };
}

/** Parses a record like any input. Throws HF-STORE-004 (newer format) or HF-STORE-009 (not understood). */
export function parseRecord<S extends z.ZodType>(schema: S, entry: StoreEntry): z.output<S> {
  const { key } = entry;
  let json: unknown;
  try {
    json = JSON.parse(entry.value);
  } catch (cause) {
    throw createError('HF-STORE-009', { key, problem: 'it is no JSON' }, { cause });
  }
  const format = z.looseObject({ formatVersion: z.number() }).safeParse(json);
  if (format.success && format.data.formatVersion > recordFormat) {
    const { formatVersion } = format.data;
    throw createError('HF-STORE-004', { key, formatVersion, supported: recordFormat });
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw createError('HF-STORE-009', {
    key,
    problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
  });
}

/** The configuration as far as membership depends on it, at one revision of the store. */
export interface Membership {
  readonly servers: readonly ServerRecord[];
  readonly paths: readonly PathRecord[];
  /** Servers that were admitted and have not come up yet. */
  readonly joining: ReadonlySet<string>;
  readonly profile: ProfileName | undefined;
  readonly configRevision: number;
  /** How each key was seen: what a transaction compares with. */
  seen(key: string): Compare;
}

/** Reads servers, paths and unfinished joins. Throws the store's errors and those of {@link parseRecord}. */
export async function readMembership(store: Store, keys: Keys): Promise<Membership> {
  const config = (await store.read(keys.config)).entries;
  const joining = (await store.read(keys.joiningServers)).entries;
  const below = (prefix: string): readonly StoreEntry[] => config.filter(({ key }) => key.startsWith(prefix));
  const only = (key: string): StoreEntry | undefined => config.find((entry) => entry.key === key);
  const revision = only(keys.revision);
  const settings = only(keys.settings);
  const seenAt = new Map([...config, ...joining].map(({ key, modRevision }) => [key, modRevision]));
  return {
    servers: below(keys.server('')).map((entry) => parseRecord(serverRecord, entry)),
    paths: below(keys.path('')).map((entry) => parseRecord(pathRecord, entry)),
    joining: new Set(joining.map((entry) => parseRecord(joiningRecord, entry).server)),
    profile: settings && parseRecord(settingsRecord, settings).profile,
    configRevision: revision ? parseRecord(revisionRecord, revision).revision : 0,
    seen(key) {
      const modRevision = seenAt.get(key);
      return modRevision === undefined ? { key, is: 'absent' } : { key, is: 'unchanged', modRevision };
    },
  };
}

/** Every change of the configuration compares and raises its revision: changes are serial. */
export function raiseRevision(keys: Keys, membership: Membership): Write {
  return putRecord(keys.revision, { revision: membership.configRevision + 1 });
}
