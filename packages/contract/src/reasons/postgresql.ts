import type { Text } from '../text.ts';

/** The PostgreSQL recovery kit: findings that are fine, warnings, and how far a start or stop is. */
export const postgresqlReasons = {
  'account-ok': {
    en: 'the account {account} has the number {uid} that owns the data',
    ja: 'アカウント {account} の番号 {uid} はデータの所有者と一致しています',
  },
  'account-missing': {
    en: 'the account of the service does not exist on this server',
    ja: 'サービスのアカウントがこのサーバーに存在しません',
  },
  'data-access-ok': {
    en: 'the account may read and write the data directory ({entries} entries looked at)',
    ja: 'アカウントにデータディレクトリーの読み取りと書き込みの権限があります ({entries} 件を確認)',
  },
  'data-directory-ok': {
    en: 'the data directory is there, with the right owner and mode',
    ja: 'データディレクトリーの所有者とモードは正しく設定されています',
  },
  'executables-ok': {
    en: 'the executables are there',
    ja: '実行ファイルが存在します',
  },
  'listen-addresses-ok': {
    en: 'the database cluster listens on {address} ({listening})',
    ja: 'データベースクラスターは {address} で接続を待ち受けています ({listening})',
  },
  'list-databases-ok': {
    en: 'the databases can be listed ({databases})',
    ja: 'データベースの一覧を取得できます ({databases} 件)',
  },
  'login-ok': {
    en: 'the administrator user {user} connects without a prompt',
    ja: '管理ユーザー {user} でプロンプトなしで接続できます',
  },
  'major-version-ok': {
    en: 'executables and data have the same major version',
    ja: '実行ファイルとデータのメジャーバージョンが一致しています',
  },
  'not-superuser': {
    en: '{user} is no superuser: it cannot use the connections of {setting}',
    ja: '{user} はスーパーユーザーではないため、{setting} の接続を使用できません',
  },
  'owner-unknown': {
    en: "the number of the data's owner is not known, so the account {account} could not be compared",
    ja: 'データの所有者の番号が不明なため、アカウント {account} と照合できません',
  },
  'password-file-ok': {
    en: 'the password file {path} can be used, or is not needed',
    ja: 'パスワードファイル {path} は使用可能か、不要です',
  },
  'port-argument-ok': {
    en: 'the postmaster runs with "-p {port}"',
    ja: 'postmaster は「-p {port}」付きで実行されています',
  },
  'port-argument-fixed': {
    en: 'the service {service} was given "-p {port}" ({place}) and restarted: clients were disconnected',
    ja: 'サービス {service} に「-p {port}」を追加し ({place})、再起動しました。クライアントの接続は切断されました',
  },
  'would-be-fixed': {
    en: '{cause}; it is put right by a restart, which disconnects clients',
    ja: '{cause}。再起動によって修正されます (クライアントの接続は切断されます)',
  },
  'port-free-ok': {
    en: 'port {port} is free',
    ja: 'ポート {port} は使用されていません',
  },
  'postmaster-running-ok': {
    en: 'the postmaster runs (pid {pid})',
    ja: 'postmaster が稼働しています (pid {pid})',
  },
  'read-catalogs-ok': {
    en: '{user} reads the system catalogs',
    ja: '{user} はシステムカタログを参照できます',
  },
  'service-ok': {
    en: 'the service {service} fits',
    ja: 'サービス {service} は適合しています',
  },
  'version-unknown': {
    en: 'the version of the data is not known, so the executables ({executables}) could not be compared',
    ja: 'データのバージョンが不明なため、実行ファイル ({executables}) と照合できません',
  },
  'version-mismatch': {
    en: 'executables and data have different major versions',
    ja: '実行ファイルとデータのメジャーバージョンが異なります',
  },
  'port-in-use': {
    en: 'the port is in use on this server',
    ja: 'ポートは、このサーバーで使用されています',
  },
  'check-failed': {
    en: 'the check "{check}" could not be made',
    ja: '検査「{check}」を実行できませんでした',
  },
  'check-too-late': {
    en: 'the check of {dataDirectory} did not end in time, so nothing is known of it',
    ja: '{dataDirectory} の検査が時間内に完了しなかったため、状態は不明です',
  },
  'not-yet': {
    en: 'the database cluster is starting or stopping',
    ja: 'データベースクラスターは起動中または停止処理中です',
  },
  data: {
    en: 'the database cluster reports damaged data or a failing disk',
    ja: 'データベースクラスターが、データの破損またはディスクの障害を報告しています',
  },
  'starting-or-stopping': {
    en: 'the database cluster is alive, and starting or stopping',
    ja: 'データベースクラスターは稼働しており、起動中または停止処理中です',
  },
  'started-by-hand': {
    en: 'the postmaster (pid {pid}) was started outside of its service',
    ja: 'postmaster (pid {pid}) はサービス以外から起動されています',
  },
  'postmaster-frozen': {
    en: 'the postmaster (pid {pid}) is stopped by a signal',
    ja: 'postmaster (pid {pid}) がシグナルで停止されています',
  },
  'postmaster-died': {
    en: 'the postmaster (pid {pid}) has died',
    ja: 'postmaster (pid {pid}) が異常終了しました',
  },
  'stopped-by-hand': {
    en: 'the database cluster was shut down by somebody else (pid {pid} was its postmaster)',
    ja: 'データベースクラスターが他の操作により停止されました (postmaster の pid {pid})',
  },
  stopped: {
    en: 'nothing of the database cluster runs',
    ja: 'データベースクラスターは停止しています',
  },
  'backends-outlived-postmaster': {
    en: '{count} processes of the database cluster have outlived their postmaster',
    ja: 'データベースクラスターのプロセスが {count} 個、postmaster の終了後に残っています',
  },
  'read-only': {
    en: 'the database cluster on port {port} is in recovery and takes no writes',
    ja: 'ポート {port} のデータベースクラスターはリカバリー中のため、書き込みできません',
  },
  'checkpoint-before-stop': {
    en: 'a checkpoint is made before the stop',
    ja: '停止前のチェックポイントを実行しています',
  },
  'fast-shutdown': {
    en: 'fast shutdown of the postmaster (pid {pid})',
    ja: 'postmaster (pid {pid}) を fast モードで停止しています',
  },
  'fast-shutdown-given-up': {
    en: 'the fast shutdown takes too long: the immediate shutdown follows',
    ja: 'fast モードの停止に時間がかかるため、immediate モードで停止します',
  },
  'ending-orphans': {
    en: '{count} left-over processes are ended first',
    ja: '先に、残っているプロセス {count} 個を終了します',
  },
  'ends-first': {
    en: 'the postmaster (pid {pid}) is shutting down; its end is waited for',
    ja: 'postmaster (pid {pid}) の停止処理の完了を待っています',
  },
  starting: {
    en: 'starting: {doing}, for {elapsedMs} ms, last progress {stillMs} ms ago',
    ja: '起動中: {doing}、経過 {elapsedMs} ミリ秒、最後の進捗から {stillMs} ミリ秒',
  },
  'service-kept': {
    en: 'the service {service} still runs and is kept',
    ja: 'サービス {service} は稼働中のため、そのまま残します',
  },
  'service-not-settled': {
    en: 'the service manager could not be told that {service} has stopped',
    ja: '{service} の停止をサービスマネージャーに反映できませんでした',
  },
} as const satisfies Record<string, Text>;
