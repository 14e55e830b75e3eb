import { because } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { HostError, type ProcessView, type ServiceDefinition } from '../host.ts';
import { findAccount } from './account.ts';
import { observeCluster, recordSighting, type Cluster } from './cluster.ts';
import { postgresPath } from './parameters.ts';

// Archive commands and the like are looked for here when the service manager gives no path of its own.
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

// A service manager may shield the postmaster from the kernel's out-of-memory killer; its children give that up
// (PostgreSQL documentation, "Linux Memory Overcommit").
const forChildren = { PG_OOM_ADJUST_FILE: '/proc/self/oom_score_adj', PG_OOM_ADJUST_VALUE: '0' };

/** The service that Holdfast makes for a cluster that has none: `postgres` itself, with `-p port` (K-02, K-05). */
export function defineService(cluster: Cluster, user: string): ServiceDefinition {
  const { parameters } = cluster;
  return {
    name: parameters.service,
    user,
    command: [
      postgresPath(parameters),
      '-D',
      parameters.dataDirectory,
      '-p',
      String(parameters.port),
      ...parameters.arguments,
    ],
    directory: parameters.dataDirectory,
    environment: { PATH: searchPath, ...forChildren },
  };
}

/** Makes the service where it is Holdfast's to make. Throws `HostError` `service-missing` where it is not. */
export async function createMissingService(cluster: Cluster): Promise<boolean> {
  const { host, parameters } = cluster;
  if (await host.services.get(parameters.service)) return false;
  if (parameters.serviceOrigin !== 'created') {
    throw new HostError('service-missing', { service: parameters.service });
  }
  const user = parameters.account ?? (await ownerOf(cluster));
  if (user === undefined) throw new HostError('account-missing', { user: '' });
  await host.services.create(defineService(cluster, user), cluster.password);
  return true;
}

/** The account that owns the data directory. */
export async function ownerOf(cluster: Cluster): Promise<string | undefined> {
  const stat = await cluster.host.files.stat(cluster.parameters.dataDirectory);
  return stat && (await findAccount(cluster.host, stat.uid))?.name;
}

/** Tells the service manager of a postmaster that was started by other means, where it can be told. */
export async function takeOverProcess(cluster: Cluster, postmaster: ProcessView): Promise<void> {
  const { host, parameters } = cluster;
  await createMissingService(cluster);
  await host.services.adopt(parameters.service, postmaster);
  await recordSighting(cluster, postmaster);
}

/**
 * Takes the database cluster into Holdfast's care: its service is there, and is not started by the boot (K-02, K-03).
 * A postmaster that runs outside of the service becomes the service's, also where several servers share a machine:
 * an operator has just said whose it is. `owns` is false on a server that is to stand by.
 */
export async function performAdopt(
  cluster: Cluster,
  { owns }: { readonly owns: boolean },
): Promise<ActionResult> {
  const { host, parameters } = cluster;
  let created = false;
  try {
    created = await createMissingService(cluster);
    await host.services.setStartMode(parameters.service, 'manual');
    const sight = await observeCluster(cluster);
    if ((sight.kind === 'elsewhere' && owns) || (sight.kind === 'running' && sight.byHand)) {
      await takeOverProcess(cluster, sight.postmaster);
    }
    return { state: 'ok' };
  } catch (error) {
    // A creation that fails leaves nothing behind (K-09).
    if (created) await host.services.delete(parameters.service).catch(() => undefined);
    else if (parameters.formerStartMode === 'automatic') {
      await host.services.setStartMode(parameters.service, 'automatic').catch(() => undefined);
    }
    return serviceFailure('service-not-adopted', parameters.service, error);
  }
}

/**
 * Lets the database cluster go: a service that Holdfast made is deleted, one that was there gets its former start mode
 * back (K-02). What runs goes on running (K-13).
 */
export async function performLetGo(cluster: Cluster): Promise<ActionResult> {
  const { host, parameters, state } = cluster;
  state.connections.drop(parameters.dataDirectory);
  state.sightings.delete(parameters.dataDirectory);
  try {
    if (!(await host.services.get(parameters.service))) return { state: 'ok' };
    await host.services.disown(parameters.service);
    if (parameters.serviceOrigin === 'created') await host.services.delete(parameters.service);
    else if (parameters.formerStartMode !== undefined) {
      await host.services.setStartMode(parameters.service, parameters.formerStartMode);
    }
    return { state: 'ok' };
  } catch (error) {
    if (error instanceof HostError && error.reason.code === 'service-running') {
      return { state: 'ok', warning: because('service-kept', { service: parameters.service }) };
    }
    return serviceFailure('service-not-let-go', parameters.service, error);
  }
}

function serviceFailure(code: string, service: string, error: unknown): ActionResult {
  const cause: Readonly<Record<string, string | number | boolean>> =
    error instanceof HostError
      ? { ...error.reason.facts, problem: error.reason.code }
      : { problem: String(error) };
  return { state: 'failed', scope: 'server', reason: because(code, { ...cause, service }) };
}
