import { because, type Parameters, type Reason } from '@holdfast/core';
import type { Host } from '../host.ts';
import type { FormVerdict } from '../kit.ts';
import { fileSystemTypes } from './parameters.ts';

/** The field that each check of a creation is about. */
export const checkedFields: Readonly<Record<string, string>> = {
  directory: 'path',
  device: 'device',
  'file-system': 'device',
  'mount-point': 'mountPoint',
  boot: 'mountPoint',
  root: 'device',
};

/** The type decides what else is asked; the file system only where the device does not tell it. */
export async function judgeForm(filledIn: Parameters, host: Host): Promise<FormVerdict> {
  const { type, path } = filledIn;
  switch (type) {
    case 'directory':
      return verdict(['type', 'path'], [['path', await findPathProblem(host, path)]]);
    case 'device':
      return verdict(
        ['type', 'mountPoint', 'device', ...(filledIn['uuid'] === undefined ? ['fsType'] : [])],
        [],
      );
    default:
      return verdict(['type'], []);
  }
}

function verdict(
  asked: readonly string[],
  judged: readonly (readonly [field: string, reason: Reason | undefined])[],
): FormVerdict {
  const problems = judged.flatMap(([field, reason]) => (reason ? [{ field, reason }] : []));
  return { asked, passwordNeeded: false, problems };
}

async function findPathProblem(host: Host, path: unknown): Promise<Reason | undefined> {
  if (typeof path !== 'string' || !path.startsWith('/')) return undefined;
  const real = await host.files.realPath(path);
  return real === undefined ? because('directory-missing', { path }) : undefined;
}

/**
 * The mounted volume that a path lies on, where it is one that could be protected. A folder on the root file system
 * may be shared storage or not: only a person knows.
 */
export async function suggestVolume(path: string, host: Host): Promise<Parameters | undefined> {
  const mounts = await host.volumes.mounts();
  const [mount] = mounts
    .filter(
      ({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint === '/' ? '' : mountPoint}/`),
    )
    .sort((a, b) => b.mountPoint.length - a.mountPoint.length);
  if (!mount || mount.mountPoint === '/' || mount.root !== '/') return undefined;
  const isDevice = mount.source.startsWith('/dev/') && fileSystemTypes.some((name) => name === mount.type);
  return isDevice
    ? { type: 'device', mountPoint: mount.mountPoint, device: mount.source }
    : { type: 'directory', path: mount.mountPoint };
}
