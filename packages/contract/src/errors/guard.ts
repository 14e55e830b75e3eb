import type { ErrorEntry } from './entry.ts';

/** The process that keeps the lease and stops what must not outlive it. */
export const guardErrors = {
  'HF-GUARD-001': {
    kind: 'failed',
    message: {
      en: 'the guard was not ready within {waitedMs} ms: {detail}',
      ja: 'ガードプロセスが {waitedMs} ミリ秒以内に準備完了になりませんでした: {detail}',
    },
    remedy: {
      en: 'Look into the log of the daemon; without its guard the server takes nothing in service.',
      ja:
        'デーモンのログを確認してください。ガードプロセスがない場合、サーバーは何も In Service ' +
        'にしません。',
    },
  },
  'HF-GUARD-002': {
    kind: 'unavailable',
    message: {
      en: 'the guard did not answer within {waitedMs} ms',
      ja: 'ガードプロセスが {waitedMs} ミリ秒以内に応答しませんでした',
    },
    remedy: {
      en:
        'The server is overloaded or the guard is frozen; it is started again, and what runs is stopped ' +
        'in time.',
      ja:
        'サーバーが過負荷であるか、ガードプロセスが停止しています。' +
        'ガードプロセスは再起動され、稼働中のものは期限内に停止されます。',
    },
  },
  'HF-GUARD-003': {
    kind: 'failed',
    message: {
      en: 'the plan of {hierarchy} could not be carried out: {detail}',
      ja: '{hierarchy} の停止計画を実行できませんでした: {detail}',
    },
    remedy: {
      en:
        'Something of the hierarchy may still be active on this server: end it by hand, or switch the ' +
        'server off before another takes over.',
      ja:
        'このサーバーでリソース階層の一部がまだ動作している可能性があります。' +
        '手動で終了するか、他のサーバーが引き継ぐ前にサーバーの電源を切ってください。',
    },
  },
  'HF-GUARD-004': {
    kind: 'failed',
    message: {
      en: 'the watchdog {device} cannot be used: {problem}',
      ja: 'ウォッチドッグ {device} を使用できません: {problem}',
    },
    remedy: {
      en:
        'Check that the device is there and that no other program holds it; without it a frozen server ' +
        'is not reset.',
      ja:
        'デバイスが存在し、他のプログラムが使用していないことを確認してください。' +
        'ウォッチドッグがない場合、停止したサーバーはリセットされません。',
    },
  },
  'HF-GUARD-005': {
    kind: 'refused',
    message: {
      en: 'the guard refused the plan of {hierarchy}: {problem}',
      ja: 'ガードプロセスが {hierarchy} の停止計画を拒否しました: {problem}',
    },
    remedy: {
      en:
        'Guard and daemon are of different versions; restart the daemon while the hierarchy is out of ' +
        'service on this server.',
      ja:
        'ガードプロセスとデーモンのバージョンが異なります。' +
        'このサーバーでリソース階層が Out of Service の間に、デーモンを再起動してください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
