import type { ErrorEntry } from './entry.ts';

/** What is not done while servers have promised each other to take nothing (C-08). */
export const failsafeErrors = {
  'HF-FAILSAFE-001': {
    kind: 'refused',
    message: {
      en: '{server} has promised another server to take nothing and to change nothing for {forMs} ms more',
      ja: '{server} は、あと {forMs} ミリ秒間は引き継ぎも変更も行わないことを他のサーバーに約束しています',
    },
    remedy: {
      en:
        'A server keeps its databases running although it cannot renew its lease. Bring the majority of etcd back, ' +
        'see "holdfast doctor"; then try again.',
      ja:
        'リースを更新できないサーバーが、データベースの稼働を維持しています。' +
        '「holdfast doctor」を参照して etcd の過半数を復旧してから、再試行してください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
