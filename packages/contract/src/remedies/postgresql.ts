import type { Text } from '../text.ts';

const askTheServer: Text = {
  en: 'Put the check "login" of the server that has it in service right first.',
  ja: '先に、実行中のサーバーの検査「login」の問題を解決してください。',
};
const passwordLine: Text = {
  en: 'Add this line, with the password, to {passwordFile} (mode 0600) of this server: {passwordLine}',
  ja: 'このサーバーの {passwordFile} (モード 0600) に、パスワードを入れて次の行を追加してください: {passwordLine}',
};

/** A setting that comes into force with a reload. */
function reloaded(statement: string): Text {
  const line = `${statement} SELECT pg_reload_conf();`;
  return { en: `As a superuser: ${line}`, ja: `スーパーユーザーで実行してください: ${line}` };
}

/** Findings about PostgreSQL. */
export const postgresqlRemedies: Readonly<Record<string, readonly Text[]>> = {
  'login-refused': [
    {
      en:
        'Add this line to {hbaFile}, above the others, and reload ("pg_ctl reload -D {dataDirectory}"): {hbaLine} ' +
        '— or add this line, with the password, to {passwordFile} (mode 0600): {passwordLine}',
      ja:
        '{hbaFile} の先頭に次の行を追加し、再読み込み (「pg_ctl reload -D {dataDirectory}」) してください: {hbaLine} ' +
        '— または {passwordFile} (モード 0600) に、パスワードを入れて次の行を追加してください: {passwordLine}',
    },
  ],
  'password-line-missing': [passwordLine],
  'password-file-unusable': [
    {
      en: 'Let only the user that runs the daemon read it: chmod 0600 {passwordFile} — it needs this line: {passwordLine}',
      ja:
        'デーモンを実行するユーザーだけが読み取れるようにしてください: chmod 0600 {passwordFile} ' +
        '— 必要な行: {passwordLine}',
    },
  ],
  'not-yet': [
    {
      en: 'Wait until it has started or stopped ("holdfast status" shows how far it is), and ask the doctor again.',
      ja: '起動または停止の完了後 (「holdfast status」で進行状況を確認できます)、再度検査を実行してください。',
    },
  ],
  data: [
    {
      en: 'Look into the log of PostgreSQL and of the kernel; restore a backup where data is damaged. Moving would not help.',
      ja:
        'PostgreSQL とカーネルのログを確認し、データが破損している場合はバックアップから復元してください。' +
        '別のサーバーに移動しても解決しません。',
    },
  ],
  'login-not-known': [askTheServer],
  'settings-unknown': [askTheServer],
  'port-argument-missing': [
    {
      en: 'Write this line into {startFile}, and run "systemctl restart {unit}", which disconnects clients: {startLine}',
      ja:
        '{startFile} に次の行を記述し、「systemctl restart {unit}」を実行してください (クライアントの接続は切断されます): ' +
        '{startLine}',
    },
    {
      en:
        'Run "systemctl edit {unit}", write "[Service]", an empty "ExecStart=" and this line, and run ' +
        '"systemctl restart {unit}", which disconnects clients: {startLine}',
      ja:
        '「systemctl edit {unit}」で「[Service]」、空の「ExecStart=」、および次の行を記述し、' +
        '「systemctl restart {unit}」を実行してください (クライアントの接続は切断されます): {startLine}',
    },
  ],
  'minor-version-differs': [
    {
      en: 'Install the same minor version on every server of the hierarchy: the newer of the two.',
      ja: 'リソース階層のすべてのサーバーに、新しい方のマイナーバージョンをインストールしてください。',
    },
  ],
  'version-unknown': [askTheServer],
  'owner-unknown': [askTheServer],
  'start-mode-automatic': [
    {
      en: 'Let Holdfast alone start it: {command}',
      ja: 'Holdfast だけが起動するようにしてください: {command}',
    },
    {
      en: 'Let Holdfast alone start it: take the automatic start away from the service {service}.',
      ja: 'Holdfast だけが起動するように、サービス {service} の自動起動を解除してください。',
    },
  ],
  'not-superuser': [
    {
      en: 'As a superuser: ALTER ROLE "{user}" SUPERUSER;',
      ja: 'スーパーユーザーで実行してください: ALTER ROLE "{user}" SUPERUSER;',
    },
  ],
  'recovery-syncs-every-file': [reloaded("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs';")],
  'checkpoints-far-apart': [
    reloaded("ALTER SYSTEM SET checkpoint_timeout = '5min'; ALTER SYSTEM SET max_wal_size = '1GB';"),
  ],
  'dead-clients-stay': [
    reloaded(
      "ALTER SYSTEM SET tcp_user_timeout = '10s'; ALTER SYSTEM SET tcp_keepalives_idle = '10s'; " +
        "ALTER SYSTEM SET tcp_keepalives_interval = '2s'; ALTER SYSTEM SET tcp_keepalives_count = 3;",
    ),
  ],
  'no-reserved-slots': [
    {
      en: 'As a superuser: ALTER SYSTEM SET superuser_reserved_connections = 3; (needs a restart)',
      ja: 'スーパーユーザーで実行してください: ALTER SYSTEM SET superuser_reserved_connections = 3; (再起動が必要)',
    },
  ],
  'fsync-off': [reloaded('ALTER SYSTEM SET fsync = on;')],
  'full-page-writes-off': [reloaded('ALTER SYSTEM SET full_page_writes = on;')],
  'default-cluster-on-volume': [
    {
      en: 'Move the data of that service to a disk of this server alone, or delete that database cluster.',
      ja: 'そのサービスのデータをこのサーバー専用のディスクに移動するか、そのデータベースクラスターを削除してください。',
    },
  ],
};
