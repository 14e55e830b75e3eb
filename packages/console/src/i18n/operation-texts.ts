import type { Text } from '@holdfast/contract';

/** What runs, and the dialogs that move hierarchies. */
export const operationTexts = {
  'operations.title': { en: 'Operations', ja: '操作' },
  'operations.running': { en: 'In progress', ja: '実行中' },
  'operations.noneRuns': { en: 'Nothing is in progress.', ja: '実行中の操作はありません。' },
  'operations.ended': { en: 'Ended', ja: '終了済み' },
  'operations.stateDone': { en: 'complete', ja: '完了' },
  'operations.stateFailed': { en: 'failed', ja: '失敗' },
  'operation.in-service': { en: 'In Service: {hierarchy}', ja: 'In Service: {hierarchy}' },
  'operation.out-of-service': { en: 'Out of Service: {hierarchy}', ja: 'Out of Service: {hierarchy}' },
  'operation.asked': { en: 'Asked for by {by} at {time}.', ja: '{time} に {by} が要求しました。' },
  'operation.askedFor': {
    en: 'Asked for by {by} at {time}, on {server}.',
    ja: '{time} に {by} が {server} で要求しました。',
  },
  'operation.progress': { en: 'In progress', ja: '実行中' },
  'operation.done': { en: 'The operation is complete', ja: '操作が完了しました' },
  'operation.failed': { en: 'The operation has failed', ja: '操作が失敗しました' },
  'operation.goesOn': {
    en: 'It goes on when you close this window. You find it again under Operations.',
    ja: 'このウィンドウを閉じても処理は続行されます。「操作」から再び表示できます。',
  },
  'operation.log': { en: 'Log', ja: 'ログ' },
  'move.title': { en: 'Bring {tag} in service', ja: '{tag} を In Service にする' },
  'move.target': { en: 'Server', ja: 'サーバー' },
  'move.preferred': {
    en: 'The most preferred server that can run it',
    ja: '実行可能で最も優先されるサーバー',
  },
  'move.serverWithPriority': { en: '{server} (priority {priority})', ja: '{server} (優先順位 {priority})' },
  'move.currentServer': {
    en: '{server} (priority {priority}, runs there now)',
    ja: '{server} (優先順位 {priority}、現在稼働中)',
  },
  'move.begin': { en: 'In Service', ja: 'In Service' },
  'stop.title': { en: 'Take {tag} out of service', ja: '{tag} を Out of Service にする' },
  'stop.warning': {
    en: '{tag} and everything it needs is stopped. It is not started again until somebody brings it in service.',
    ja: '{tag} と、その依存関係にあるリソースを停止します。In Service にするまで再び起動されることはありません。',
  },
  'stop.begin': { en: 'Out of Service', ja: 'Out of Service' },
  'plan.title': { en: 'What will be done', ja: '実行される内容' },
  'plan.nothing': { en: 'Nothing: it is so already.', ja: '変更はありません。すでにその状態です。' },
  'plan.ofTag': { en: '{tag}: {step}', ja: '{tag}: {step}' },
  'plan.record': { en: 'record the configuration on {server}', ja: '{server} に構成を記録' },
  'plan.adopt': { en: 'take into care on {server}', ja: '{server} で保護を開始' },
  'plan.let-go': { en: 'take out of care on {server}', ja: '{server} で保護を解除' },
  'plan.stop': { en: 'stop on {server}', ja: '{server} で停止' },
  'plan.hand-over': { en: 'hand over to {server}', ja: '{server} へ引き渡し' },
  'plan.start': { en: 'start on {server}', ja: '{server} で起動' },
} as const satisfies Record<string, Text>;
