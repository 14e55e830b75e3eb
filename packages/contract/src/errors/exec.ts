import type { ErrorEntry } from './entry.ts';

/** Remote commands (C-04). */
export const execErrors = {
  'HF-EXEC-001': {
    kind: 'unknown-name',
    message: {
      en: 'server {server} has no program {program} (PATH: {path})',
      ja: 'サーバー {server} にプログラム {program} がありません (PATH: {path})',
    },
    remedy: {
      en: 'Name it by its absolute path, or by a name that the PATH of the daemon there leads to.',
      ja: '絶対パス、またはそのサーバーのデーモンの PATH にある名前で指定してください。',
    },
  },
  'HF-EXEC-002': {
    kind: 'too-many',
    message: {
      en: 'server {server} runs {most} remote commands already',
      ja: 'サーバー {server} では既に上限の {most} 個のリモートコマンドが実行中です',
    },
    remedy: { en: 'Try again when one has ended.', ja: 'いずれかが終了してから再試行してください。' },
  },
  'HF-EXEC-003': {
    kind: 'timed-out',
    message: {
      en: 'the command was ended on {server}: it had not ended by itself within {limitMs} ms',
      ja: 'コマンドは {limitMs} ミリ秒以内に終了しなかったため、{server} で強制終了されました',
    },
    remedy: {
      en: 'Give it more time with -t, or let it run as a service of that server.',
      ja: '-t で制限時間を延ばすか、そのサーバーのサービスとして実行してください。',
    },
  },
  'HF-EXEC-004': {
    kind: 'failed',
    message: {
      en: 'the connection to {server} was lost, and the command there was ended with it',
      ja: '{server} との接続が失われ、実行中のコマンドも終了されました',
    },
    remedy: {
      en: 'See "holdfast path list" and whether the daemon there was restarted; see what the command had done before you repeat it.',
      ja:
        '「holdfast path list」と、そのサーバーのデーモンが再起動されていないかを確認してください。' +
        '再実行する前に、コマンドがどこまで処理したかを確認してください。',
    },
  },
  'HF-EXEC-005': {
    kind: 'failed',
    message: {
      en: 'the command could not be started on {server}: {problem}',
      ja: '{server} でコマンドを開始できませんでした: {problem}',
    },
    remedy: {
      en: 'Put right what is named; the server needs setpriv (util-linux) and timeout (coreutils).',
      ja: '示された問題を解消してください。サーバーには setpriv (util-linux) と timeout (coreutils) が必要です。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
