import type { Text } from '../text.ts';

/** What `holdfast doctor` and the checks before an extension find about PostgreSQL, besides those before a creation. */
export const postgresqlDoctorReasons = {
  'minor-version-ok': {
    en: 'this server has PostgreSQL {version}',
    ja: 'このサーバーの PostgreSQL はバージョン {version} です',
  },
  'minor-version-differs': {
    en: 'this server has PostgreSQL {version}, and the database cluster runs with {running}',
    ja: 'このサーバーの PostgreSQL は {version} ですが、データベースクラスターは {running} で稼働しています',
  },
  'start-mode-ok': {
    en: 'the boot does not start the service {service}',
    ja: 'サービス {service} は OS の起動時に開始されません',
  },
  'start-mode-automatic': {
    en: 'the boot starts the service {service}: it may run without a lease',
    ja: 'サービス {service} は OS の起動時に自動的に開始されるため、リースなしで稼働するおそれがあります',
  },
  'password-line-missing': {
    en: '{user} needs a password where the database cluster runs, and {passwordFile} of this server has no line for it',
    ja: 'データベースクラスターへの {user} の接続にはパスワードが必要ですが、このサーバーの {passwordFile} に該当する行がありません',
  },
  'login-not-known': {
    en: 'whether {user} needs a password is not known, because the database cluster could not be asked',
    ja: 'データベースクラスターに問い合わせできないため、{user} の接続にパスワードが必要かどうかは不明です',
  },
  'recovery-sync-ok': {
    en: 'after a crash the data directory is synced by {value}',
    ja: '障害後のデータディレクトリーの同期方法は {value} です',
  },
  'recovery-syncs-every-file': {
    en: 'after a crash PostgreSQL opens and syncs every single file before it recovers: with many files a failover takes minutes',
    ja: '障害後、PostgreSQL はリカバリーの前に全ファイルを 1 つずつ同期するため、ファイルが多いとフェールオーバーに数分かかります',
  },
  'checkpoints-ok': {
    en: 'checkpoints are at most {checkpointTimeoutS} s or about {maxWalMb} MB of write-ahead log apart',
    ja: 'チェックポイントの間隔は最大 {checkpointTimeoutS} 秒、または WAL 約 {maxWalMb} MB です',
  },
  'checkpoints-far-apart': {
    en:
      'checkpoints are up to {checkpointTimeoutS} s or {maxWalMb} MB of write-ahead log apart: a crash recovery has to ' +
      'replay all of that',
    ja:
      'チェックポイントの間隔が最大 {checkpointTimeoutS} 秒、または WAL {maxWalMb} MB であり、' +
      'クラッシュリカバリーではそのすべてを再生する必要があります',
  },
  'dead-clients-ok': {
    en: 'connections of clients that have vanished end by themselves',
    ja: '消えたクライアントの接続は自動的に終了します',
  },
  'dead-clients-stay': {
    en:
      'connections of clients that have vanished stay for hours and hold their locks and slots ' +
      '(tcp_user_timeout {tcpUserTimeoutMs} ms, tcp_keepalives_idle {keepalivesIdleS} s, 0 being the default of the system)',
    ja:
      '消えたクライアントの接続が何時間も残り、ロックと接続枠を占有します (tcp_user_timeout {tcpUserTimeoutMs} ミリ秒、' +
      'tcp_keepalives_idle {keepalivesIdleS} 秒。0 は OS の既定値)',
  },
  'reserved-slots-ok': {
    en: '{slots} connections are reserved for superusers, the checks among them',
    ja: 'スーパーユーザー (チェックを含む) 用に接続 {slots} 個が予約されています',
  },
  'no-reserved-slots': {
    en: 'no connection is reserved for superusers: with all of them taken the checks are blind',
    ja: 'スーパーユーザー用に予約された接続がないため、接続枠が埋まるとチェックを実行できません',
  },
  'durability-ok': {
    en: 'fsync and full_page_writes are on',
    ja: 'fsync と full_page_writes は有効です',
  },
  'fsync-off': {
    en: 'fsync is off: a crash or a failover can destroy the database cluster',
    ja: 'fsync が無効です。クラッシュやフェールオーバーでデータベースクラスターが破損するおそれがあります',
  },
  'full-page-writes-off': {
    en: 'full_page_writes is off: a crash or a failover can leave torn pages',
    ja: 'full_page_writes が無効です。クラッシュやフェールオーバーでページが破損するおそれがあります',
  },
  'settings-unknown': {
    en: 'the settings of the database cluster are not known',
    ja: 'データベースクラスターの設定を確認できませんでした',
  },
  'default-cluster-ok': {
    en: 'no other database cluster of this server lies on the volumes',
    ja: 'このサーバーの他のデータベースクラスターは、これらのボリューム上にありません',
  },
  'default-cluster-on-volume': {
    en: 'the database cluster of the service {service} on this server has its data in {directory}, on a protected volume',
    ja: 'このサーバーのサービス {service} のデータベースクラスターのデータ {directory} が、保護されたボリューム上にあります',
  },
} as const satisfies Record<string, Text>;
