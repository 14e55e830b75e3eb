import type { Text } from '../text.ts';

/** What is found when the structure of hierarchies is to change. */
export const changeReasons = {
  'stopped-there': {
    en: '{hierarchy} is stopped on {server}, by the word of that server',
    ja: 'サーバー {server} の報告では、{hierarchy} はそのサーバーで停止しています',
  },
  'stop-not-confirmed': {
    en: '{server} does not say that {hierarchy} is stopped there; --force goes on without its word',
    ja:
      'サーバー {server} は {hierarchy} が停止していることを報告していません。' +
      '--force により確認なしで続行します',
  },
  'lets-go-now': {
    en: '{server} is there and lets go at once',
    ja: 'サーバー {server} は稼働しており、ただちに保護を解除します',
  },
  'lets-go-when-back': {
    en: '{server} is not there; it lets go when it is back',
    ja: 'サーバー {server} は稼働していません。復帰したときに保護を解除します',
  },
  'another-server-left': {
    en: 'after that {servers} can run it',
    ja: '変更後は {servers} で実行できます',
  },
  'no-other-server-left': {
    en: 'after that only {server} can run it: nothing takes over when that fails',
    ja: '変更後に実行できるのは {server} だけです。そのサーバーに障害が発生しても引き継げません',
  },
} as const satisfies Record<string, Text>;
