import { because } from '@holdfast/core';
import type { ServiceView } from '../host.ts';
import { findAccount } from './account.ts';
import type { Cluster } from './cluster.ts';
import { readDataVersion, readMajorVersion } from './executables.ts';
import { postgresPath } from './parameters.ts';
import type { StartFailure } from './start-failure.ts';

/** What of a database cluster these conditions look at; a form may have no more than that yet. */
type Part<K extends keyof Cluster['parameters']> = Pick<Cluster, 'host'> & {
  readonly parameters: Pick<Cluster['parameters'], K>;
};
type DirectoryPart = Pick<Cluster, 'host'> & {
  readonly parameters: Pick<Cluster['parameters'], 'dataDirectory' | 'account'> & {
    readonly service?: string | undefined;
  };
};

function refuse(
  scope: 'server' | 'data',
  code: string,
  facts: Record<string, string | number>,
): StartFailure {
  return { scope, reason: because(code, facts) };
}

/** What must be right before a start (K-14). `undefined`: all of it. */
export async function judgeStart(cluster: Cluster): Promise<StartFailure | undefined> {
  const results = await Promise.all([
    judgeExecutables(cluster),
    judgeDirectory(cluster),
    judgeVersion(cluster),
  ]);
  return results.find((failure) => failure !== undefined);
}

/** The kill plan finds processes by their executable: what is started must be the file of that very name. */
export async function judgeExecutables(cluster: Part<'executables'>): Promise<StartFailure | undefined> {
  const executable = postgresPath(cluster.parameters);
  const real = await cluster.host.files.realPath(executable).catch(() => undefined);
  if (real === undefined) return refuse('server', 'executables-missing', { executable });
  if (real !== executable) return refuse('server', 'executables-linked', { executable, real });
  return undefined;
}

/** The data directory belongs to the service's account, and to nobody else more than PostgreSQL allows (0750). */
export async function judgeDirectory(cluster: DirectoryPart): Promise<StartFailure | undefined> {
  const { host, parameters } = cluster;
  const directory = parameters.dataDirectory;
  const [stat, real] = await Promise.all([host.files.stat(directory), host.files.realPath(directory)]);
  if (!stat || real === undefined) return refuse('data', 'data-directory-missing', { directory });
  if (real !== directory) return refuse('data', 'data-directory-linked', { directory, real });
  if (stat.kind !== 'directory') return refuse('data', 'data-directory-missing', { directory });
  if ((stat.mode & 0o027) !== 0) {
    return refuse('data', 'data-directory-mode', { directory, mode: stat.mode.toString(8) });
  }
  const account = await accountOf(cluster);
  const uid = account === undefined ? undefined : (await findAccount(host, account))?.uid;
  if (account !== undefined && uid === undefined) return refuse('server', 'account-missing', { account });
  if (uid !== undefined && uid !== stat.uid) {
    return refuse('server', 'data-directory-owner', {
      directory,
      owner: stat.uid,
      account: account ?? '',
      uid,
    });
  }
  return undefined;
}

/** Who runs the service; `undefined` when the service does not say. */
async function accountOf(cluster: DirectoryPart): Promise<string | undefined> {
  const { service: name, account } = cluster.parameters;
  const service = name === undefined ? undefined : await cluster.host.services.get(name);
  return accountOfService(service) ?? account;
}

// A unit without a user runs as root and changes to another account by itself, as Debian's pg_ctlcluster does.
export function accountOfService(service: ServiceView | undefined): string | undefined {
  return service === undefined || service.user === '' || service.user === 'root' ? undefined : service.user;
}

export async function judgeVersion(
  cluster: Part<'executables' | 'dataDirectory'>,
): Promise<StartFailure | undefined> {
  const { host, parameters } = cluster;
  const directory = parameters.dataDirectory;
  const [ours, data] = await Promise.all([
    readMajorVersion(host, postgresPath(parameters)),
    readDataVersion(host, directory),
  ]);
  if (data === undefined) return refuse('data', 'data-directory-empty', { directory });
  if (ours === undefined)
    return refuse('server', 'executables-unusable', { executables: parameters.executables });
  return ours === data ? undefined : refuse('server', 'version-mismatch', { executables: ours, data });
}
