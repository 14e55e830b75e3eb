import type { ErrorEntry } from './entry.ts';

/** Files and settings of one server. */
export const configurationErrors = {
  'HF-CFG-001': {
    kind: 'failed',
    message: {
      en: 'the file {file} cannot be used: {problem}',
      ja: 'ファイル {file} を使用できません: {problem}',
    },
    remedy: {
      en:
        'Correct the place that is named, or restore the file from a backup; nothing is started until ' +
        'then.',
      ja:
        '示された箇所を修正するか、ファイルをバックアップから復元してください。' +
        'それまでは何も起動されません。',
    },
  },
  'HF-CFG-002': {
    kind: 'refused',
    message: {
      en: 'the file {file} has format {formatVersion}, newer than format {supported} of this program',
      ja:
        'ファイル {file} の形式 {formatVersion} は、このプログラムが対応する形式 {supported} ' +
        'より新しいものです',
    },
    remedy: {
      en: 'Install the version of Holdfast that wrote the file, or a newer one.',
      ja: 'ファイルを書き込んだバージョン以降の Holdfast をインストールしてください。',
    },
  },
  'HF-CFG-003': {
    kind: 'failed',
    message: {
      en: 'the file {file} cannot be read: {problem}',
      ja: 'ファイル {file} を読み取れません: {problem}',
    },
    remedy: {
      en: 'Check that it is there and that the user of the daemon may read it.',
      ja: 'ファイルが存在し、デーモンのユーザーが読み取れることを確認してください。',
    },
  },
  'HF-CFG-004': {
    kind: 'failed',
    message: {
      en: 'the file {file} cannot be written: {problem}',
      ja: 'ファイル {file} に書き込めません: {problem}',
    },
    remedy: {
      en: 'Check the free space and the rights of the folder.',
      ja: 'フォルダーの空き容量とアクセス権を確認してください。',
    },
  },
  'HF-CFG-005': {
    kind: 'refused',
    message: {
      en: 'the directory {directory} is not safe to use: {problem}',
      ja: 'ディレクトリー {directory} は安全に使用できません: {problem}',
    },
    remedy: {
      en: 'It must belong to the user of the daemon, and nobody else may write to it.',
      ja: 'デーモンのユーザーが所有し、他のユーザーが書き込めないようにしてください。',
    },
  },
  'HF-CFG-006': {
    kind: 'refused',
    message: {
      en: 'another daemon already runs with this run directory: {directory}',
      ja: 'この実行ディレクトリーを使用するデーモンがすでに稼働しています: {directory}',
    },
    remedy: {
      en: 'Use the daemon that runs, or give this one directories of its own with --state-dir and --run-dir.',
      ja:
        '稼働中のデーモンを使用するか、--state-dir と --run-dir ' +
        'でこのデーモン専用のディレクトリーを指定してください。',
    },
  },
  'HF-CFG-007': {
    kind: 'refused',
    message: {
      en: 'the timing profile {profile} does not fit: {problem}',
      ja: 'タイミングプロファイル {profile} は使用できません: {problem}',
    },
    remedy: {
      en: 'Choose another profile with "holdfast set --profile"; "safe" fits everywhere.',
      ja:
        '「holdfast set --profile」で別のプロファイルを選択してください。' +
        '「safe」はどの環境でも使用できます。',
    },
  },
  'HF-CFG-008': {
    kind: 'usage',
    message: {
      en: 'there is no tunable {name}; known: {known}',
      ja: '調整パラメーター {name} はありません。指定できるのは {known} です',
    },
    remedy: {
      en: 'Use one of those; "holdfast settings" shows each with its value and what it does.',
      ja: '「holdfast settings」で、それぞれの値と説明を確認できます。',
    },
  },
  'HF-CFG-009': {
    kind: 'refused',
    message: {
      en: '{name} is {given} ({source}): at least {minimum} is needed, so {minimum} is used',
      ja: '{name} の値 {given} ({source}) は {minimum} 以上である必要があるため、{minimum} を使用します',
    },
    remedy: {
      en: 'Set a whole number that is large enough, or take the setting back with "holdfast set --tunable NAME=".',
      ja: '十分に大きい整数を設定するか、「holdfast set --tunable 名前=」で設定を取り消してください。',
    },
    reasons: ['tunable-replaced'],
  },
  'HF-CFG-010': {
    kind: 'failed',
    message: {
      en: 'the defaults file {file} cannot be read; what was read last goes on holding',
      ja: 'デフォルト設定ファイル {file} を読み取れません。最後に読み取った内容を使用します',
    },
    remedy: {
      en: 'Check that it is a file which the user of the daemon may read.',
      ja: 'デーモンのユーザーが読み取れるファイルであることを確認してください。',
    },
    reasons: ['defaults-file-not-read'],
  },
  'HF-CFG-020': {
    kind: 'usage',
    message: {
      en: 'line {line} of the configuration, {field}: {problem}',
      ja: '設定ファイルの {line} 行目、{field}: {problem}',
    },
    remedy: {
      en: 'Correct the line; "holdfast export" shows the form. Nothing was changed.',
      ja: 'その行を修正してください。形式は「holdfast export」で確認できます。何も変更されていません。',
    },
  },
  'HF-CFG-021': {
    kind: 'usage',
    message: {
      en: 'the configuration has form {found}, and this version understands {understood}',
      ja: '設定ファイルの形式は {found} ですが、このバージョンが対応しているのは {understood} です',
    },
    remedy: {
      en: 'Import it with the version of Holdfast that exported it, or a newer one. Nothing was changed.',
      ja: 'エクスポートしたバージョン以降の Holdfast でインポートしてください。何も変更されていません。',
    },
  },
  'HF-CFG-022': {
    kind: 'refused',
    message: {
      en: 'line {line} of the configuration, {field}, is against a rule: {problem}',
      ja: '設定ファイルの {line} 行目、{field} は規則に反しています: {problem}',
    },
    remedy: {
      en: 'Correct the line, or what it is about in the cluster. Nothing was changed.',
      ja: 'その行、またはクラスター側の対象を修正してください。何も変更されていません。',
    },
  },
  'HF-CFG-023': {
    kind: 'refused',
    message: {
      en: 'line {line} of the configuration: the cluster has something else at {field}, which an import does not change',
      ja: '設定ファイルの {line} 行目: {field} がクラスターと異なりますが、インポートでは変更できません',
    },
    remedy: {
      en:
        'Servers and resources of a hierarchy that is there are looked at before they change: use "holdfast extend", "unextend", ' +
        '"create", "dependency" or "delete", and import again. Nothing was changed.',
      ja:
        '既存の階層のサーバーとリソースは、変更前に検査が必要です。「holdfast extend」「unextend」「create」「dependency」' +
        '「delete」で変更してから、再度インポートしてください。何も変更されていません。',
    },
  },
  'HF-CFG-024': {
    kind: 'refused',
    message: {
      en: 'the configuration changes too much at once: {operations} writes and comparisons of at most {most}',
      ja: '設定の変更が一度に多すぎます: 書き込みと比較が {operations} 件、上限は {most} 件です',
    },
    remedy: {
      en: 'Split the file into several and import one after the other: what a file does not name stays as it is.',
      ja: 'ファイルを分割して順にインポートしてください。ファイルに記載されていないものは変更されません。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
