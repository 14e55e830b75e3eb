import type { Text } from '../text.ts';

/** What an administrator has set about moves: maintenance, confirmation, blocking, switchback, limits (H-05, R-07, R-09). */
export const policyReasons = {
  'in-maintenance': {
    en:
      'the hierarchy is in maintenance: it is watched, and nothing is started, stopped, repaired or moved; ' +
      '"holdfast set {hierarchy} --maintenance off" ends that',
    ja:
      'リソース階層はメンテナンス中です。監視のみを行い、起動・停止・回復・移動は行いません。' +
      '「holdfast set {hierarchy} --maintenance off」で終了します',
  },
  'cluster-in-maintenance': {
    en:
      'the whole cluster is in maintenance: everything is watched, and nothing is started, stopped, repaired or ' +
      'moved; "holdfast set --maintenance off" ends that',
    ja:
      'クラスター全体がメンテナンス中です。監視のみを行い、起動・停止・回復・移動は行いません。' +
      '「holdfast set --maintenance off」で終了します',
  },
  'nobody-takes-in-maintenance': {
    en: 'no server has the hierarchy, and none takes it during maintenance',
    ja: 'どのサーバーもリソース階層を所有しておらず、メンテナンス中のため引き継ぎも行いません',
  },
  'waiting-for-confirmation': {
    en:
      'server {server}, where it ran, is lost and is set to confirm its failovers: ' +
      'it is taken over once an operator says "holdfast in-service"',
    ja:
      '稼働していたサーバー {server} が失われましたが、フェールオーバーの確認が必要に設定されています。' +
      'オペレーターが「holdfast in-service」を実行すると引き継ぎます',
  },
  'kept-by-server': {
    en:
      'server {server} was shut down in order and keeps it: it starts there again when that server is back, ' +
      'or where an operator brings it in service',
    ja:
      'サーバー {server} は正常にシャットダウンされ、リソース階層を保持しています。サーバーの復帰後にそこで再び起動します。' +
      'オペレーターは別のサーバーで In Service にすることもできます',
  },
  'shutdown-stops': {
    en: 'when server {server} is shut down in order, what runs there is stopped and waits for its return',
    ja: 'サーバー {server} を正常にシャットダウンすると、そこで稼働しているものは停止し、サーバーの復帰を待ちます',
  },
  'failover-to-be-confirmed': {
    en: 'when server {server} dies, what ran there is taken over only once an operator has confirmed it',
    ja: 'サーバー {server} が停止した場合、そこで稼働していたものはオペレーターの確認後に引き継がれます',
  },
  'failover-blocked': {
    en: 'server {server} is blocked: nothing comes to it by itself, only on request of an operator',
    ja:
      'サーバー {server} はフェールオーバーがブロックされています。' +
      'オペレーターが要求した場合にのみ移動できます',
  },
  'failover-blocked-here': {
    en: 'it failed on server {server}, which is blocked: it stays and is tried again there ({cause})',
    ja:
      'サーバー {server} で障害が発生しましたが、フェールオーバーがブロックされているため' +
      'このサーバーに留まり、再試行します ({cause})',
  },
  'failovers-used-up': {
    en:
      'it has moved {failovers} times within {windowMs} ms: ' +
      'it rests until that time has passed or an operator asks for it',
    ja:
      '{windowMs} ミリ秒の間に {failovers} 回移動しました。' +
      'この時間が過ぎるかオペレーターが要求するまで移動しません',
  },
  'failovers-used-up-here': {
    en:
      'it failed here, and has moved {failovers} times within {windowMs} ms: ' +
      'it stays until that time has passed or an operator asks ({cause})',
    ja:
      '障害が発生しましたが、{windowMs} ミリ秒の間に {failovers} 回移動したため、' +
      'この時間が過ぎるかオペレーターが要求するまでこのサーバーに留まります ({cause})',
  },
  'steadier-servers-first': {
    en: 'this server has come and gone lately: {rank} steadier servers may take the hierarchy first',
    ja: 'このサーバーは最近不安定なため、より安定した {rank} 台のサーバーが先に引き継ぐことができます',
  },
  'switchback-due': {
    en: 'a more preferred server has been healthy for long enough: it returns there',
    ja: '優先順位のより高いサーバーが一定時間正常なため、スイッチバックします',
  },
} as const satisfies Record<string, Text>;
