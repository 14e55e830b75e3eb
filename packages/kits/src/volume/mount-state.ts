import type { Host, MountView } from '../host.ts';
import type { DeviceVolume } from './parameters.ts';

/** What is on the mount point of a device volume. */
export type MountState =
  | { readonly state: 'absent'; readonly elsewhere: MountView | undefined }
  | { readonly state: 'mounted'; readonly readOnly: boolean }
  /** Something else is mounted there. */
  | { readonly state: 'taken'; readonly source: string }
  /** A mount or unmount was begun and has not ended: nothing is certain. */
  | { readonly state: 'changing' };

/**
 * Looks at the kernel's table of mounts, which no disk can make wait. A device is known by its number. When the device
 * is not there any more, what is on the mount point is taken for the volume: it may be its remains.
 */
export async function observeMount(host: Host, parameters: DeviceVolume): Promise<MountState> {
  const { device, mountPoint } = parameters;
  if (host.volumes.isChanging(mountPoint)) return { state: 'changing' };
  const [mounts, number] = await Promise.all([host.volumes.mounts(), host.volumes.deviceNumber(device)]);
  const here = mounts.findLast((mount) => mount.mountPoint === mountPoint);
  if (here && (number === undefined || here.deviceNumber === number)) {
    return { state: 'mounted', readOnly: here.readOnly };
  }
  if (here) return { state: 'taken', source: here.source };
  return { state: 'absent', elsewhere: mounts.find((mount) => mount.deviceNumber === number) };
}
