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
  'lets-go-later': {
    en: '{server} could not let go now, and tries again by itself: {detail}',
    ja: 'サーバー {server} は今は保護を解除できませんでした。自動的に再試行します: {detail}',
  },
  'another-server-left': {
    en: 'after that {servers} can run it',
    ja: '変更後は {servers} で実行できます',
  },
  'no-other-server-left': {
    en: 'after that only {server} can run it: nothing takes over when that fails',
    ja: '変更後に実行できるのは {server} だけです。そのサーバーに障害が発生しても引き継げません',
  },
  'joins-hierarchy': {
    en: 'it becomes part of {hierarchy}, on {servers}; nothing of that is stopped',
    ja: '{hierarchy} の一部になります ({servers})。既存のリソースは停止しません',
  },
  'hierarchies-become-one': {
    en: '{other} becomes part of {hierarchy}, with its priorities and properties',
    ja: '{other} は {hierarchy} の一部になり、その優先順位とプロパティーに従います',
  },
  'hierarchy-becomes-two': {
    en: '{other} leaves {hierarchy} and is a hierarchy of its own, with the same priorities and properties',
    ja: '{other} は {hierarchy} から分かれ、同じ優先順位とプロパティーを持つ別のリソース階層になります',
  },
  'goes-on-running': {
    en: 'nothing is stopped: what runs on {server} goes on running',
    ja: '停止するものはありません。サーバー {server} で稼働中のものはそのまま稼働し続けます',
  },
} as const satisfies Record<string, Text>;
