import type { Requirement } from '../kit.ts';
import { loginOf, observeCluster, readLockFile, type Cluster } from './cluster.ts';
import { parseOptionsFile } from './lock-file.ts';
import { configurationFiles } from './statements.sql.ts';

const linkLimit = 1_000;

/**
 * What must lie on volumes of the hierarchy (K-07): the data directory, tablespaces, a linked `pg_wal`, and
 * configuration files outside of the data directory. The running server says where its configuration is; one that does
 * not answer is judged by its command line.
 */
export async function findRequirements(cluster: Cluster, deadline: number): Promise<readonly Requirement[]> {
  const { files } = cluster.host;
  const directory = cluster.parameters.dataDirectory;
  const found: Requirement[] = [{ path: directory, why: 'data-directory' }];
  const wal = await files.realPath(`${directory}/pg_wal`);
  if (wal !== undefined && !isBelow(wal, directory)) found.push({ path: wal, why: 'write-ahead-log' });
  const tablespaces = (await files.list(`${directory}/pg_tblspc`)) ?? [];
  for (const name of tablespaces.slice(0, linkLimit)) {
    const path = await files.realPath(`${directory}/pg_tblspc/${name}`);
    if (path !== undefined && !isBelow(path, directory)) found.push({ path, why: 'tablespace' });
  }
  for (const path of await findConfigurationFiles(cluster, deadline)) {
    const real = (await files.realPath(path)) ?? path;
    if (!isBelow(real, directory)) found.push({ path: real, why: 'configuration' });
  }
  return found.filter((one, index) => found.findIndex((other) => other.path === one.path) === index);
}

function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

async function findConfigurationFiles(cluster: Cluster, deadline: number): Promise<readonly string[]> {
  const { host, parameters, state } = cluster;
  const sight = await observeCluster(cluster);
  if (sight.kind === 'running' || sight.kind === 'elsewhere') {
    try {
      const login = await loginOf(cluster, await readLockFile(cluster));
      const leftMs = Math.max(1, deadline - host.clock.now());
      const rows = await state.connections.ask(login, configurationFiles, leftMs);
      return rows.map((row) => String(row['setting'])).filter((path) => path.startsWith('/'));
    } catch {
      // The login has a check of its own; the command line may still tell.
    }
  }
  const command = parseOptionsFile(
    (await host.files.read(`${parameters.dataDirectory}/postmaster.opts`)) ?? '',
  );
  return (command?.arguments ?? []).flatMap((argument) => {
    const path = /^(?:--)?(?:config|hba|ident)_file=(\/.*)$/.exec(argument)?.[1];
    return path === undefined ? [] : [path];
  });
}
