import type { Text } from '../text.ts';

/** What the executor found when it carried a decision out. */
export const engineReasons = {
  'action-does-not-end': {
    en: 'the action "{action}" on {tag} does not end',
    ja: '{tag} に対する処理「{action}」が終了しません',
  },
  'action-threw': {
    en: 'the recovery kit met an error that it does not know: {message}',
    ja: 'リカバリーキットで想定外のエラーが発生しました: {message}',
  },
  aborted: { en: 'the action is no longer wanted', ja: 'この処理は不要になりました' },
  'lease-lost': {
    en: 'this server no longer holds the lease under which this was decided',
    ja: 'この処理を決定した時点のリースは、すでに失われています',
  },
  'term-over': {
    en: 'term {term} of the hierarchy is over',
    ja: 'リソース階層の期間 {term} は終了しています',
  },
} as const satisfies Record<string, Text>;
