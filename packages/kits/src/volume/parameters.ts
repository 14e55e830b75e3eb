import { posix } from 'node:path';
import { z } from 'zod';
import type { FieldText } from '../kit.ts';

/** An absolute path in its shortest form: it is compared with what the kernel shows of mounts. */
const path = z
  .string()
  .max(1024)
  .regex(/^\/[^\p{Cc}]+$/u, { error: 'an absolute path is needed' })
  .refine((value) => posix.normalize(value) === value && !value.endsWith('/'), {
    error: 'a path without "." and ".." and without "/" at the end is needed',
  });

/** File systems with a journal: the mount itself repairs what a power loss left. */
export const fileSystemTypes = ['ext4', 'xfs'] as const;

/** Mount options that would undo what the kit relies on. */
const refusedOptions: readonly string[] = ['ro', 'noload', 'norecovery', 'remount', 'bind', 'rbind', 'loop'];

const mountOption = z
  .string()
  .regex(/^[a-z0-9_]+(=[A-Za-z0-9_./:-]+)?$/, { error: 'a mount option is a name, or name=value' })
  .refine((option) => !refusedOptions.includes(option), { error: 'this mount option is not possible here' });

/** A block device that every server of the hierarchy can reach, with a file system that one of them mounts. */
const deviceVolume = z.strictObject({
  type: z.literal('device'),
  device: path.refine((value) => value.startsWith('/dev/'), { error: 'a path below /dev is needed' }),
  mountPoint: path,
  fsType: z.enum(fileSystemTypes),
  options: z.array(mountOption).max(50).default([]),
  /** What the device must carry: after a change of names another disk is not mistaken for it. */
  uuid: z
    .string()
    .regex(/^[0-9a-fA-F-]{4,36}$/)
    .optional(),
});

/** A folder on storage that something else manages: it is there on every server, and nothing is mounted. */
const directoryVolume = z.strictObject({ type: z.literal('directory'), path });

/** Parameters of one volume. */
export const volumeParameters = z.discriminatedUnion('type', [deviceVolume, directoryVolume]);

export type DeviceVolume = z.infer<typeof deviceVolume>;
export type DirectoryVolume = z.infer<typeof directoryVolume>;
export type VolumeParameters = z.infer<typeof volumeParameters>;

/** The same disk may have another name on another server. */
export const perServerFields: readonly string[] = ['device'];

/** The folder whose contents the volume is. */
export function rootOf(parameters: VolumeParameters): string {
  switch (parameters.type) {
    case 'device':
      return parameters.mountPoint;
    case 'directory':
      return parameters.path;
    default:
      return parameters satisfies never;
  }
}

/** `volume-srv-data` for what is at `/srv/data`. */
export function defaultTag(parameters: VolumeParameters): string {
  const name = rootOf(parameters)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^-+/, '');
  return `volume-${name}`.slice(0, 256);
}

export const volumeFields: Readonly<Record<string, FieldText>> = {
  mountPoint: {
    label: { en: 'Mount point', ja: 'マウントポイント' },
    help: {
      en: 'The folder on which the device is mounted, the same on every server; for the type "device"',
      ja: 'デバイスをマウントするディレクトリー。すべてのサーバーで同じものを使用します。タイプが「device」の場合に指定します',
    },
  },
  path: {
    label: { en: 'Directory', ja: 'ディレクトリー' },
    help: {
      en: 'A folder on storage that something else makes available on every server; for the type "directory"',
      ja: '他の仕組みによってすべてのサーバーから利用できるストレージ上のディレクトリー。タイプが「directory」の場合に指定します',
    },
  },
  type: {
    label: { en: 'Type', ja: 'タイプ' },
    help: {
      en: 'device: a shared block device that Holdfast mounts; directory: a folder that something else manages',
      ja: 'device: Holdfast がマウントする共有ブロックデバイス。directory: 他の仕組みが管理するディレクトリー',
    },
  },
  device: {
    label: { en: 'Device', ja: 'デバイス' },
    help: {
      en: 'The shared block device, best by a lasting name such as /dev/disk/by-id/…; it may differ from server to server',
      ja: '共有ブロックデバイス。/dev/disk/by-id/… のような変わらない名前を推奨します。サーバーごとに異なってもかまいません',
    },
  },
  fsType: {
    label: { en: 'File system', ja: 'ファイルシステム' },
    help: {
      en: 'ext4 or xfs; found by itself when the device can be read',
      ja: 'ext4 または xfs。デバイスを読み取れる場合は自動的に決定されます',
    },
  },
  options: {
    label: { en: 'Mount options', ja: 'マウントオプション' },
    help: {
      en: 'Options for the mount, for example noatime; none are needed',
      ja: 'マウント時のオプション (例: noatime)。指定しなくてもかまいません',
    },
  },
  uuid: {
    label: { en: 'UUID of the file system', ja: 'ファイルシステムの UUID' },
    help: {
      en: 'Found by itself; a device with another one is never mounted',
      ja: '自動的に決定されます。UUID が異なるデバイスはマウントされません',
    },
  },
};
