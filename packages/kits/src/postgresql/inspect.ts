import { classifyAnswer, type Refusal } from './answer.ts';
import { loginOf, readLockFile, type Cluster } from './cluster.ts';
import type { ClusterLogin } from './connection-keeper.ts';
import { parseServerVersion } from './executables.ts';
import { memoryOf, type Settings } from './judge-settings.ts';
import { openSession } from './session.ts';
import { configuredSettings, listDatabases, readCatalogs } from './statements.sql.ts';

/** What the administrator user finds out by a login of its own; the kept session may be older than the rules are. */
export type Inspection = { readonly login: ClusterLogin } & (
  | {
      readonly state: 'answered';
      readonly needsPassword: boolean;
      readonly databases: number;
      readonly readsCatalogs: boolean;
      readonly isSuperuser: boolean;
      readonly settings: Settings;
    }
  | { readonly state: 'refused'; readonly refusal: Refusal }
);

/** Logs in anew, reads, and logs out. Never rejects: what the server or the network refused is the answer. */
export async function inspectCluster(cluster: Cluster, deadline: number): Promise<Inspection> {
  const { host } = cluster;
  const login = await loginOf(cluster, await readLockFile(cluster));
  const leftMs = (): number => Math.max(1, deadline - host.clock.now());
  let needsPassword = false;
  const onPassword = (): void => {
    needsPassword = true;
  };
  try {
    const session = await openSession(login, { timeoutMs: leftMs(), onPassword });
    try {
      const databases = (await session.ask(listDatabases, leftMs())).length;
      const [catalogs] = await session.ask(readCatalogs, leftMs());
      const rows = await session.ask(configuredSettings, leftMs());
      return {
        login,
        state: 'answered',
        needsPassword,
        databases,
        readsCatalogs: catalogs?.['readable'] === true,
        isSuperuser: catalogs?.['superuser'] === true,
        settings: Object.fromEntries(rows.map((row) => [String(row['name']), String(row['value'])])),
      };
    } finally {
      session.close();
    }
  } catch (error) {
    return { login, state: 'refused', refusal: classifyAnswer(error) };
  }
}

/** What the server that has the database cluster in service tells the others, for their checks (K-10). */
export interface Told {
  readonly memoryBytes?: number;
  readonly needsPassword?: boolean;
  readonly ownerUid?: number;
  readonly version?: string;
}

/** Asks the database cluster and looks at its data directory. What cannot be found out is left away. */
export async function performTell(cluster: Cluster, deadline: number): Promise<Told> {
  const stat = await cluster.host.files.stat(cluster.parameters.dataDirectory).catch(() => undefined);
  const owner = stat ? { ownerUid: stat.uid } : {};
  const found = await inspectCluster(cluster, deadline);
  if (found.state === 'refused') return owner;
  const memoryBytes = memoryOf(found.settings);
  const version = parseServerVersion(found.settings['server_version'] ?? '');
  return {
    ...owner,
    needsPassword: found.needsPassword,
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(version !== undefined && { version }),
  };
}

/** What came over a path, parsed: each fact counts only in the form that this version knows. */
export function parseTold(told: Readonly<Record<string, string | number | boolean>> = {}): Told {
  const { memoryBytes, needsPassword, ownerUid, version } = told;
  return {
    ...(typeof memoryBytes === 'number' && { memoryBytes }),
    ...(typeof needsPassword === 'boolean' && { needsPassword }),
    ...(typeof ownerUid === 'number' && { ownerUid }),
    ...(typeof version === 'string' && { version }),
  };
}
