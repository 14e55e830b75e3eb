import type { ErrorEntry } from './entry.ts';

/** The PostgreSQL recovery kit: what is wrong with a database cluster that is to run (K-26). */
export const postgresqlErrors = {
  'HF-PG-028': {
    kind: 'failed',
    message: {
      en: 'the database cluster has no free connection; it is alive',
      ja: 'データベースクラスターの接続数が上限に達しています (稼働中)',
    },
    remedy: {
      en:
        'Raise max_connections, or keep connections for superusers free with ' +
        'superuser_reserved_connections.',
      ja:
        'max_connections を増やすか、superuser_reserved_connections ' +
        'でスーパーユーザー用の接続を確保してください。',
    },
    reasons: ['too-many-clients'],
  },
  'HF-PG-029': {
    kind: 'failed',
    message: {
      en: 'the database cluster does not answer',
      ja: 'データベースクラスターが応答しません',
    },
    remedy: {
      en: 'Look into the log of PostgreSQL; it is repaired or moved as the recovery policy says.',
      ja: 'PostgreSQL のログを確認してください。リカバリーポリシーに従って、修復または移動されます。',
    },
    reasons: ['no-answer'],
  },
  'HF-PG-030': {
    kind: 'failed',
    message: {
      en: 'the test query failed',
      ja: 'テスト用のクエリーに失敗しました',
    },
    remedy: {
      en: 'Run a query on template1 as the administrator user by hand; the message is that of PostgreSQL.',
      ja:
        '管理ユーザーで template1 に対して手動でクエリーを実行して確認してください。' +
        'このメッセージは PostgreSQL によるものです。',
    },
    reasons: ['query-failed'],
  },
  'HF-PG-031': {
    kind: 'failed',
    message: {
      en: 'another database cluster answers in the place of this one',
      ja: '別のデータベースクラスターが応答しています',
    },
    remedy: {
      en: 'Two database clusters use the same port or socket directory: give each its own.',
      ja:
        '2 つのデータベースクラスターが同じポートまたはソケットディレクトリーを使用しています。' +
        'それぞれ別のものを使用してください。',
    },
    reasons: ['another-cluster-answers'],
  },
  'HF-PG-032': {
    kind: 'failed',
    message: {
      en: 'the disk is full',
      ja: 'ディスクに空きがありません',
    },
    remedy: {
      en: 'Free some space on the volume; it is tried again by itself, and moving would not help.',
      ja:
        'ボリュームの空き容量を増やしてください。自動的に再試行されます。' +
        '他のサーバーへ移動しても解決しません。',
    },
    reasons: ['disk-full'],
  },
  'HF-PG-033': {
    kind: 'failed',
    message: {
      en: 'the disk reports an input/output error',
      ja: 'ディスクで入出力エラーが発生しました',
    },
    remedy: {
      en: "Look into the kernel's log; check the storage before you start again.",
      ja: 'カーネルのログを確認してください。再起動する前にストレージを点検してください。',
    },
    reasons: ['io-error'],
  },
  'HF-PG-034': {
    kind: 'failed',
    message: {
      en: 'the data of the database cluster is damaged',
      ja: 'データベースクラスターのデータが破損しています',
    },
    remedy: {
      en: 'Restore from a backup, or repair as the PostgreSQL documentation says; moving would not help.',
      ja:
        'バックアップから復元するか、PostgreSQL のドキュメントに従って修復してください。' +
        '他のサーバーへ移動しても解決しません。',
    },
    reasons: ['data-damaged'],
  },
  'HF-PG-035': {
    kind: 'failed',
    message: {
      en: 'the configuration of PostgreSQL has an error',
      ja: 'PostgreSQL の設定に誤りがあります',
    },
    remedy: {
      en: 'Correct the file and line that the message names, then bring the hierarchy in service.',
      ja: 'メッセージに示されたファイルと行を修正し、リソース階層を In Service にしてください。',
    },
    reasons: ['configuration-invalid'],
  },
  'HF-PG-036': {
    kind: 'failed',
    message: {
      en: 'PostgreSQL cannot load a library',
      ja: 'PostgreSQL がライブラリーを読み込めません',
    },
    remedy: {
      en: 'Install the extension on this server too, in the same version.',
      ja: 'このサーバーにも、同じバージョンの拡張モジュールをインストールしてください。',
    },
    reasons: ['library-missing'],
  },
  'HF-PG-037': {
    kind: 'failed',
    message: {
      en: 'PostgreSQL cannot listen on its address',
      ja: 'PostgreSQL が待ち受けアドレスを使用できません',
    },
    remedy: {
      en: 'Set listen_addresses to "*", or put the IP resource beneath the PostgreSQL resource.',
      ja: 'listen_addresses を「*」にするか、IP リソースを PostgreSQL リソースの子リソースにしてください。',
    },
    reasons: ['listen-address-missing'],
  },
  'HF-PG-038': {
    kind: 'failed',
    message: {
      en: 'the lock file of the database cluster names a process that lives',
      ja: 'データベースクラスターのロックファイルに記録されたプロセスが稼働しています',
    },
    remedy: {
      en:
        'End the postmaster that was started outside of this service with "pg_ctl stop", then bring the ' +
        'hierarchy in service.',
      ja:
        'サービス以外から起動された postmaster を「pg_ctl stop」で停止し、リソース階層を In Service ' +
        'にしてください。',
    },
    reasons: ['lock-file-held'],
  },
  'HF-PG-039': {
    kind: 'failed',
    message: {
      en: 'processes of an earlier start still hold the shared memory',
      ja: '以前に起動したプロセスが共有メモリーを使用しています',
    },
    remedy: {
      en: 'End the left-over postgres processes that have this data directory open, then try again.',
      ja: 'このデータディレクトリーを使用している残りの postgres プロセスを終了し、再試行してください。',
    },
    reasons: ['shared-memory-held'],
  },
  'HF-PG-040': {
    kind: 'failed',
    message: {
      en: 'this server has not enough memory or semaphores for PostgreSQL',
      ja: 'このサーバーには、PostgreSQL に必要なメモリーまたはセマフォーがありません',
    },
    remedy: {
      en: 'Lower shared_buffers, or give the server more memory or kernel resources.',
      ja: 'shared_buffers を減らすか、サーバーのメモリーまたはカーネルリソースを増やしてください。',
    },
    reasons: ['memory-too-small'],
  },
  'HF-PG-041': {
    kind: 'failed',
    message: {
      en: 'PostgreSQL cannot make its socket',
      ja: 'PostgreSQL がソケットを作成できません',
    },
    remedy: {
      en:
        'Make the directory of unix_socket_directories on this server, owned by the account of the ' +
        'service.',
      ja:
        'unix_socket_directories のディレクトリーをこのサーバーに作成し、' +
        'サービスのアカウントを所有者にしてください。',
    },
    reasons: ['socket-directory-unusable'],
  },
  'HF-PG-042': {
    kind: 'failed',
    message: {
      en: 'PostgreSQL may not read or write a file',
      ja: 'PostgreSQL にファイルの読み取りまたは書き込みの権限がありません',
    },
    remedy: {
      en: 'Give the file that the message names to the account of the service.',
      ja: 'メッセージに示されたファイルの所有者を、サービスのアカウントに変更してください。',
    },
    reasons: ['permission-denied'],
  },
  'HF-PG-043': {
    kind: 'failed',
    message: {
      en: 'the service {service} did not start PostgreSQL',
      ja: 'サービス {service} で PostgreSQL を起動できませんでした',
    },
    remedy: {
      en: 'Look into the log of the service and of PostgreSQL.',
      ja: 'サービスと PostgreSQL のログを確認してください。',
    },
    reasons: ['start-failed'],
  },
  'HF-PG-044': {
    kind: 'failed',
    message: {
      en: 'the start of PostgreSQL makes no progress',
      ja: 'PostgreSQL の起動処理が進行していません',
    },
    remedy: {
      en: 'Look into the log of PostgreSQL and check the storage; LKPGSQL_START_RETRIES gives more time.',
      ja: 'PostgreSQL のログとストレージを確認してください。LKPGSQL_START_RETRIES で待ち時間を延長できます。',
    },
    reasons: ['start-stands-still'],
  },
  'HF-PG-045': {
    kind: 'failed',
    message: {
      en: 'PostgreSQL says that it is ready, but answers no query',
      ja: 'PostgreSQL は準備完了ですが、クエリーに応答しません',
    },
    remedy: {
      en:
        'Check listen_addresses, unix_socket_directories and pg_hba.conf; ' +
        'LKPGSQL_RESTORE_CONNECT_RETRIES gives more time.',
      ja:
        'listen_addresses、unix_socket_directories、pg_hba.conf を確認してください。' +
        'LKPGSQL_RESTORE_CONNECT_RETRIES で待ち時間を延長できます。',
    },
    reasons: ['ready-but-no-answer'],
  },
  'HF-PG-046': {
    kind: 'refused',
    message: {
      en: 'another server of this machine runs the database cluster',
      ja: 'このマシン上の別のサーバーがデータベースクラスターを実行しています',
    },
    remedy: {
      en: 'Take it out of service there first.',
      ja: '先に、そのサーバーで Out of Service にしてください。',
    },
    reasons: ['held-by-another-server'],
  },
  'HF-PG-047': {
    kind: 'refused',
    message: {
      en: 'somebody works on the database cluster in single-user mode',
      ja: 'データベースクラスターがシングルユーザーモードで使用されています',
    },
    remedy: {
      en: 'End the session "postgres --single", then bring the hierarchy in service.',
      ja: '「postgres --single」のセッションを終了し、リソース階層を In Service にしてください。',
    },
    reasons: ['single-user-session'],
  },
  'HF-PG-048': {
    kind: 'failed',
    message: {
      en: 'processes of the database cluster do not end, not even when killed: {pids}',
      ja: 'データベースクラスターのプロセスが強制終了しても終了しません: {pids}',
    },
    remedy: {
      en:
        'They hang in the kernel, mostly on a disk that does not answer: switch this server off before ' +
        'another takes over.',
      ja:
        'カーネル内で停止しています (多くはディスクの無応答が原因です)。' +
        '他のサーバーが引き継ぐ前に、このサーバーの電源を切ってください。',
    },
    reasons: ['processes-do-not-end'],
  },
  'HF-PG-049': {
    kind: 'failed',
    message: {
      en: 'the service {service} could not be set to manual start',
      ja: 'サービス {service} を手動起動に設定できませんでした',
    },
    remedy: {
      en: 'The message is that of the service manager; put right what it names.',
      ja: 'このメッセージはサービスマネージャーによるものです。示された問題を解決してください。',
    },
    reasons: ['service-not-adopted'],
  },
  'HF-PG-050': {
    kind: 'failed',
    message: {
      en: 'the service {service} could not be given back',
      ja: 'サービス {service} の設定を元に戻せませんでした',
    },
    remedy: {
      en: 'Set its start mode by hand, or delete it if Holdfast made it.',
      ja: '起動モードを手動で設定するか、Holdfast が作成したサービスの場合は削除してください。',
    },
    reasons: ['service-not-let-go'],
  },
  'HF-PG-062': {
    kind: 'refused',
    message: {
      en: 'the service {service} is still starting',
      ja: 'サービス {service} はまだ起動中です',
    },
    remedy: {
      en: 'Try again once its start is over; on systemd "systemctl status" with its name shows how far it is.',
      ja: '起動が完了してから再実行してください。systemd の場合は「systemctl status サービス名」で状態を確認できます。',
    },
    reasons: ['service-still-starting'],
  },
} as const satisfies Record<string, ErrorEntry>;
