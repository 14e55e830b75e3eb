import type { Text } from '../text.ts';

/** Steps of a failover report that are neither events nor decisions: what the server that made it saw of others. */
export const reportReasons = {
  'last-heartbeat': {
    en: 'last heartbeat of {server}',
    ja: '{server} からの最後のハートビート',
  },
  'last-good-look': {
    en: 'last time that {server} was seen to run everything',
    ja: '{server} ですべてが稼働していることを最後に確認した時点',
  },
  'last-good-check': {
    en: 'last good {check} check',
    ja: '最後に成功した {check} チェック',
  },
  'first-bad-sign': { en: 'first bad sign', ja: '最初の異常' },
  'stop-began': { en: 'it ran until its stop began', ja: '停止処理の開始まで稼働' },
  'nobody-has-it': {
    en: 'no server has the hierarchy, and it is wanted in service',
    ja: 'In Service が求められているリソース階層を、どのサーバーも所有していません',
  },
  'owner-gone': {
    en: 'the ownership of {server} in term {term} is gone',
    ja: '{server} の所有権 (期間 {term}) が失われました',
  },
  'seen-in-service': { en: 'it runs', ja: '稼働しています' },
  'seen-standby': { en: 'it has stopped', ja: '停止しました' },
  'seen-starting': { en: 'it is being started', ja: '起動中です' },
  'seen-stopping': { en: 'it is being stopped', ja: '停止処理中です' },
  'seen-failed': { en: 'it has failed: {cause}', ja: '障害が発生しました: {cause}' },
  'seen-degraded': { en: 'it runs with a warning: {cause}', ja: '警告のある状態で稼働しています: {cause}' },
  'seen-unknown': { en: 'its state is not known', ja: '状態が不明です' },
  'all-in-service': {
    en: 'everything is in service, and a query was answered',
    ja: 'すべて In Service になり、クエリーに応答しました',
  },
  'move-asked': {
    en: 'an operator asked for the move to {server}',
    ja: 'オペレーターが {server} への移動を要求しました',
  },
  'did-not-take-it': {
    en: '{server} could have taken it and did not in its time',
    ja: '{server} は引き継ぎ可能でしたが、時間内に引き継ぎませんでした',
  },
  'report-waits': {
    en: 'a report waits for etcd: {message}',
    ja: 'レポートの書き込みが etcd の応答を待っています: {message}',
  },
  'report-not-made': {
    en: 'a report could not be made: {message}',
    ja: 'レポートを作成できませんでした: {message}',
  },
} as const satisfies Record<string, Text>;
