import type { ErrorEntry } from './entry.ts';

/** The volume recovery kit: devices, mount points and file systems. */
export const volumeCheckErrors = {
  'HF-VOL-001': {
    kind: 'refused',
    message: {
      en: 'there is no device {device}',
      ja: 'デバイス {device} が存在しません',
    },
    remedy: {
      en:
        'Check that the storage is connected to this server; a name below /dev/disk/by-id lasts over ' +
        'restarts.',
      ja:
        'ストレージがこのサーバーに接続されていることを確認してください。' +
        '/dev/disk/by-id の名前は再起動後も変わりません。',
    },
    reasons: ['device-missing'],
  },
  'HF-VOL-002': {
    kind: 'refused',
    message: {
      en: 'the device {device} carries the file system {found}, not {expected}',
      ja: 'デバイス {device} のファイルシステムは {expected} ではなく {found} です',
    },
    remedy: {
      en: 'Another disk has this name now: give the right device for this server.',
      ja: 'この名前は別のディスクのものになっています。このサーバーの正しいデバイスを指定してください。',
    },
    reasons: ['device-not-this-volume'],
  },
  'HF-VOL-003': {
    kind: 'failed',
    message: {
      en: 'the device {device} is in use by another program',
      ja: 'デバイス {device} は他のプログラムが使用しています',
    },
    remedy: {
      en: 'Find who holds it ("lsof", "dmsetup ls", "multipath -ll") and end that.',
      ja: '使用しているプログラムを確認し (「lsof」「dmsetup ls」「multipath -ll」)、終了してください。',
    },
    reasons: ['device-in-use'],
  },
  'HF-VOL-004': {
    kind: 'refused',
    message: {
      en: '{device} is no block device',
      ja: '{device} はブロックデバイスではありません',
    },
    remedy: {
      en: 'Name the disk or partition with the file system.',
      ja: 'ファイルシステムのあるディスクまたはパーティションを指定してください。',
    },
    reasons: ['not-a-block-device'],
  },
  'HF-VOL-005': {
    kind: 'refused',
    message: {
      en: 'there is no mount point {mountPoint}',
      ja: 'マウントポイント {mountPoint} が存在しません',
    },
    remedy: {
      en: 'Make the empty directory on this server.',
      ja: 'このサーバーに空のディレクトリーを作成してください。',
    },
    reasons: ['mount-point-missing'],
  },
  'HF-VOL-006': {
    kind: 'refused',
    message: {
      en: 'the mount point {mountPoint} is a link to {real}',
      ja: 'マウントポイント {mountPoint} は {real} へのリンクです',
    },
    remedy: {
      en: 'Give the real path.',
      ja: '実際のパスを指定してください。',
    },
    reasons: ['mount-point-is-link'],
  },
  'HF-VOL-007': {
    kind: 'refused',
    message: {
      en: 'the mount point {mountPoint} is no directory',
      ja: 'マウントポイント {mountPoint} はディレクトリーではありません',
    },
    remedy: {
      en: 'Make an empty directory there.',
      ja: '空のディレクトリーを作成してください。',
    },
    reasons: ['mount-point-no-directory'],
  },
  'HF-VOL-008': {
    kind: 'refused',
    message: {
      en: '{source} is mounted on {mountPoint}',
      ja: '{mountPoint} には {source} がマウントされています',
    },
    remedy: {
      en: 'Unmount it, or use another mount point.',
      ja: 'アンマウントするか、別のマウントポイントを使用してください。',
    },
    reasons: ['mount-point-taken'],
  },
  'HF-VOL-009': {
    kind: 'refused',
    message: {
      en: '{device} is mounted on {mountPoint} at every boot',
      ja: '{device} は起動のたびに {mountPoint} にマウントされます',
    },
    remedy: {
      en: 'Take its line out of /etc/fstab or set "noauto": only Holdfast may mount it.',
      ja: '/etc/fstab の行を削除するか「noauto」を指定してください。マウントは Holdfast だけが行います。',
    },
    reasons: ['mounted-at-boot'],
  },
  'HF-VOL-010': {
    kind: 'refused',
    message: {
      en: 'the device {device} has no file system',
      ja: 'デバイス {device} にファイルシステムがありません',
    },
    remedy: {
      en: 'Make one ("mkfs.ext4", "mkfs.xfs") if the device is really empty.',
      ja: 'デバイスが空であることを確認してから、作成してください (「mkfs.ext4」「mkfs.xfs」)。',
    },
    reasons: ['file-system-missing'],
  },
  'HF-VOL-011': {
    kind: 'refused',
    message: {
      en: 'the device {device} has a {type} file system; possible are {known}',
      ja: 'デバイス {device} のファイルシステムは {type} です。使用できるのは {known} です',
    },
    remedy: {
      en: 'Use a file system with a journal that is known here.',
      ja: '対応しているジャーナル機能付きのファイルシステムを使用してください。',
    },
    reasons: ['file-system-unknown'],
  },
  'HF-VOL-012': {
    kind: 'refused',
    message: {
      en: 'the device {device} has a {type} file system, not {expected}',
      ja: 'デバイス {device} のファイルシステムは {expected} ではなく {type} です',
    },
    remedy: {
      en: 'Check that it is the right device, and the type that was given.',
      ja: 'デバイスと、指定したファイルシステムの種類を確認してください。',
    },
    reasons: ['file-system-differs'],
  },
  'HF-VOL-013': {
    kind: 'failed',
    message: {
      en: 'the file system of {device} cannot be mounted',
      ja: '{device} のファイルシステムをマウントできません',
    },
    remedy: {
      en: 'Check it with "fsck" while it is mounted nowhere; the kernel\'s log says more.',
      ja:
        'どのサーバーにもマウントされていない状態で「fsck」を実行してください。' +
        '詳細はカーネルのログで確認できます。',
    },
    reasons: ['mount-bad-file-system'],
  },
  'HF-VOL-014': {
    kind: 'failed',
    message: {
      en: '{device} cannot be mounted on {mountPoint}',
      ja: '{device} を {mountPoint} にマウントできません',
    },
    remedy: {
      en: "Look into the kernel's log; check that the storage answers.",
      ja: 'カーネルのログと、ストレージが応答することを確認してください。',
    },
    reasons: ['mount-failed', 'mount-timed-out'],
  },
  'HF-VOL-015': {
    kind: 'failed',
    message: {
      en: '{mountPoint} cannot be unmounted',
      ja: '{mountPoint} をアンマウントできません',
    },
    remedy: {
      en: "Look into the kernel's log; while it is mounted here, no other server may take it over.",
      ja: 'カーネルのログを確認してください。マウントされている間、他のサーバーは引き継げません。',
    },
    reasons: ['unmount-failed', 'unmount-timed-out'],
  },
} as const satisfies Record<string, ErrorEntry>;
