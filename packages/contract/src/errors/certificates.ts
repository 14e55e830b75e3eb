import type { ErrorEntry } from './entry.ts';

/** Errors of certificates that are renewed (S-01). */
export const certificateErrors = {
  'HF-CLUSTER-060': {
    kind: 'unavailable',
    message: {
      en: 'no member that holds the key of the cluster authority issued certificates to {server}: {problem}',
      ja: '認証局の鍵を持つメンバーから {server} の証明書を発行できませんでした: {problem}',
    },
    remedy: {
      en: 'See whether a member is alive and connected to that server: holdfast status. The old certificates stay in use.',
      ja: 'そのサーバーに接続された稼働中のメンバーがあることを確認してください: holdfast status。現在の証明書は引き続き使用されます。',
    },
  },
  'HF-CLUSTER-061': {
    kind: 'unavailable',
    message: {
      en: 'the new certificates of {server} are not taken up, because something does not accept them: {problem}',
      ja: '{server} の新しい証明書が受け付けられないため、使用を開始していません: {problem}',
    },
    remedy: {
      en: 'Compare the clocks of the servers (holdfast doctor) and see whether etcd answers; then ask again.',
      ja: '各サーバーの時計 (holdfast doctor) と etcd の応答を確認してから、再実行してください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
