import type { Text } from '@holdfast/contract';

/** What stands around the pages, and on the sign-in page. */
export const shellTexts = {
  'shell.skip': { en: 'Skip to content', ja: '本文へ移動' },
  'shell.navigation': { en: 'Navigation', ja: 'ナビゲーション' },
  'shell.darkTheme': { en: 'Dark theme', ja: 'ダークテーマ' },
  'shell.lightTheme': { en: 'Light theme', ja: 'ライトテーマ' },
  'shell.signedInAs': { en: 'Signed in as {name}, {role}', ja: 'サインイン中: {name} ({role})' },
  'shell.signOut': { en: 'Sign out', ja: 'サインアウト' },
  'shell.close': { en: 'Close', ja: '閉じる' },
  'shell.cancel': { en: 'Cancel', ja: 'キャンセル' },
  'shell.loading': { en: 'Loading', ja: '読み込み中' },
  'shell.retry': { en: 'Try again', ja: '再試行' },
  'shell.notFound': { en: 'There is no such page', ja: 'ページが見つかりません' },
  'shell.toCluster': { en: 'Go to the cluster page', ja: 'クラスターのページへ' },
  'shell.failed': { en: 'This page could not be shown', ja: 'このページを表示できませんでした' },
  'shell.reload': { en: 'Load again', ja: '再読み込み' },
  'shell.noAnswer': { en: 'The server does not answer', ja: 'サーバーが応答しません' },
  'shell.noAnswerRemedy': {
    en: 'Check that the daemon of this server runs, or open the console of another server of the cluster.',
    ja: 'このサーバーのデーモンが稼働しているか確認するか、クラスター内の別のサーバーのコンソールを開いてください。',
  },
  'shell.unknownError': { en: 'The request failed', ja: '要求が失敗しました' },
  'signIn.title': { en: 'Sign in to Holdfast', ja: 'Holdfast へのサインイン' },
  'signIn.again': { en: 'Sign in again', ja: '再サインイン' },
  'signIn.expired': {
    en: 'Your session has ended. What you have entered is still here.',
    ja: 'セッションの有効期限が切れました。入力した内容は保持されています。',
  },
  'signIn.account': { en: 'Account', ja: 'アカウント' },
  'signIn.password': { en: 'Password', ja: 'パスワード' },
  'signIn.submit': { en: 'Sign in', ja: 'サインイン' },
  'page.cluster': { en: 'Cluster', ja: 'クラスター' },
  'page.servers': { en: 'Servers and paths', ja: 'サーバーとパス' },
  'connection.connecting': { en: 'Connecting', ja: '接続中' },
  'connection.live': { en: 'Live', ja: '接続済み' },
  'connection.lost': { en: 'Connection lost', ja: '接続断' },
  'connection.lostTitle': {
    en: 'The connection to the server is lost. What is shown is not current.',
    ja: 'サーバーへの接続が失われました。表示されている内容は最新ではありません。',
  },
  'connection.asOf': {
    en: 'As of {time}. Connecting again …',
    ja: '{time} 時点の情報です。再接続しています…',
  },
  'connection.storeTitle': {
    en: 'Server {server} cannot read the state of the cluster. What is shown is as it was last known.',
    ja: 'サーバー {server} はクラスターの状態を読み取れません。最後に確認された内容を表示しています。',
  },
  'connection.maintenance': {
    en: 'The whole cluster is in maintenance: nothing is moved, repaired or started.',
    ja: 'クラスター全体がメンテナンス中です。移動、修復、起動は行われません。',
  },
} as const satisfies Record<string, Text>;
