import { because, type Reason } from '@holdfast/core';
import { examineSpace } from '../judge-space.ts';
import type { CheckContext, ExamineContext, Finding } from '../kit.ts';
import { limits } from './limits.ts';
import { ownerPath, readOwnerRecord } from './owner-record.ts';
import {
  fileSystemTypes,
  rootOf,
  type DeviceVolume,
  type DirectoryVolume,
  type VolumeParameters,
} from './parameters.ts';
import { observeMount } from './mount-state.ts';
import { reasonOf } from './outcome.ts';

type Context<P = VolumeParameters> = CheckContext<P>;

/** Checks of a creation: the volume is there, it is what it is said to be, and nobody else has it. */
export async function validateVolume(context: Context): Promise<readonly Finding[]> {
  const place = await findingsOfPlace(context);
  return [...place, await judged('owner-record', context, () => findForeignRecord(context))];
}

/** Checks of an extension on its target: the same, except that the volume is in service on another server meanwhile. */
export async function prepareExtendVolume(context: Context): Promise<readonly Finding[]> {
  const { parameters } = context;
  const place = await findingsOfPlace(context);
  if (parameters.type === 'directory') {
    // A folder of the same name on another disk would start an old copy of the data, or an empty one.
    return [...place, await judged('shared', context, () => findMissingRecord(context))];
  }
  return [
    ...place,
    await judged('not-in-service-here', context, () => findMount({ ...context, parameters })),
  ];
}

/** The doctor's checks: the volume can be brought in here, or is in service with room left. */
export async function examineVolume(context: ExamineContext<VolumeParameters>): Promise<readonly Finding[]> {
  if (context.role === 'standby') return prepareExtendVolume(context);
  const [place, space] = await Promise.all([
    findingsOfPlace(context),
    examineSpace(context.host, rootOf(context.parameters)),
  ]);
  return [...place, space];
}

async function findingsOfPlace(context: Context): Promise<readonly Finding[]> {
  const { parameters } = context;
  if (parameters.type === 'directory') {
    return [await judged('directory', context, () => findDirectoryProblem({ ...context, parameters }))];
  }
  const device = { ...context, parameters };
  const there = await judged('device', context, () => findDeviceProblem(device));
  const rest = await Promise.all([
    judged('mount-point', context, () => findMountPointProblem(device)),
    judged('boot', context, () => findBootMount(device), 'warned'),
    judged('root', context, () => Promise.resolve(findRootProblem(device))),
  ]);
  if (there.outcome === 'failed') return [there, ...rest];
  return [there, await judged('file-system', context, () => findFileSystemProblem(device)), ...rest];
}

/** Makes a finding of a search for a problem. What cannot be looked at is a problem too. */
async function judged(
  check: string,
  { parameters }: Context,
  search: () => Promise<Reason | undefined>,
  problemIs: 'failed' | 'warned' = 'failed',
): Promise<Finding> {
  const root = rootOf(parameters);
  const problem = await search().catch((error: unknown) => reasonOf(error, root));
  if (problem) return { check, outcome: problemIs, reason: problem };
  return { check, outcome: 'passed', reason: because(`${check}-fine`, { volume: root }) };
}

async function findDeviceProblem({ host, parameters }: Context<DeviceVolume>): Promise<Reason | undefined> {
  const { device } = parameters;
  if ((await host.volumes.deviceNumber(device)) !== undefined) return undefined;
  const real = await host.files.realPath(device);
  return because(real === undefined ? 'device-missing' : 'not-a-block-device', { device });
}

async function findFileSystemProblem({
  host,
  parameters,
}: Context<DeviceVolume>): Promise<Reason | undefined> {
  const { device, fsType, uuid } = parameters;
  const found = await host.volumes.signature(device, limits.ioMs);
  if (!found) return because('file-system-missing', { device });
  const { type } = found;
  const known = fileSystemTypes.some((name) => name === type);
  if (!known) return because('file-system-unknown', { device, type, known: fileSystemTypes.join(', ') });
  if (type !== fsType) return because('file-system-differs', { device, type, expected: fsType });
  if (uuid === undefined || found.uuid.toLowerCase() === uuid.toLowerCase()) return undefined;
  return because('device-not-this-volume', { device, expected: uuid, found: found.uuid });
}

async function findMountPointProblem({
  host,
  parameters,
}: Context<DeviceVolume>): Promise<Reason | undefined> {
  const { mountPoint, device } = parameters;
  const real = await host.files.realPath(mountPoint);
  if (real === undefined) return because('mount-point-missing', { mountPoint });
  if (real !== mountPoint) return because('mount-point-is-link', { mountPoint, real });
  if ((await host.files.stat(mountPoint))?.kind !== 'directory') {
    return because('mount-point-no-directory', { mountPoint });
  }
  const seen = await observeMount(host, parameters);
  if (seen.state === 'taken') return because('mount-point-taken', { mountPoint, source: seen.source });
  if (seen.state !== 'absent' || !seen.elsewhere) return undefined;
  return because('volume-mounted-elsewhere', { device, elsewhere: seen.elsewhere.mountPoint });
}

async function findBootMount({ host, parameters }: Context<DeviceVolume>): Promise<Reason | undefined> {
  const { device, mountPoint } = parameters;
  const automatic = await host.volumes.isMountedAtBoot({ device, mountPoint });
  return automatic ? because('mounted-at-boot', { device, mountPoint }) : undefined;
}

function findRootProblem({ host, parameters }: Context<DeviceVolume>): Reason | undefined {
  return host.isRoot ? undefined : because('not-root', { action: `mount ${parameters.device}` });
}

async function findMount({ host, parameters }: Context<DeviceVolume>): Promise<Reason | undefined> {
  const { device, mountPoint } = parameters;
  const seen = await observeMount(host, parameters);
  return seen.state === 'mounted' ? because('volume-mounted-here', { device, mountPoint }) : undefined;
}

async function findDirectoryProblem({
  host,
  parameters,
}: Context<DirectoryVolume>): Promise<Reason | undefined> {
  const { path } = parameters;
  const real = await host.files.realPath(path);
  if (real === undefined) return because('directory-missing', { path });
  return (await host.files.stat(real))?.kind === 'directory'
    ? undefined
    : because('not-a-directory', { path });
}

/** A record on a new volume is of somebody who has it, or a leftover: which of both only a person knows. */
async function findForeignRecord({ host, parameters }: Context): Promise<Reason | undefined> {
  const root = rootOf(parameters);
  if (parameters.type === 'device' && (await observeMount(host, parameters)).state !== 'mounted') {
    return undefined;
  }
  const found = await readOwnerRecord(host, root);
  const path = ownerPath(root);
  switch (found.state) {
    case 'absent':
      return undefined;
    case 'found': {
      const { cluster, hierarchy, server, at } = found.record;
      return because('volume-has-owner', { path, cluster, hierarchy, server, at });
    }
    case 'newer':
      return because('volume-record-newer', { path, formatVersion: found.formatVersion });
    case 'damaged':
      return because('volume-record-damaged', { path });
    default:
      return found satisfies never;
  }
}

/** A volume that is in service elsewhere has a record: a folder without one is probably another folder. */
async function findMissingRecord({ host, parameters }: Context): Promise<Reason | undefined> {
  const root = rootOf(parameters);
  const found = await readOwnerRecord(host, root);
  return found.state === 'absent' ? because('volume-record-missing', { path: ownerPath(root) }) : undefined;
}
