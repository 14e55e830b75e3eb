import type { Text } from '../text.ts';

/** The daemon: what `status` and `explain` say, its etcd member, communication paths. */
export const daemonReasons = {
  'asked-out-of-service': {
    en: '{by} took the hierarchy out of service; only an operator brings it back',
    ja: '{by} の操作により Out of Service になっています。元に戻せるのはオペレーターだけです',
  },
  'moving-to': {
    en: 'it is being moved to {server}',
    ja: '{server} へ移動しています',
  },
  'owned-by': {
    en: '{server} has the hierarchy, in term {term}',
    ja: '{server} がリソース階層を所有しています (期間 {term})',
  },
  'failed-on': {
    en: 'it failed on {server}: {cause}',
    ja: '{server} で障害が発生しました: {cause}',
  },
  'would-take-over': {
    en:
      '{server} would take it over: of the servers that can, it has the smallest priority number ' +
      '({priority})',
    ja: '{server} が引き継ぎます。引き継ぎ可能なサーバーのうち、優先順位 ({priority}) が最も高いためです',
  },
  'nobody-could-take-over': {
    en: 'no other server can take it over at present',
    ja: '現在、引き継げるサーバーは他にありません',
  },
  'no-usable-backup': {
    en: 'no other server could take it over now',
    ja: '現在、引き継げるバックアップサーバーがありません',
  },
  'protected-by-the-lease-only': {
    en: 'only the lease keeps a second server from the data: the storage offers no barrier of its own',
    ja: '二重書き込みを防いでいるのはリースだけです。ストレージ側の防護はありません',
  },
  'readiness-not-announced': {
    en: 'systemd could not be told that the daemon is ready: {why}',
    ja: 'デーモンの準備完了を systemd に通知できませんでした: {why}',
  },
  'removed-while-alive': {
    en: '{server} is alive: it is taken out without its help, and ends as soon as it finds that out',
    ja: '{server} は稼働中ですが、本人の協力なしに外します。それを検知した時点で終了します',
  },
  'runs-there-no-more': {
    en: '{hierarchies} cannot run on {server} any more, also if it comes back; other servers keep them',
    ja: '{hierarchies} は {server} が復帰してもそこでは実行できなくなります。他のサーバーの拡張は変わりません',
  },
  'etcd-member-goes-later': {
    en: 'the etcd member of {server} has not been taken out yet; a living server does that by itself',
    ja: '{server} の etcd メンバーはまだ除外されていません。稼働中のサーバーが自動的に除外します',
  },
  'server-left': {
    en: '{server} has left the cluster {cluster}; its files are in {directory}',
    ja: '{server} はクラスター {cluster} から離脱しました。ファイルは {directory} にあります',
  },
  'etcd-no-vote-yet': {
    en: '{server} has no vote in etcd yet: its member is being brought up to date',
    ja: '{server} は etcd の投票権をまだ持っていません。メンバーを同期しています',
  },
  'etcd-vote-given': {
    en: '{server} votes in etcd from now on',
    ja: '{server} が etcd の投票権を得ました',
  },
  'etcd-member-dismissed': {
    en: 'the etcd member {member} was taken out: no server of the configuration has it any more',
    ja: '構成に属さなくなった etcd メンバー {member} を除外しました',
  },
  'etcd-members-not-settled': {
    en: "etcd's members are not yet what the configuration says: {why}",
    ja: 'etcd のメンバーが構成とまだ一致していません: {why}',
  },
  'etcd-leader-moved': {
    en: 'etcd is led by {to} from now on: the loss of this server shall not cost an election too',
    ja: 'このサーバーの喪失時に etcd の選出が重ならないよう、etcd のリーダーを {to} へ移しました',
  },
  'etcd-leader-not-moved': {
    en: 'etcd goes on being led by this server, which runs a hierarchy: {why}',
    ja: 'リソース階層を実行しているこのサーバーが引き続き etcd のリーダーです: {why}',
  },
  'lease-ended': {
    en: 'server {server} holds no lease: it is off, frozen or cut off',
    ja: 'サーバー {server} はリースを保持していません。停止、無応答、または切断されています',
  },
  'path-dead': {
    en: 'communication paths are dead: {paths}',
    ja: 'コミュニケーションパスが停止しています: {paths}',
  },
  'path-not-redundant': {
    en: 'only one communication path leads to: {servers}',
    ja: 'コミュニケーションパスが1本しかありません: {servers}',
  },
  'kit-missing': {
    en: 'this server has no recovery kit {kit}, which {tag} needs',
    ja: 'このサーバーには {tag} に必要なリカバリーキット {kit} がありません',
  },
  overtaken: {
    en: 'another operation took its place',
    ja: '別の操作に置き換えられました',
  },
  'check-does-not-answer': {
    en: 'the check has not answered for {waitedMs} ms',
    ja: 'チェックが {waitedMs} ミリ秒間応答していません',
  },
  'check-threw': {
    en: 'the check met an error that it does not know',
    ja: 'チェックで想定外のエラーが発生しました',
  },
  'etcd-address-missing': {
    en: 'the address {address} of the etcd member is not on this server',
    ja: 'etcd メンバーのアドレス {address} がこのサーバーにありません',
  },
  'etcd-has-lease-faults': {
    en: 'this version of etcd has known faults with leases',
    ja: 'このバージョンの etcd にはリースに関する既知の不具合があります',
  },
  'etcd-log-not-bounded': {
    en: 'the log of the etcd member could not be cut',
    ja: 'etcd メンバーのログを切り詰められませんでした',
  },
  'etcd-member-adopted': {
    en: 'the running etcd member was taken over',
    ja: '稼働中の etcd メンバーを引き継ぎました',
  },
  'etcd-member-ended': {
    en: 'the etcd member has ended: {ending}',
    ja: 'etcd メンバーが終了しました: {ending}',
  },
  'etcd-member-not-started': {
    en: 'the etcd member could not be started',
    ja: 'etcd メンバーを起動できませんでした',
  },
  'etcd-member-started': {
    en: 'the etcd member was started',
    ja: 'etcd メンバーを起動しました',
  },
  'etcd-member-stopped': {
    en: 'the etcd member was stopped',
    ja: 'etcd メンバーを停止しました',
  },
  'store-endpoint-changed': {
    en: 'etcd is now asked at {endpoint}',
    ja: 'etcd への問い合わせ先を {endpoint} に変更しました',
  },
  'store-watch-broken': {
    en: 'the watch of etcd at {endpoint} was broken off',
    ja: 'etcd ({endpoint}) の監視が切断されました',
  },
  'store-watch-ended': {
    en: 'the watch of etcd has ended',
    ja: 'etcd の監視が終了しました',
  },
  'body-too-large': {
    en: 'a message for {route} was too large',
    ja: '{route} 宛てのメッセージが大きすぎます',
  },
  'handler-failed': {
    en: 'the message {route} could not be handled',
    ja: 'メッセージ {route} を処理できませんでした',
  },
  'handler-timeout': {
    en: 'the message {route} was not handled in time',
    ja: 'メッセージ {route} を時間内に処理できませんでした',
  },
  'request-timeout': {
    en: 'the other server did not answer in time',
    ja: '相手サーバーが時間内に応答しませんでした',
  },
  'request-aborted': {
    en: 'the message was taken back',
    ja: 'メッセージが取り消されました',
  },
  'answer-is-a-stream': {
    en: 'the answer to {route} is a stream',
    ja: '{route} への応答はストリームです',
  },
  'answer-is-no-stream': {
    en: 'the answer to {route} is no stream',
    ja: '{route} への応答はストリームではありません',
  },
  'route-unknown': {
    en: 'the other server does not know the message {route}',
    ja: '相手サーバーはメッセージ {route} に対応していません',
  },
} as const satisfies Record<string, Text>;
