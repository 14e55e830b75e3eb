import type { Text } from '../text.ts';

/** Why a server does, or does not do, something for a hierarchy: rows of the decision table and verdicts. */
export const coreReasons = {
  'lease-not-good': {
    en: 'the lease of this server has ended: what runs under it is being stopped',
    ja: 'このサーバーのリースが終了したため、稼働中のものを停止しています',
  },
  'lease-not-good-look': {
    en: 'this server has no good lease and is looking whether something still runs',
    ja: 'このサーバーには有効なリースがなく、稼働中のものが残っていないか確認しています',
  },
  'no-lease': {
    en: 'this server has no lease, so it runs nothing',
    ja: 'このサーバーにはリースがないため、何も実行しません',
  },
  'store-unknown': {
    en: 'etcd does not answer: nothing is changed, what runs goes on running while the lease is good',
    ja: 'etcd が応答しないため、変更は行いません。リースが有効な間、稼働中のものはそのまま動作します',
  },
  'not-extended-here': {
    en: 'the hierarchy is not extended to this server',
    ja: 'リソース階層はこのサーバーに拡張されていません',
  },
  'owned-elsewhere': {
    en: 'another server has the hierarchy: what still runs here is being stopped',
    ja: '他のサーバーがリソース階層を所有しているため、このサーバーに残っているものを停止しています',
  },
  'owned-elsewhere-look': {
    en: 'another server has the hierarchy; this one is looking whether something still runs here',
    ja:
      '他のサーバーがリソース階層を所有しています。' +
      'このサーバーに稼働中のものが残っていないか確認しています',
  },
  'standing-by': {
    en: 'another server has the hierarchy; this one stands by',
    ja: '他のサーバーがリソース階層を所有しています。このサーバーは待機中です',
  },
  'not-owned': {
    en: 'no server has the hierarchy: what still runs here is being stopped before anything else',
    ja: 'どのサーバーもリソース階層を所有していないため、まず、このサーバーに残っているものを停止しています',
  },
  'not-owned-look': {
    en: 'no server has the hierarchy; this one is looking whether something still runs here',
    ja:
      'どのサーバーもリソース階層を所有していません。' +
      'このサーバーに稼働中のものが残っていないか確認しています',
  },
  'out-of-service': {
    en: 'an operator took the hierarchy out of service; only an operator brings it back',
    ja: 'オペレーターの操作により Out of Service になっています。元に戻せるのはオペレーターだけです',
  },
  'take-over': {
    en: 'no server has the hierarchy, and this one is the first in order of priority that can take it',
    ja:
      'どのサーバーもリソース階層を所有しておらず、引き継ぎ可能なサーバーのうち、' +
      'このサーバーの優先順位が最も高いためです',
  },
  'wait-for-preferred': {
    en: 'a server of a smaller priority number takes the hierarchy first; this one waits for its turn',
    ja: '優先順位のより高いサーバーが先に引き継ぎます。このサーバーは順番を待っています',
  },
  'not-eligible': {
    en: 'this server cannot take the hierarchy at present',
    ja: 'このサーバーは現在、リソース階層を引き継げません',
  },
  'going-out-of-service': {
    en: 'an operator asked for it to be taken out of service: it is being stopped',
    ja: 'オペレーターが Out of Service を要求したため、停止しています',
  },
  release: {
    en: 'everything has stopped: the hierarchy is given back',
    ja: 'すべて停止したため、リソース階層の所有を解除します',
  },
  moving: {
    en: 'it is being stopped here to be moved to another server',
    ja: '他のサーバーへ移動するため、このサーバーで停止しています',
  },
  'hand-over': {
    en: 'everything has stopped here: the hierarchy is handed over to the target',
    ja: 'このサーバーですべて停止したため、リソース階層を移動先に引き渡します',
  },
  leaving: {
    en: 'this server is shut down: what runs here is stopped first',
    ja: 'このサーバーはシャットダウン中のため、稼働中のリソースを停止しています',
  },
  'leave-behind': {
    en: 'this server is shut down: another one takes the hierarchy over, if one can',
    ja: 'このサーバーはシャットダウン中のため、引き継ぎ可能なサーバーがあればリソース階層を引き渡します',
  },
  'server-shut-down': {
    en: '{server} was shut down before it had ended',
    ja: '完了する前に {server} がシャットダウンされました',
  },
  'target-unable': {
    en: 'the target of the move cannot take the hierarchy',
    ja: '移動先のサーバーはリソース階層を引き継げません',
  },
  'data-at-fault': {
    en: 'the cause of the failure is in the data and would follow it to any server: it stays here',
    ja: '障害の原因がデータにあり、どのサーバーに移動しても解消しないため、このサーバーに留まります',
  },
  'giving-up': {
    en: 'it could not be kept running here: it is being stopped to be moved',
    ja: 'このサーバーで稼働を維持できないため、移動に備えて停止しています',
  },
  'move-away': {
    en: 'it could not be kept running here: it moves to the next server in order of priority',
    ja: 'このサーバーで稼働を維持できないため、優先順位が次のサーバーへ移動します',
  },
  'in-service': {
    en: 'this server has the hierarchy and keeps it running',
    ja: 'このサーバーがリソース階層を所有し、稼働を維持しています',
  },
  owned: {
    en: 'a server has the hierarchy',
    ja: 'サーバーがリソース階層を所有しています',
  },
  'session-not-open': {
    en: 'server {server} has not announced itself under its lease yet',
    ja: 'サーバー {server} は、自身のリースでまだ登録されていません',
  },
  'failed-there': {
    en: 'it failed on server {server} before: {cause}',
    ja: 'サーバー {server} で以前に障害が発生しています: {cause}',
  },
  'preferred-server-first': {
    en: '{rank} more preferred servers may take the hierarchy first',
    ja: '優先順位のより高い {rank} 台のサーバーが先に引き継ぐことができます',
  },
  'renewal-does-not-fit': {
    en: 'a renewal every {renewEveryMs} ms with {callTimeoutMs} ms for a call does not fit into the lease',
    ja: '{renewEveryMs} ミリ秒ごとの更新と呼び出し 1 回の {callTimeoutMs} ミリ秒がリースの時間に収まりません',
  },
  'watchdog-outlives-lease': {
    en: 'the watchdog of {watchdogMs} ms could act after the end of the lease of {leaseTtlMs} ms',
    ja:
      'ウォッチドッグ ({watchdogMs} ミリ秒) の作動がリース ({leaseTtlMs} ミリ秒) ' +
      'の終了後になることがあります',
  },
  'etcd-would-raise-ttl': {
    en: 'etcd with an election timeout of {etcdElectionMs} ms raises a lease of {leaseTtlMs} ms',
    ja: '選出タイムアウトが {etcdElectionMs} ミリ秒の etcd は、{leaseTtlMs} ミリ秒のリースを延長します',
  },
} as const satisfies Record<string, Text>;
