import type { ErrorEntry } from './entry.ts';

/** The API and the command line. */
export const interfaceErrors = {
  'HF-API-001': {
    kind: 'usage',
    message: { en: 'the request is not valid: {problem}', ja: '要求が正しくありません: {problem}' },
    remedy: {
      en: 'Correct the field that is named; docs/reference has the form of each request.',
      ja: '示された項目を修正してください。各要求の形式は docs/reference に記載されています。',
    },
  },
  'HF-API-002': {
    kind: 'unknown-name',
    message: { en: 'the API has no {method} {path}', ja: 'API に {method} {path} は存在しません' },
    remedy: {
      en: 'Check method and path; client and daemon may be of different versions.',
      ja: 'メソッドとパスを確認してください。クライアントとデーモンのバージョンが異なる可能性があります。',
    },
  },
  'HF-API-003': {
    kind: 'failed',
    message: { en: 'an error inside the daemon: {problem}', ja: 'デーモンの内部エラー: {problem}' },
    remedy: {
      en: 'The log of the daemon has the details; please report it with them.',
      ja: '詳細はデーモンのログにあります。ログを添えて報告してください。',
    },
  },
  'HF-API-004': {
    kind: 'unavailable',
    message: {
      en: 'the daemon does not know the state of the cluster yet: {problem}',
      ja: 'デーモンはまだクラスターの状態を把握していません: {problem}',
    },
    remedy: {
      en: 'Try again in a few seconds; if it stays so, check that the majority of the servers is running.',
      ja:
        '数秒後に再試行してください。解消しない場合は、' +
        '過半数のサーバーが稼働していることを確認してください。',
    },
  },
  'HF-API-005': {
    kind: 'timed-out',
    message: {
      en: 'the form could not be checked within {waitedMs} ms',
      ja: '{waitedMs} ミリ秒以内に入力内容を検査できませんでした',
    },
    remedy: {
      en: 'A disk or a service manager of the server hangs, or it is very busy: see "holdfast events", and try again.',
      ja:
        'サーバーのディスクやサービスマネージャーが応答していないか、高負荷の可能性があります。' +
        '「holdfast events」を確認し、再試行してください。',
    },
  },
  'HF-API-010': {
    kind: 'unknown-name',
    message: { en: 'there is no report {report}', ja: 'レポート {report} はありません' },
    remedy: {
      en: 'See the newest reports with "holdfast report"; old ones are deleted.',
      ja: '「holdfast report」で最新のレポートを確認してください。古いレポートは削除されます。',
    },
  },
  'HF-CLI-001': {
    kind: 'unreachable',
    message: {
      en: 'the daemon does not answer at {place}: {problem}',
      ja: 'デーモンが {place} で応答しません: {problem}',
    },
    remedy: {
      en:
        'Start it with "holdfast run", or name its directory with --run-dir; only the user that the ' +
        'daemon runs as may use the socket.',
      ja:
        '「holdfast run」で起動するか、--run-dir でディレクトリーを指定してください。' +
        'ソケットを使用できるのはデーモンを実行しているユーザーだけです。',
    },
  },
  'HF-CLI-002': {
    kind: 'timed-out',
    message: {
      en: 'the daemon did not answer within {waitedMs} ms',
      ja: 'デーモンが {waitedMs} ミリ秒以内に応答しませんでした',
    },
    remedy: {
      en:
        'See with "holdfast status" whether the change took place before you repeat it; --timeout gives ' +
        'more time.',
      ja:
        '再実行する前に、変更が行われたかどうかを「holdfast status」で確認してください。' +
        '--timeout で待ち時間を延長できます。',
    },
  },
  'HF-CLI-003': {
    kind: 'failed',
    message: {
      en: 'the answer of the daemon could not be understood: {problem}',
      ja: 'デーモンの応答を解釈できません: {problem}',
    },
    remedy: {
      en: 'Use the command line of the version that the daemon has.',
      ja: 'デーモンと同じバージョンのコマンドラインを使用してください。',
    },
  },
  'HF-CLI-004': {
    kind: 'usage',
    message: { en: '{problem}', ja: '{problem}' },
    remedy: {
      en: 'See "{command} --help".',
      ja: '「{command} --help」を参照してください。',
    },
  },
  'HF-CLI-005': {
    kind: 'timed-out',
    message: {
      en: 'operation {operation} has not ended within {waitedMs} ms; it goes on in the cluster',
      ja: '操作 {operation} は {waitedMs} ミリ秒以内に終了しませんでした。クラスター内で続行されています',
    },
    remedy: {
      en: 'Follow it with "holdfast events --follow" or "holdfast status".',
      ja: '「holdfast events --follow」または「holdfast status」で経過を確認してください。',
    },
  },
  'HF-CLI-006': {
    kind: 'refused',
    message: {
      en: '{command} was cancelled: nothing was changed',
      ja: '{command} はキャンセルされました。変更は行われていません',
    },
    remedy: {
      en: 'Give the command again when you are ready.',
      ja: '準備ができたら、コマンドを再実行してください。',
    },
  },
  'HF-CLI-007': {
    kind: 'failed',
    message: { en: 'an error inside the command: {problem}', ja: 'コマンドの内部エラー: {problem}' },
    remedy: {
      en: 'Please report it; HOLDFAST_DEBUG=1 prints where it happened.',
      ja: '報告してください。HOLDFAST_DEBUG=1 を指定すると発生箇所が出力されます。',
    },
  },
  'HF-CLI-008': {
    kind: 'failed',
    message: {
      en: 'the file {file} with the servers that were signed in to cannot be read',
      ja: 'サインイン済みサーバーのファイル {file} を読み取れません',
    },
    remedy: {
      en: 'Delete the file, and sign in again with "holdfast login".',
      ja: 'ファイルを削除し、「holdfast login」で再度サインインしてください。',
    },
  },
  'HF-CLI-009': {
    kind: 'not-signed-in',
    message: {
      en: 'nobody has signed in at {server} from here',
      ja: 'ここから {server} にサインインしていません',
    },
    remedy: {
      en: 'Sign in with "holdfast login {server} --account NAME --fingerprint SHA256".',
      ja: '「holdfast login {server} --account 名前 --fingerprint SHA256」でサインインしてください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
