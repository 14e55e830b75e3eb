import type { Text } from '@holdfast/contract';

/** Servers and communication paths. */
export const serverTexts = {
  'servers.picture': { en: 'Servers and communication paths', ja: 'サーバーとコミュニケーションパス' },
  'servers.servers': { en: 'Servers', ja: 'サーバー' },
  'servers.none': { en: 'There is no server.', ja: 'サーバーはありません。' },
  'servers.paths': { en: 'Communication paths', ja: 'コミュニケーションパス' },
  'servers.name': { en: 'Name', ja: '名前' },
  'servers.state': { en: 'State', ja: '状態' },
  'servers.role': { en: 'Role', ja: '役割' },
  'servers.address': { en: 'Addresses', ja: 'アドレス' },
  'servers.version': { en: 'Version', ja: 'バージョン' },
  'servers.policy': { en: 'Policy', ja: 'ポリシー' },
  'servers.shutdownStops': { en: 'Stops at shutdown', ja: 'シャットダウン時は停止' },
  'servers.shutdownStopsHelp': {
    en: 'When this server is shut down in order, what runs here is stopped and starts again here when it is back. Otherwise it moves on.',
    ja:
      'このサーバーを正常にシャットダウンすると、稼働しているものは停止し、復帰後にこのサーバーで再び起動します。' +
      '指定しない場合は次のサーバーへ移動します。',
  },
  'servers.path': { en: 'Path', ja: 'パス' },
  'servers.propertiesTitle': { en: 'Properties of server {server}', ja: 'サーバー {server} のプロパティ' },
  'servers.confirmFailover': { en: 'Failover needs a confirmation', ja: 'フェールオーバーには確認が必要' },
  'servers.confirmFailoverHelp': {
    en: 'When this server dies, what ran here is taken over only once an operator has confirmed it.',
    ja: 'このサーバーが停止したとき、オペレーターが確認するまで、稼働していたリソースは引き継がれません。',
  },
  'servers.blockFailover': { en: 'Failover is blocked', ja: 'フェールオーバーを抑止中' },
  'servers.blockFailoverHelp': {
    en: 'What fails here stays here, and nothing comes here by itself. An operator may still move it.',
    ja: 'このサーバーで障害が発生しても移動せず、自動的に移動してくることもありません。オペレーターによる移動は可能です。',
  },
  'servers.remove': { en: 'Take out of the cluster …', ja: 'クラスターから削除…' },
  'servers.removeTitle': { en: 'Take {server} out of the cluster', ja: 'クラスターからの {server} の削除' },
  'servers.removeBegin': { en: 'Take out', ja: '削除' },
  'servers.removeWarning': {
    en: 'The server is dead and does not come back as it was: a new machine takes its place with a new token.',
    ja: '停止しているサーバーを削除します。元のままでは復帰できません。代わりのマシンは新しいトークンで参加させてください。',
  },
  'servers.leaveWarning': {
    en: 'This is the server that answers: it leaves the cluster, its daemon ends, and this console with it.',
    ja: '応答中のサーバーです。クラスターから離脱し、デーモンが終了するため、このコンソールも使用できなくなります。',
  },
  'servers.removeForce': {
    en: 'Also with what is extended to it',
    ja: '拡張されているリソース階層も含めて実行',
  },
  'servers.removeForceHelp': {
    en: 'Of a server that leaves: what is extended to it is taken from it. Of another one: also when it is alive and runs nothing.',
    ja: '離脱するサーバーでは、拡張されているリソース階層を拡張解除します。他のサーバーでは、稼働中でも何も実行していなければ削除します。',
  },
  'removal.unextend': { en: 'unextend from {server}', ja: '{server} への拡張を解除' },
  'removal.let-go': { en: 'take out of care on {server}', ja: '{server} で保護を解除' },
  'removal.give-up-vote': { en: '{server} gives up its vote in etcd', ja: '{server} の etcd の投票権を返上' },
  'removal.forget': {
    en: 'forget the record, paths and marks of {server}, and revoke its certificates',
    ja: '{server} の記録、コミュニケーションパス、マークを削除し、証明書を失効',
  },
  'removal.end': { en: 'end the daemon of {server}', ja: '{server} のデーモンを終了' },
  'servers.add': { en: 'Add a server …', ja: 'サーバーの追加…' },
  'servers.newTitle': { en: 'Add a server', ja: 'サーバーの追加' },
  'servers.makeToken': { en: 'Make a token', ja: 'トークンの作成' },
  'servers.minutes': { en: '{count} minutes', ja: '{count} 分' },
  'servers.tokenOnce': {
    en: 'With this token one server joins the cluster, once. It is shown only now.',
    ja: 'このトークンで 1 台のサーバーがクラスターに 1 回だけ参加できます。表示されるのは今だけです。',
  },
  'servers.joinHelp': {
    en: 'On the new server, give it on standard input to this command, and then start the daemon.',
    ja: '新しいサーバーで、次のコマンドの標準入力にトークンを渡してから、デーモンを起動してください。',
  },
  'action.createPath': { en: 'Create a communication path …', ja: 'コミュニケーションパスの作成…' },
  'paths.create': { en: 'Create a communication path …', ja: 'コミュニケーションパスの作成…' },
  'paths.createTitle': { en: 'Create a communication path', ja: 'コミュニケーションパスの作成' },
  'paths.change': { en: 'Properties', ja: 'プロパティ' },
  'paths.changeTitle': {
    en: 'Properties of communication path {id}',
    ja: 'コミュニケーションパス {id} のプロパティ',
  },
  'paths.delete': { en: 'Delete …', ja: '削除…' },
  'paths.deleteTitle': { en: 'Delete communication path {id}', ja: 'コミュニケーションパス {id} の削除' },
  'paths.deleteWarning': {
    en: 'Messages between the two servers take the other paths from now on.',
    ja: '以後、2 台のサーバー間の通信には他のコミュニケーションパスが使用されます。',
  },
  'paths.oneServer': { en: 'One server', ja: '一方のサーバー' },
  'paths.otherServer': { en: 'Other server', ja: 'もう一方のサーバー' },
  'paths.addressOf': { en: 'Address of {server}', ja: '{server} のアドレス' },
  'paths.priority': { en: 'Priority', ja: '優先順位' },
  'paths.priorityHelp': {
    en: 'From 1 to 99. Messages take the live path of the smallest number.',
    ja: '1 から 99。通信には、正常なコミュニケーションパスのうち最も小さい番号のものが使用されます。',
  },
  'paths.interval': { en: 'Heartbeat interval (s)', ja: 'ハートビートの間隔 (秒)' },
  'paths.intervalHelp': { en: 'From 0.1 to 60 seconds', ja: '0.1 から 60 秒' },
  'paths.allowedMisses': { en: 'Missed heartbeats until it is dead', ja: '断と見なすハートビートの欠落回数' },
  'paths.allowedMissesHelp': {
    en: 'From 2 to 100. With so many in a row the path counts as dead.',
    ja: '2 から 100。連続してこの回数に達すると、コミュニケーションパスは断と見なされます。',
  },
  'paths.deadAfter': {
    en: 'A loss is noticed after about {time}.',
    ja: '約 {time} で障害を検出します。',
  },
  'paths.ends': { en: 'Ends', ja: '両端' },
  'paths.seen': { en: 'As its ends see it', ja: '両端から見た状態' },
  'paths.counts': {
    en: 'missed {misses} · changes of state {flaps}',
    ja: '欠落 {misses} · 状態変化 {flaps} 回',
  },
  'paths.beat': { en: 'Heartbeat', ja: 'ハートビート' },
  'paths.beatWords': {
    en: 'every {interval}, dead after {misses} missed',
    ja: '{interval} ごと、欠落 {misses} 回で断',
  },
  'paths.none': { en: 'There is no communication path.', ja: 'コミュニケーションパスはありません。' },
} as const satisfies Record<string, Text>;
