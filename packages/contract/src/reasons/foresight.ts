import type { Text } from '../text.ts';

/** What `explain` foresees (B-02). */
export const foresightReasons = {
  'resource-would-fail': { en: '{tag} would fail', ja: '{tag} に障害が発生した場合' },
  'not-configured': { en: 'it is not configured', ja: '構成されていません' },
  'came-by-report': {
    en: 'it came to {to} by report {report}: {cause}',
    ja: 'レポート {report} のとおり {to} に移りました: {cause}',
  },
  'came-without-cause': {
    en: 'it came to {to} by report {report}',
    ja: 'レポート {report} のとおり {to} に移りました',
  },
  'wanted-in-service': {
    en: 'it is wanted in service',
    ja: 'In Service にすることが求められています',
  },
  'would-be-repaired': {
    en: 'it would be repaired on the same server: {left} of {attempts} local recoveries are left',
    ja: '同じサーバーで回復します (ローカルリカバリーの残り {left} / {attempts} 回)',
  },
  'would-move': {
    en: 'it would be stopped here and handed to {server}',
    ja: 'このサーバーで停止し、{server} に引き渡されます',
  },
  'would-rest': {
    en: 'it would stay out of service until its rest of {restMs} ms is over, a server comes, or an operator asks',
    ja: '{restMs} ミリ秒の待機が終わるか、サーバーが稼働するか、オペレーターが要求するまで停止したままになります',
  },
  'would-be-watched': {
    en: 'it would only be told: nothing is repaired during maintenance',
    ja: 'メンテナンス中のため、通知のみ行い、回復は行いません',
  },
} as const satisfies Record<string, Text>;
