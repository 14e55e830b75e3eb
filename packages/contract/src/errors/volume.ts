import type { ErrorEntry } from './entry.ts';

/** The volume recovery kit: what is wrong with a volume in use, and whose it is. */
export const volumeErrors = {
  'HF-VOL-016': {
    kind: 'failed',
    message: {
      en: 'the volume on {mountPoint} cannot be unmounted: it is used by {processes}',
      ja: '{mountPoint} のボリュームをアンマウントできません。使用中のプロセス: {processes}',
    },
    remedy: {
      en: 'End the programs that use it ("fuser -vm" names them).',
      ja: '使用しているプログラムを終了してください (「fuser -vm」で確認できます)。',
    },
    reasons: ['volume-busy'],
  },
  'HF-VOL-017': {
    kind: 'failed',
    message: {
      en: 'the volume {volume} is full',
      ja: 'ボリューム {volume} に空きがありません',
    },
    remedy: {
      en: 'Free some space on it; it is tried again by itself.',
      ja: '空き容量を増やしてください。自動的に再試行されます。',
    },
    reasons: ['volume-full'],
  },
  'HF-VOL-018': {
    kind: 'failed',
    message: {
      en: 'the file system of {volume} is damaged',
      ja: '{volume} のファイルシステムが破損しています',
    },
    remedy: {
      en: 'Take the hierarchy out of service and repair it with "fsck"; moving would not help.',
      ja:
        'リソース階層を Out of Service にして「fsck」で修復してください。' +
        '他のサーバーへ移動しても解決しません。',
    },
    reasons: ['volume-damaged'],
  },
  'HF-VOL-019': {
    kind: 'failed',
    message: {
      en: 'the volume {volume} reports an input/output error',
      ja: 'ボリューム {volume} で入出力エラーが発生しました',
    },
    remedy: {
      en: 'Check the storage and its connection to this server.',
      ja: 'ストレージと、このサーバーとの接続を確認してください。',
    },
    reasons: ['volume-io-error'],
  },
  'HF-VOL-020': {
    kind: 'failed',
    message: {
      en: 'the volume is read-only',
      ja: 'ボリュームが読み取り専用になっています',
    },
    remedy: {
      en:
        'The kernel does this after errors of the disk: look into its log, check the storage and the ' +
        'file system.',
      ja:
        'ディスクのエラー後にカーネルが行う動作です。カーネルのログ、ストレージ、' +
        'ファイルシステムを確認してください。',
    },
    reasons: ['volume-read-only'],
  },
  'HF-VOL-021': {
    kind: 'refused',
    message: {
      en: '{device} is mounted on {elsewhere} already',
      ja: '{device} はすでに {elsewhere} にマウントされています',
    },
    remedy: {
      en: 'Unmount it there.',
      ja: 'そのマウントを解除してください。',
    },
    reasons: ['volume-mounted-elsewhere'],
  },
  'HF-VOL-022': {
    kind: 'refused',
    message: {
      en: '{device} is mounted on {mountPoint} on this server already',
      ja: '{device} は、このサーバーの {mountPoint} にすでにマウントされています',
    },
    remedy: {
      en: 'Unmount it: the volume may be mounted only on the server where the hierarchy is in service.',
      ja:
        'アンマウントしてください。ボリュームをマウントできるのは、リソース階層が In Service ' +
        'のサーバーだけです。',
    },
    reasons: ['volume-mounted-here'],
  },
  'HF-VOL-023': {
    kind: 'refused',
    message: {
      en: 'server {server} has taken the volume {path} in term {term}',
      ja: 'サーバー {server} がボリューム {path} を引き継いでいます (期間 {term})',
    },
    remedy: {
      en: 'Nothing needs to be done: the newer owner keeps it.',
      ja: '対処は不要です。新しい所有者がそのまま使用します。',
    },
    reasons: ['volume-taken'],
  },
  'HF-VOL-024': {
    kind: 'refused',
    message: {
      en: 'server {server} holds the volume {path} in term {term}, newer than {ownTerm}',
      ja: 'サーバー {server} が、期間 {ownTerm} より新しい期間 {term} でボリューム {path} を所有しています',
    },
    remedy: {
      en: "Check that all servers use the same etcd; the cluster's records must not have been set back.",
      ja:
        'すべてのサーバーが同じ etcd を使用し、' +
        'クラスターのレコードが過去の状態に戻されていないことを確認してください。',
    },
    reasons: ['volume-held-by-newer-term'],
  },
  'HF-VOL-025': {
    kind: 'refused',
    message: {
      en: 'the volume {path} belongs to the cluster {cluster}, server {server}',
      ja: 'ボリューム {path} はクラスター {cluster} のサーバー {server} のものです',
    },
    remedy: {
      en: 'Check that no server of that cluster uses it; then delete .holdfast-owner on the volume.',
      ja:
        'そのクラスターのサーバーが使用していないことを確認してから、ボリューム上の .holdfast-owner ' +
        'を削除してください。',
    },
    reasons: ['volume-of-another-cluster'],
  },
  'HF-VOL-026': {
    kind: 'refused',
    message: {
      en: 'the volume {path} belongs to the hierarchy {hierarchy}, server {server}',
      ja: 'ボリューム {path} はリソース階層 {hierarchy} (サーバー {server}) のものです',
    },
    remedy: {
      en: 'Check that no server uses it for that hierarchy; then delete .holdfast-owner on the volume.',
      ja:
        'そのリソース階層で使用されていないことを確認してから、ボリューム上の .holdfast-owner ' +
        'を削除してください。',
    },
    reasons: ['volume-of-another-hierarchy'],
  },
  'HF-VOL-027': {
    kind: 'refused',
    message: {
      en: 'the volume {path} was taken in an earlier life of this server, in term {term}',
      ja: 'ボリューム {path} は、このサーバーの以前の稼働時に引き継がれたものです (期間 {term})',
    },
    remedy: {
      en: 'Nothing needs to be done: it is taken again in a new term.',
      ja: '対処は不要です。新しい期間で再び引き継がれます。',
    },
    reasons: ['volume-of-another-life'],
  },
  'HF-VOL-028': {
    kind: 'failed',
    message: {
      en: 'the owner record of the volume cannot be read: {path}',
      ja: 'ボリュームの所有者レコードを読み取れません: {path}',
    },
    remedy: {
      en: 'Check that no server uses the volume; then delete the record and bring the hierarchy in service.',
      ja:
        'ボリュームがどのサーバーでも使用されていないことを確認してから、レコードを削除し、' +
        'リソース階層を In Service にしてください。',
    },
    reasons: ['volume-record-damaged'],
  },
  'HF-VOL-029': {
    kind: 'refused',
    message: {
      en: 'the volume has no owner record: {path}',
      ja: 'ボリュームに所有者レコードがありません: {path}',
    },
    remedy: {
      en:
        'Check that this is the same storage as on the other servers, and that it is mounted. Where the record was deleted or ' +
        'the storage was restored without it, delete the hierarchy and create it again.',
      ja:
        '他のサーバーと同じストレージであり、マウントされていることを確認してください。レコードが削除された場合や、' +
        'レコードなしでストレージを復元した場合は、リソース階層を削除して作成し直してください。',
    },
    reasons: ['volume-record-missing'],
  },
  'HF-VOL-030': {
    kind: 'refused',
    message: {
      en: 'the owner record {path} has format {formatVersion}, newer than this program',
      ja: '所有者レコード {path} の形式 {formatVersion} は、このプログラムより新しいものです',
    },
    remedy: {
      en: 'Install the same version of Holdfast on all servers.',
      ja: 'すべてのサーバーに同じバージョンの Holdfast をインストールしてください。',
    },
    reasons: ['volume-record-newer'],
  },
  'HF-VOL-031': {
    kind: 'refused',
    message: {
      en:
        'the volume has an owner already: cluster {cluster}, hierarchy {hierarchy}, server {server} ' +
        '({path})',
      ja:
        'ボリュームにはすでに所有者があります: クラスター {cluster}、リソース階層 {hierarchy}、サーバー ' +
        '{server} ({path})',
    },
    remedy: {
      en: 'Check that it is not in use there; then delete the record that is named.',
      ja: 'そこで使用されていないことを確認してから、示されたレコードを削除してください。',
    },
    reasons: ['volume-has-owner'],
  },
  'HF-VOL-032': {
    kind: 'refused',
    message: {
      en: 'there is no directory {path}',
      ja: 'ディレクトリー {path} が存在しません',
    },
    remedy: {
      en: 'Make it, or check that the storage with it is there on this server.',
      ja: '作成するか、このサーバーでストレージが利用できることを確認してください。',
    },
    reasons: ['directory-missing'],
  },
  'HF-VOL-033': {
    kind: 'refused',
    message: {
      en: '{path} is no directory',
      ja: '{path} はディレクトリーではありません',
    },
    remedy: {
      en: 'Name a directory.',
      ja: 'ディレクトリーを指定してください。',
    },
    reasons: ['not-a-directory'],
  },
  'HF-VOL-034': {
    kind: 'failed',
    message: {
      en: 'the disk with {path} has not answered for {hangingMs} ms',
      ja: '{path} のディスクが {hangingMs} ミリ秒間応答していません',
    },
    remedy: {
      en: 'Check the storage and its connection to this server.',
      ja: 'ストレージと、このサーバーとの接続を確認してください。',
    },
    reasons: ['disk-hangs'],
  },
  'HF-VOL-035': {
    kind: 'failed',
    message: {
      en: 'the file system with {path} does not answer',
      ja: '{path} のファイルシステムが応答しません',
    },
    remedy: {
      en: 'Check the storage and its connection to this server.',
      ja: 'ストレージと、このサーバーとの接続を確認してください。',
    },
    reasons: ['file-system-hangs'],
  },
  'HF-VOL-036': {
    kind: 'failed',
    message: {
      en: 'the kernel still holds {device} of {mountPoint}',
      ja: 'カーネルが {mountPoint} の {device} を使用し続けています',
    },
    remedy: {
      en: 'Another mount namespace has it: a container or a service with private mounts; end that.',
      ja:
        '別のマウント名前空間 (コンテナーや専用マウントを持つサービス) が使用しています。' +
        'それを終了してください。',
    },
    reasons: ['volume-held-elsewhere'],
  },
  'HF-VOL-037': {
    kind: 'failed',
    message: {
      en: 'the volume {volume} cannot be used',
      ja: 'ボリューム {volume} を使用できません',
    },
    remedy: {
      en: 'The message is that of the operating system; put right what it names.',
      ja: 'このメッセージは OS によるものです。示された問題を解決してください。',
    },
    reasons: ['volume-failed'],
  },
  'HF-VOL-038': {
    kind: 'failed',
    message: {
      en: 'the owner record {path} was not kept by the storage',
      ja: '所有者レコード {path} がストレージに保持されませんでした',
    },
    remedy: {
      en: 'The storage loses writes: do not use it before that is repaired.',
      ja: 'ストレージが書き込みを失っています。修復されるまで使用しないでください。',
    },
    reasons: ['volume-record-not-kept'],
  },
} as const satisfies Record<string, ErrorEntry>;
