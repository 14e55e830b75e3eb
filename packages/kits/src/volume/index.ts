import type { Parameters } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import type { Host } from '../host.ts';
import type { CheckContext, Kit } from '../kit.ts';
import { deepCheckVolume, quickCheckVolume } from './check.ts';
import { checkedFields, judgeForm, suggestVolume } from './form.ts';
import { inServiceMark } from './in-service-mark.ts';
import { limits } from './limits.ts';
import { ownerPath, readOwnerRecord } from './owner-record.ts';
import {
  defaultTag,
  perServerFields,
  rootOf,
  volumeFields,
  volumeParameters,
  type VolumeParameters,
} from './parameters.ts';
import { settled } from './outcome.ts';
import { removeVolume } from './remove.ts';
import { restoreVolume } from './restore.ts';
import { examineVolume, prepareExtendVolume, validateVolume } from './validate.ts';

/**
 * Volumes: a shared block device with ext4 or xfs, or a folder on storage that something else manages. The
 * volume itself remembers its owner and the owner's term: the second barrier beside the lease. No file system check is
 * run: the mount replays the journal, and what needs more is a cause in the data, for a person.
 */
export const volumeKit: Kit<VolumeParameters> = {
  name: 'volume',
  schema: volumeParameters,
  fields: volumeFields,
  perServer: perServerFields,
  defaults: findDefaults,
  defaultTag,
  judgeForm,
  checkedFields,
  validate: validateVolume,
  prepareExtend: prepareExtendVolume,
  examine: examineVolume,
  requirements: () => Promise.resolve([]),
  provides: rootOf,
  suggest: suggestVolume,
  restore: restoreVolume,
  remove: removeVolume,
  quickCheck: quickCheckVolume,
  deepCheck: deepCheckVolume,
  adopt: () => Promise.resolve({ state: 'ok' }),
  letGo,
  watch: () => () => undefined,
  killPlan: (parameters, host) =>
    parameters.type === 'device'
      ? [{ kind: 'unmount', mountPoint: parameters.mountPoint }]
      : [{ kind: 'forget', file: inServiceMark(host, parameters) }],
};

/** Finds the device of a mount point or the other way round, and what file system is on it. */
async function findDefaults(given: Parameters, host: Host): Promise<Parameters> {
  const { type, path, device, mountPoint } = given;
  if (type === 'directory' || (type === undefined && path !== undefined)) return { type: 'directory' };
  const mounts = await host.volumes.mounts();
  const number = typeof device === 'string' ? await host.volumes.deviceNumber(device) : undefined;
  const mount =
    typeof mountPoint === 'string'
      ? mounts.findLast((view) => view.mountPoint === mountPoint)
      : mounts.find((view) => view.deviceNumber === number && view.root === '/');
  const source = typeof device === 'string' ? device : mount?.source;
  const signature = source?.startsWith('/dev/') ? await findSignature(host, source) : undefined;
  return {
    type: 'device',
    ...(source !== undefined && { device: source }),
    ...(mount && { mountPoint: mount.mountPoint }),
    ...(signature && { fsType: signature.type, uuid: signature.uuid }),
  };
}

/** A default that cannot be found is none: the creation checks say what is wrong with the device. */
function findSignature(host: Host, device: string) {
  return host.volumes.signature(device, limits.ioMs).catch(() => undefined);
}

/** Forgets the ownership where the volume is in service here; elsewhere it is another server's to forget. */
function letGo(context: CheckContext<VolumeParameters>): Promise<ActionResult> {
  const { host, parameters, server, signal } = context;
  const root = rootOf(parameters);
  return settled({ root, signal }, async () => {
    const inService = await quickCheckVolume(context);
    if (inService.state !== 'not-running') {
      const found = await readOwnerRecord(host, root);
      if (found.state === 'found' && found.record.server === server) await host.files.delete(ownerPath(root));
    }
    if (parameters.type === 'directory') await host.files.delete(inServiceMark(host, parameters));
    return { state: 'ok' };
  });
}
