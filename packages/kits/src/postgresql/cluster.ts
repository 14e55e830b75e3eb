import type { Host, ProcessView } from '../host.ts';
import type { ConnectionKeeper, ClusterLogin } from './connection-keeper.ts';
import { chooseDoor } from './door.ts';
import type { ReplayRate } from './estimate.ts';
import { isFamilyMember, isPostmaster, lookAgain, observeFamily, type ClusterPlace } from './identity.ts';
import type { Limits } from './limits.ts';
import { parseLockFile, type LockFile } from './lock-file.ts';
import { postgresPath, type PostgresqlParameters } from './parameters.ts';

/** What the kit keeps between two calls, by data directory: bounded by the number of resources. */
export interface KitState {
  readonly connections: ConnectionKeeper;
  /** Postmasters that were seen running here and have not been stopped by Holdfast since. */
  readonly sightings: Map<string, Sighting>;
  /** How fast crash recoveries went here (B-06). */
  readonly replayRates: Map<string, ReplayRate>;
  /** Password file of the daemon's user. */
  readonly passwordFile: string;
}

/** A postmaster and whose it is. `judgedAt`: when the service manager was asked last. */
export interface Sighting {
  readonly postmaster: ProcessView;
  readonly byHand: boolean;
  readonly judgedAt: number;
}

/** One database cluster on this server. */
export interface Cluster {
  readonly host: Host;
  readonly parameters: PostgresqlParameters;
  readonly state: KitState;
  /** Of the account that a new service runs as. */
  readonly password?: (() => string) | undefined;
  /** As the tunables of this action say (K-18). */
  readonly limits: Limits;
}

/** What of a database cluster is there. */
export type Sight =
  | { readonly kind: 'running'; readonly postmaster: ProcessView; readonly byHand: boolean }
  /** Several servers share this machine, and the postmaster is another one's (processScope `own`). */
  | { readonly kind: 'elsewhere'; readonly postmaster: ProcessView }
  | { readonly kind: 'single-user'; readonly process: ProcessView }
  /** Backends that outlived their postmaster. */
  | { readonly kind: 'orphans'; readonly members: readonly ProcessView[] }
  | { readonly kind: 'nothing' };

export function placeOf(parameters: PostgresqlParameters): ClusterPlace {
  return { executable: postgresPath(parameters), directory: parameters.dataDirectory };
}

/** The lock file; `undefined` also where the disk does not answer: then the process table alone counts. */
export async function readLockFile(cluster: Cluster): Promise<LockFile | undefined> {
  const text = await cluster.host.files
    .read(`${cluster.parameters.dataDirectory}/postmaster.pid`)
    .catch(() => undefined);
  return text === undefined ? undefined : parseLockFile(text);
}

/** The administrator's login to `template1`. */
export async function loginOf(cluster: Cluster, lock: LockFile | undefined): Promise<ClusterLogin> {
  const { host, parameters, state } = cluster;
  return {
    door: await chooseDoor(host.files, parameters, lock),
    user: parameters.user,
    database: 'template1',
    files: host.files,
    passwordFile: state.passwordFile,
    directory: parameters.dataDirectory,
  };
}

/** How long an answer of the service manager is good for a postmaster that stays the same. */
const judgementMs = 60_000;

/**
 * Says what of the cluster is there. A postmaster that was seen before is looked up by its number and start; only
 * one that is new costs a question to the service manager, and only where there is none the whole process table.
 */
export async function observeCluster(cluster: Cluster): Promise<Sight> {
  const known = await recognise(cluster);
  if (known) return known;
  const place = placeOf(cluster.parameters);
  const lock = await readLockFile(cluster);
  const named = lock && (await cluster.host.processes.get(lock.pid));
  if (named && isFamilyMember(named, place) && isPostmaster(named)) {
    const parent = await cluster.host.processes.get(named.parent);
    if (!parent || !isFamilyMember(parent, place)) return recordSighting(cluster, named);
  }
  const family = await observeFamily(cluster.host.processes, place);
  const [postmaster] = family.postmasters;
  if (postmaster) return recordSighting(cluster, postmaster);
  const [process] = family.singleUser;
  if (process) return { kind: 'single-user', process };
  const members = [...family.children, ...family.programs];
  return members.length > 0 ? { kind: 'orphans', members } : { kind: 'nothing' };
}

async function recognise(cluster: Cluster): Promise<Sight | undefined> {
  const sighting = cluster.state.sightings.get(cluster.parameters.dataDirectory);
  if (!sighting) return undefined;
  const postmaster = await lookAgain(cluster.host.processes, sighting.postmaster);
  if (!postmaster || !isFamilyMember(postmaster, placeOf(cluster.parameters))) return undefined;
  if (cluster.host.clock.now() - sighting.judgedAt > judgementMs) return recordSighting(cluster, postmaster);
  return { kind: 'running', postmaster, byHand: sighting.byHand };
}

/** Asks the service manager whose the postmaster is, and remembers one that is ours. */
export async function recordSighting(cluster: Cluster, postmaster: ProcessView): Promise<Sight> {
  const owner = await judgeOwner(cluster, postmaster);
  if (owner === 'elsewhere') return { kind: 'elsewhere', postmaster };
  const byHand = owner === 'by-hand';
  cluster.state.sightings.set(cluster.parameters.dataDirectory, {
    postmaster,
    byHand,
    judgedAt: cluster.host.clock.now(),
  });
  return { kind: 'running', postmaster, byHand };
}

/** Whose is this postmaster? `elsewhere` only where several servers share the machine. */
export async function judgeOwner(
  cluster: Cluster,
  postmaster: ProcessView,
): Promise<'service' | 'by-hand' | 'elsewhere'> {
  const { host, parameters } = cluster;
  const service = await host.services.get(parameters.service);
  if (service?.mainPid !== undefined) {
    if (await descendsFrom(cluster, postmaster, service.mainPid)) return 'service';
  } else if (service?.state === 'running' || service?.state === 'starting') return 'service';
  return host.processScope === 'own' ? 'elsewhere' : 'by-hand';
}

/** Services may start `postgres` by a wrapper that stays. */
async function descendsFrom(cluster: Cluster, view: ProcessView, ancestor: number): Promise<boolean> {
  let current: ProcessView | undefined = view;
  for (let generation = 0; generation < 5 && current; generation += 1) {
    if (current.pid === ancestor) return true;
    if (current.parent <= 1) return false;
    current = await cluster.host.processes.get(current.parent);
  }
  return false;
}

/** Waits, but not beyond an abort. */
export async function pause(host: Host, ms: number, signal?: AbortSignal): Promise<void> {
  await host.clock.wait(ms, signal).catch(() => undefined);
}
