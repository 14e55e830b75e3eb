import type { Text } from '../text.ts';

/** The volume recovery kit. */
export const volumeReasons = {
  'volume-busy': {
    en: 'the volume is in use and cannot be unmounted',
    ja: 'ボリュームが使用中のため、アンマウントできません',
  },
  'volume-users-ended': {
    en: '{users} processes that used {mountPoint} were ended: {processes}',
    ja: '{mountPoint} を使用していたプロセス {users} 個を終了しました: {processes}',
  },
  'boot-fine': {
    en: 'the volume is not mounted at boot',
    ja: 'ボリュームは起動時にマウントされません',
  },
  'device-fine': {
    en: 'the device is there',
    ja: 'デバイスが存在します',
  },
  'directory-fine': {
    en: 'the directory is there',
    ja: 'ディレクトリーが存在します',
  },
  'file-system-fine': {
    en: 'the file system is the expected one',
    ja: 'ファイルシステムは想定どおりです',
  },
  'mount-point-fine': {
    en: 'the mount point is free',
    ja: 'マウントポイントは使用できます',
  },
  'not-in-service-here-fine': {
    en: 'the volume is not mounted on this server',
    ja: 'ボリュームはこのサーバーにマウントされていません',
  },
  'owner-record-fine': {
    en: 'no other cluster or hierarchy has the volume',
    ja: 'ボリュームは他のクラスターやリソース階層のものではありません',
  },
  'root-fine': {
    en: 'the daemon may mount the volume',
    ja: 'デーモンにマウントの権限があります',
  },
  'shared-fine': {
    en: 'the storage is that of the other servers',
    ja: '他のサーバーと同じストレージです',
  },
  mounting: {
    en: '{device} is being mounted on {mountPoint}',
    ja: '{device} を {mountPoint} にマウントしています',
  },
  'mount-changing': {
    en: 'a mount or unmount of {mountPoint} is still under way',
    ja: '{mountPoint} のマウントまたはアンマウントが進行中です',
  },
  'waiting-for-device': {
    en: 'the device {device} is waited for',
    ja: 'デバイス {device} を待っています',
  },
  'volume-not-mounted': {
    en: '{device} is not mounted on {mountPoint}',
    ja: '{device} は {mountPoint} にマウントされていません',
  },
  'volume-not-in-service': {
    en: 'the volume {path} is not in service here',
    ja: 'ボリューム {path} はこのサーバーで In Service ではありません',
  },
  'volume-slow': {
    en: 'the volume {volume} has not answered for {waitedMs} ms',
    ja: 'ボリューム {volume} が {waitedMs} ミリ秒間応答していません',
  },
  'path-protected': {
    en: '{path} is on the protected volume {volume}',
    ja: '{path} は保護されたボリューム {volume} 上にあります',
  },
} as const satisfies Record<string, Text>;
