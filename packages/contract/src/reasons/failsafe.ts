import type { Text } from '../text.ts';

/** Going on without a majority of etcd: who promises what, and why not (C-08). */
export const failsafeReasons = {
  failsafe: {
    en: 'etcd cannot be reached; it goes on because every other server has promised to take nothing',
    ja: 'etcd に接続できません。他のすべてのサーバーが引き継がないことを約束しているため、稼働を続けます',
  },
  'failsafe-refused': {
    en: 'etcd cannot be reached, and {refuser} does not promise to take nothing ({cause}): what runs here is stopped in time',
    ja: 'etcd に接続できず、{refuser} からも引き継がないという約束が得られません ({cause})。稼働中のものは期限内に停止されます',
  },
  'failsafe-ok': {
    en: 'without a majority of etcd, what runs goes on while all servers see each other',
    ja: 'etcd の過半数が失われても、すべてのサーバーが互いに通信できる間は稼働を続けます',
  },
  'held-by-promises': {
    en: 'the lease cannot be renewed; every other server has promised to take nothing',
    ja: 'リースを更新できません。他のすべてのサーバーが引き継がないことを約束しています',
  },
  'promised-to-take-nothing': {
    en: 'it has promised {server} to take nothing yet',
    ja: 'まだ引き継がないことを {server} に約束しています',
  },
  'failsafe-off': {
    en: 'failsafe is turned off: what runs is stopped when etcd loses its majority',
    ja: 'フェイルセーフが無効です。etcd の過半数が失われると、稼働中のものは停止されます',
  },
  'store-not-seen': {
    en: 'it has not read etcd since its daemon started, or since it let a server in',
    ja: 'デーモンの起動後、またはサーバーの追加後、etcd をまだ読み取っていません',
  },
  'configuration-newer': {
    en: 'it knows a newer configuration',
    ja: 'より新しい構成を認識しています',
  },
  'session-not-there': {
    en: 'the lease of {server} is over',
    ja: '{server} のリースが終了しています',
  },
  'no-answer': {
    en: 'it does not answer',
    ja: '応答がありません',
  },
  'asked-itself': {
    en: 'a server does not ask itself',
    ja: 'サーバーが自分自身に要求しました',
  },
  'asked-for-too-long': {
    en: 'it was asked for {forMs} ms, which is too long',
    ja: '要求された {forMs} ミリ秒は長すぎます',
  },
  'promise-not-recorded': {
    en: 'the promise could not be written down',
    ja: '約束を記録できませんでした',
  },
  'promised-in-future': {
    en: 'the promise begins {aheadMs} ms in the future',
    ja: '約束の開始が {aheadMs} ミリ秒先になっています',
  },
  'guard-refused': {
    en: 'its guard does not take the promises',
    ja: 'ガードプロセスが約束を受け付けません',
  },
  'failsafe-does-not-fit': {
    en: 'the promises of {failsafeMs} ms are too short for the other times',
    ja: '約束の時間 {failsafeMs} ミリ秒が、他の時間に対して短すぎます',
  },
} as const satisfies Record<string, Text>;
