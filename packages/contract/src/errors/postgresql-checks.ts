import type { ErrorEntry } from './entry.ts';

/** The PostgreSQL recovery kit: what checks before a creation or an extension find (K-05, K-10). */
export const postgresqlCheckErrors = {
  'HF-PG-001': {
    kind: 'refused',
    message: {
      en: 'no postmaster runs on {dataDirectory}',
      ja: '{dataDirectory} の postmaster が稼働していません',
    },
    remedy: {
      en: 'Start the database cluster with its service, then create the resource.',
      ja: 'サービスからデータベースクラスターを起動してから、リソースを作成してください。',
    },
    reasons: ['postmaster-not-running'],
  },
  'HF-PG-002': {
    kind: 'refused',
    message: {
      en: 'the postmaster does not run with "-p {port}": {path}',
      ja: 'postmaster が「-p {port}」付きで実行されていません: {path}',
    },
    remedy: {
      en:
        'Create with --fix: the service gets "-p" with the port and is restarted, which disconnects clients. ' +
        'Or change its start command yourself.',
      ja:
        '--fix を付けて作成すると、サービスに「-p ポート」が追加されて再起動されます ' +
        '(クライアントの接続は切断されます)。起動コマンドを手動で変更することもできます。',
    },
    reasons: ['port-argument-missing'],
  },
  'HF-PG-003': {
    kind: 'refused',
    message: {
      en: 'the postmaster runs on port {found}, not {port}: {path}',
      ja: 'postmaster のポートは {port} ではなく {found} です: {path}',
    },
    remedy: {
      en:
        'Give the port that the postmaster uses, or change the start command of the service and restart ' +
        'it.',
      ja: 'postmaster が使用しているポートを指定するか、サービスの起動コマンドを変更して再起動してください。',
    },
    reasons: ['port-differs'],
  },
  'HF-PG-004': {
    kind: 'refused',
    message: {
      en: 'there is no {path}, so the arguments of the postmaster are not known',
      ja: '{path} がないため、postmaster の引数を確認できません',
    },
    remedy: {
      en: 'Start the database cluster with its service; PostgreSQL writes the file at each start.',
      ja:
        'サービスからデータベースクラスターを起動してください。' +
        'このファイルは起動のたびに PostgreSQL が書き込みます。',
    },
    reasons: ['options-file-missing'],
  },
  'HF-PG-005': {
    kind: 'refused',
    message: {
      en: '{path} is on no protected volume',
      ja: '{path} は保護されたボリューム上にありません',
    },
    remedy: {
      en: 'Put a volume resource for it beneath: "--volume" with its mount point or directory.',
      ja:
        'そのボリュームリソースを子リソースにしてください ' +
        '(「--volume」にマウントポイントまたはディレクトリーを指定)。',
    },
    reasons: ['path-not-protected'],
  },
  'HF-PG-006': {
    kind: 'refused',
    message: {
      en: 'the account {account} may not read and write {path}',
      ja: 'アカウント {account} には {path} の読み取りと書き込みの権限がありません',
    },
    remedy: {
      en:
        'Give the whole data directory to that account ("chown -R"), or run the service under the ' +
        'account that owns it.',
      ja:
        'データディレクトリー全体の所有者をそのアカウントにするか (「chown -R」)、' +
        '所有者のアカウントでサービスを実行してください。',
    },
    reasons: ['data-not-accessible'],
  },
  'HF-PG-007': {
    kind: 'refused',
    message: {
      en: 'the database cluster does not let the administrator user in',
      ja: 'データベースクラスターに管理ユーザーで接続できません',
    },
    remedy: {
      en:
        'Add a "trust" line for the user to pg_hba.conf, or a line with its password to ~/.pgpass of the ' +
        'user that runs the daemon, with mode 0600.',
      ja:
        'pg_hba.conf にそのユーザーの「trust」行を追加するか、デーモンを実行するユーザーの ~/.pgpass ' +
        '(モード 0600) にパスワードの行を追加してください。',
    },
    reasons: ['login-refused'],
  },
  'HF-PG-008': {
    kind: 'refused',
    message: {
      en: 'the databases cannot be listed',
      ja: 'データベースの一覧を取得できません',
    },
    remedy: {
      en: 'Connect to template1 as the administrator user by hand; the message is that of PostgreSQL.',
      ja:
        '管理ユーザーで template1 に手動で接続して確認してください。' +
        'このメッセージは PostgreSQL によるものです。',
    },
    reasons: ['databases-not-listed'],
  },
  'HF-PG-009': {
    kind: 'refused',
    message: {
      en: 'the user {user} cannot read the system catalogs',
      ja: 'ユーザー {user} はシステムカタログを参照できません',
    },
    remedy: {
      en: 'Use a superuser as the administrator user, or grant it the role pg_monitor.',
      ja: '管理ユーザーとしてスーパーユーザーを使用するか、pg_monitor ロールを付与してください。',
    },
    reasons: ['catalogs-not-readable'],
  },
  'HF-PG-010': {
    kind: 'refused',
    message: {
      en: 'the executables have major version {executables}, the data has {data}',
      ja: '実行ファイルのメジャーバージョンは {executables}、データのメジャーバージョンは {data} です',
    },
    remedy: {
      en: 'Name the executable directory of the version that made the data.',
      ja: 'データを作成したバージョンの実行ファイルのディレクトリーを指定してください。',
    },
    reasons: ['version-mismatch'],
  },
  'HF-PG-011': {
    kind: 'refused',
    message: {
      en: '{executable} is not there',
      ja: '{executable} が存在しません',
    },
    remedy: {
      en: 'Install PostgreSQL on this server, or name the directory with postgres and pg_ctl.',
      ja:
        'このサーバーに PostgreSQL をインストールするか、postgres と pg_ctl ' +
        'があるディレクトリーを指定してください。',
    },
    reasons: ['executables-missing'],
  },
  'HF-PG-012': {
    kind: 'refused',
    message: {
      en: '{executable} is a link to {real}',
      ja: '{executable} は {real} へのリンクです',
    },
    remedy: {
      en: 'Name the directory with its real path: processes are known by it.',
      ja: '実際のパスでディレクトリーを指定してください。プロセスは実際のパスで識別されます。',
    },
    reasons: ['executables-linked'],
  },
  'HF-PG-013': {
    kind: 'refused',
    message: {
      en: 'the PostgreSQL in {executables} does not tell its version',
      ja: '{executables} の PostgreSQL からバージョンを取得できません',
    },
    remedy: {
      en: 'Run "postgres --version" there by hand; libraries may be missing.',
      ja:
        '「postgres --version」を手動で実行して確認してください。' +
        'ライブラリーが不足している可能性があります。',
    },
    reasons: ['executables-unusable'],
  },
  'HF-PG-014': {
    kind: 'refused',
    message: {
      en: 'there is no data directory {directory}',
      ja: 'データディレクトリー {directory} が存在しません',
    },
    remedy: {
      en: 'Check the path, and that its volume is mounted.',
      ja: 'パスと、ボリュームがマウントされていることを確認してください。',
    },
    reasons: ['data-directory-missing'],
  },
  'HF-PG-015': {
    kind: 'refused',
    message: {
      en: 'the data directory {directory} is a link to {real}',
      ja: 'データディレクトリー {directory} は {real} へのリンクです',
    },
    remedy: {
      en: 'Give the real path.',
      ja: '実際のパスを指定してください。',
    },
    reasons: ['data-directory-linked'],
  },
  'HF-PG-016': {
    kind: 'refused',
    message: {
      en: 'others than its owner may read or write the data directory',
      ja: 'データディレクトリーに、所有者以外のユーザーのアクセス権があります',
    },
    remedy: {
      en: 'Set its mode to 0700 or 0750.',
      ja: 'モードを 0700 または 0750 に設定してください。',
    },
    reasons: ['data-directory-mode'],
  },
  'HF-PG-017': {
    kind: 'refused',
    message: {
      en: 'the data directory does not belong to the account of the service',
      ja: 'データディレクトリーの所有者が、サービスのアカウントと異なります',
    },
    remedy: {
      en:
        'Give the data directory to the account that runs the service; on every server it must have the ' +
        'same number (uid).',
      ja:
        'データディレクトリーの所有者を、サービスを実行するアカウントに変更してください。' +
        'すべてのサーバーで同じ番号 (uid) である必要があります。',
    },
    reasons: ['data-directory-owner'],
  },
  'HF-PG-018': {
    kind: 'refused',
    message: {
      en: '{directory} has no PG_VERSION: it is no database cluster',
      ja: '{directory} に PG_VERSION がなく、データベースクラスターではありません',
    },
    remedy: {
      en: 'Check the path, and that its volume is mounted.',
      ja: 'パスと、ボリュームがマウントされていることを確認してください。',
    },
    reasons: ['data-directory-empty'],
  },
  'HF-PG-019': {
    kind: 'refused',
    message: {
      en: 'there is no service {service}',
      ja: 'サービス {service} が存在しません',
    },
    remedy: {
      en: 'Check the name; on systemd "systemctl list-unit-files" shows the services.',
      ja: '名前を確認してください。systemd では「systemctl list-unit-files」でサービスを確認できます。',
    },
    reasons: ['service-missing'],
  },
  'HF-PG-020': {
    kind: 'refused',
    message: {
      en: 'an account is needed to make the service {service}',
      ja: 'サービス {service} を作成するには、アカウントが必要です',
    },
    remedy: {
      en: 'Name the operating system user that owns the data directory with --account.',
      ja: 'データディレクトリーを所有する OS ユーザーを --account で指定してください。',
    },
    reasons: ['account-needed'],
  },
  'HF-PG-021': {
    kind: 'refused',
    message: {
      en: 'there is no account {account}',
      ja: 'アカウント {account} が存在しません',
    },
    remedy: {
      en: 'Make the account on this server, with the same number (uid) as on the others.',
      ja: 'このサーバーにアカウントを作成してください。番号 (uid) は他のサーバーと同じにします。',
    },
    reasons: ['account-missing'],
  },
  'HF-PG-022': {
    kind: 'refused',
    message: {
      en: 'PostgreSQL refuses to run as root',
      ja: 'PostgreSQL は root では実行できません',
    },
    remedy: {
      en: 'Use an ordinary account that owns the data directory.',
      ja: 'データディレクトリーを所有する一般アカウントを使用してください。',
    },
    reasons: ['service-runs-as-root'],
  },
  'HF-PG-023': {
    kind: 'refused',
    message: {
      en: 'the service {service} runs another program (pid {pid}) than this database cluster',
      ja: 'サービス {service} は、このデータベースクラスターではないプログラム (pid {pid}) を実行しています',
    },
    remedy: {
      en: 'Name the service that runs this database cluster.',
      ja: 'このデータベースクラスターを実行するサービスを指定してください。',
    },
    reasons: ['service-of-another'],
  },
  'HF-PG-024': {
    kind: 'refused',
    message: {
      en: 'the account {account} has number {uid} here, the data belongs to {owner}',
      ja: 'アカウント {account} の番号は、このサーバーでは {uid} ですが、データの所有者は {owner} です',
    },
    remedy: {
      en: 'Give the account the same number (uid) on every server.',
      ja: 'すべてのサーバーで、アカウントに同じ番号 (uid) を割り当ててください。',
    },
    reasons: ['account-number-differs'],
  },
  'HF-PG-025': {
    kind: 'refused',
    message: {
      en: 'the service {service} already runs on this server',
      ja: 'サービス {service} は、このサーバーですでに稼働しています',
    },
    remedy: {
      en:
        "Stop it here and set it to manual start: the target's own database cluster must not be in the " +
        'way.',
      ja:
        'このサーバーのサービスを停止し、手動起動に設定してください。' +
        '拡張先にある別のデータベースクラスターと競合しないようにする必要があります。',
    },
    reasons: ['service-runs-here'],
  },
  'HF-PG-026': {
    kind: 'refused',
    message: {
      en: 'port {port} is in use on this server',
      ja: 'ポート {port} は、このサーバーで使用されています',
    },
    remedy: {
      en: 'End the program that listens there ("ss -ltnp" names it), or use another port.',
      ja:
        'そのポートを使用しているプログラムを終了するか (「ss -ltnp」で確認できます)、' +
        '別のポートを使用してください。',
    },
    reasons: ['port-in-use'],
  },
  'HF-PG-027': {
    kind: 'refused',
    message: {
      en: 'the password file {path} cannot be used',
      ja: 'パスワードファイル {path} を使用できません',
    },
    remedy: {
      en: 'It must belong to the user that runs the daemon, with mode 0600.',
      ja: 'デーモンを実行するユーザーが所有し、モードを 0600 にしてください。',
    },
    reasons: ['password-file-unusable'],
  },
  'HF-PG-051': {
    kind: 'refused',
    message: {
      en: 'the password of the account {account} is needed, because its service is new',
      ja: 'サービスを新しく作成するため、アカウント {account} のパスワードが必要です',
    },
    remedy: {
      en: 'Give it when you are asked, or with --password-stdin; it may not be blank, and is kept nowhere.',
      ja: '入力を求められたとき、または --password-stdin で指定してください。空にはできません。保存はされません。',
    },
    reasons: ['password-needed'],
  },
  'HF-PG-052': {
    kind: 'refused',
    message: {
      en: 'the database cluster does not listen on {address} (listen_addresses: {listening})',
      ja: 'データベースクラスターは {address} で接続を待ち受けていません (listen_addresses: {listening})',
    },
    remedy: {
      en: "Write {setting}, or '*', into its configuration, and restart it; clients reach it by that address only then.",
      ja:
        "設定に {setting} または '*' を記述し、再起動してください。" +
        'それまでクライアントはこのアドレスで接続できません。',
    },
    reasons: ['address-not-listened-on'],
  },
  'HF-PG-060': {
    kind: 'refused',
    message: {
      en: 'the start command of the service {service} is not known well enough to give it the port',
      ja: 'サービス {service} の起動コマンドを判別できないため、ポートを追加できません',
    },
    remedy: {
      en: 'Add "-p" with the port to its start command yourself and restart it, then create without --fix.',
      ja: '起動コマンドに「-p ポート」を手動で追加して再起動し、--fix なしで作成してください。',
    },
    reasons: ['start-command-unknown', 'start-command-unclear'],
  },
  'HF-PG-061': {
    kind: 'failed',
    message: {
      en: 'the service {service} could not be restarted with the port; it runs as it did before',
      ja: 'サービス {service} をポート付きで再起動できなかったため、元の状態に戻しました',
    },
    remedy: {
      en: 'The cause is named beside it; put that right, or change the start command of the service yourself.',
      ja: '示された原因を解決するか、サービスの起動コマンドを手動で変更してください。',
    },
    reasons: ['restart-failed'],
  },
} as const satisfies Record<string, ErrorEntry>;
