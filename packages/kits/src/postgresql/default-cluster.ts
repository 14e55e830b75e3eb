import { posix } from 'node:path';
import { failedFinding, passedFinding } from '../findings.ts';
import type { Finding } from '../kit.ts';
import type { Cluster } from './cluster.ts';
import { parseStartOptions } from './lock-file.ts';

/** A database cluster of this server alone, by the service that would start it. */
interface OwnCluster {
  readonly service: string;
  readonly directory: string;
}

/**
 * The database cluster that came with the target's own packages must not lie where the protected volumes are mounted: it
 * would be hidden beneath them, or started on them (K-10). `volumes`: where the volumes of the hierarchy are in service.
 */
export async function checkDefaultCluster(cluster: Cluster, volumes: readonly string[]): Promise<Finding> {
  for (const { service, directory } of await findOwnClusters(cluster)) {
    if (directory === cluster.parameters.dataDirectory) continue;
    if (volumes.some((volume) => isBelow(directory, volume)))
      return failedFinding('default-cluster', 'default-cluster-on-volume', { service, directory });
  }
  return passedFinding('default-cluster');
}

/** Where packages of Debian and of PostgreSQL's own repository put the first database cluster. */
async function findOwnClusters(cluster: Cluster): Promise<readonly OwnCluster[]> {
  const { host, parameters } = cluster;
  const service = await host.services.get(parameters.service);
  const named = service && parseStartOptions(service.command.slice(1)).dataDirectory;
  const major = parameters.majorVersion;
  const usual: readonly OwnCluster[] = [
    ...(major === undefined
      ? []
      : [
          { service: `postgresql@${major}-main`, directory: `/var/lib/postgresql/${major}/main` },
          { service: `postgresql-${major}`, directory: `/var/lib/pgsql/${major}/data` },
        ]),
    { service: 'postgresql', directory: '/var/lib/pgsql/data' },
  ];
  const found: OwnCluster[] = named === undefined ? [] : [{ service: parameters.service, directory: named }];
  for (const one of usual) {
    const real = await host.files.realPath(one.directory);
    if (real === undefined) continue;
    if ((await host.files.stat(`${real}/PG_VERSION`)) !== undefined)
      found.push({ service: one.service, directory: real });
  }
  return found;
}

function isBelow(path: string, directory: string): boolean {
  const way = posix.relative(directory, path);
  return way === '' || (way !== '..' && !way.startsWith('../'));
}
