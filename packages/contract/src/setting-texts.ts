import type { Text } from './text.ts';

/** What a person is told of a setting that does not come from a recovery kit. */
export interface SettingText {
  readonly label: Text;
  readonly help: Text;
  readonly unit?: Text;
  readonly effect: Text;
}

const atOnce = { en: 'at once', ja: '直ちに' };
const nextCheck = { en: 'with the next check', ja: '次回のチェックから' };
const nextFailure = { en: 'with the next failure', ja: '次回の障害から' };
const milliseconds = { en: 'ms', ja: 'ミリ秒' };

/** Settings of the cluster, of hierarchies and of resources, by the name of their option of `holdfast set`. */
export const settingTexts = {
  profile: {
    label: { en: 'Timing profile', ja: 'タイミングプロファイル' },
    help: {
      en: 'How fast the loss of a server is noticed, for the whole cluster',
      ja: 'サーバーの喪失を検出する速さ (クラスター全体)',
    },
    effect: { en: 'at once, on every server', ja: '直ちに (すべてのサーバー)' },
  },
  maintenance: {
    label: { en: 'Maintenance', ja: 'メンテナンスモード' },
    help: {
      en: 'Everything is watched and reported, and nothing is moved, repaired or started',
      ja: '監視と報告のみを行い、移動、修復、起動は行いません',
    },
    effect: atOnce,
  },
  failsafe: {
    label: { en: 'Failsafe', ja: 'フェイルセーフ' },
    help: {
      en: 'While etcd has no majority, what runs goes on if every other server promises to take nothing',
      ja: 'etcd の過半数が失われた場合、他のすべてのサーバーが引き継がないことを約束すれば、稼働を続けます',
    },
    effect: { en: 'at once, on every server', ja: '直ちに (すべてのサーバー)' },
  },
  CONFIRMSODEF: {
    label: { en: 'Failover without a confirmation', ja: '確認されないフェールオーバー' },
    help: {
      en:
        'When nobody confirms the failover of a server that is set so: 1 waits for an operator, ' +
        '0 goes on after CONFIRMSOTO seconds',
      ja:
        '確認が必要なサーバーのフェールオーバーが確認されない場合: ' +
        '1 はオペレーターを待ち、0 は CONFIRMSOTO 秒後に続行します',
    },
    effect: atOnce,
  },
  CONFIRMSOTO: {
    label: { en: 'Time for a confirmation', ja: '確認を待つ時間' },
    help: {
      en: 'So long an operator has to confirm a failover while CONFIRMSODEF is 0',
      ja: 'CONFIRMSODEF が 0 の場合に、オペレーターによる確認を待つ時間',
    },
    unit: { en: 's', ja: '秒' },
    effect: atOnce,
  },
  priority: {
    label: { en: 'Priority', ja: '優先順位' },
    help: {
      en: 'The smaller, the more preferred is the server for this hierarchy',
      ja: '小さいほど、このリソース階層で優先されるサーバーです',
    },
    effect: atOnce,
  },
  switchback: {
    label: { en: 'Switchback', ja: 'スイッチバック' },
    help: {
      en: 'Whether the hierarchy goes back to a more preferred server by itself',
      ja: '優先順位の高いサーバーへ自動的に戻るかどうか',
    },
    effect: atOnce,
  },
  healthy: {
    label: { en: 'Healthy time before a switchback', ja: 'スイッチバックまでの正常稼働時間' },
    help: {
      en: 'So long the more preferred server must have been healthy before the hierarchy goes back',
      ja: '優先順位の高いサーバーがこの時間正常に稼働すると、リソース階層が戻ります',
    },
    unit: milliseconds,
    effect: atOnce,
  },
  'local-recovery': {
    label: { en: 'Local recovery', ja: 'ローカルリカバリー' },
    help: {
      en: 'A failed resource is repaired where it runs before the hierarchy moves',
      ja: '移動する前に、障害が発生したリソースを稼働中のサーバー上で修復します',
    },
    effect: nextFailure,
  },
  attempts: {
    label: { en: 'Local recoveries in the window', ja: '期間内のローカルリカバリー回数' },
    help: {
      en: 'After so many local recoveries in the window the next failure moves the hierarchy',
      ja: '期間内にこの回数のローカルリカバリーを行った後、次の障害で移動します',
    },
    effect: nextFailure,
  },
  window: {
    label: { en: 'Window of the local recoveries', ja: 'ローカルリカバリーの期間' },
    help: {
      en: 'The time in which local recoveries are counted',
      ja: 'ローカルリカバリーの回数を数える期間',
    },
    unit: milliseconds,
    effect: nextFailure,
  },
  rest: {
    label: { en: 'Rest after a failure', ja: '障害後の休止時間' },
    help: {
      en: 'After this time a server where the hierarchy failed is tried again',
      ja: '障害が発生したサーバーは、この時間の経過後に再び試行されます',
    },
    unit: milliseconds,
    effect: nextFailure,
  },
  failovers: {
    label: { en: 'Failovers in the window', ja: '期間内のフェールオーバー回数' },
    help: {
      en: 'After so many failovers in the window the hierarchy rests where it is',
      ja: '期間内にこの回数フェールオーバーすると、その場で休止します',
    },
    effect: nextFailure,
  },
  'failover-window': {
    label: { en: 'Window of the failovers', ja: 'フェールオーバーの期間' },
    help: {
      en: 'The time in which failovers are counted',
      ja: 'フェールオーバーの回数を数える期間',
    },
    unit: milliseconds,
    effect: nextFailure,
  },
  'quick-check': {
    label: { en: 'Time between two quick checks', ja: 'クイックチェックの間隔' },
    help: {
      en: 'How often the process of the resource is looked at; 0: never',
      ja: 'リソースのプロセスを確認する間隔。0 の場合は確認しません',
    },
    unit: milliseconds,
    effect: nextCheck,
  },
  'deep-check': {
    label: { en: 'Time between two deep checks', ja: 'ディープチェックの間隔' },
    help: {
      en: 'How often the resource is really used, for PostgreSQL by a query; 0: never',
      ja: 'リソースを実際に使用して確認する間隔 (PostgreSQL ではクエリー)。0 の場合は確認しません',
    },
    unit: milliseconds,
    effect: nextCheck,
  },
  'quick-deadline': {
    label: { en: 'Deadline of a quick check', ja: 'クイックチェックの制限時間' },
    help: {
      en: 'A quick check that has not ended by then says nothing',
      ja: 'この時間内に完了しないクイックチェックの結果は不明となります',
    },
    unit: milliseconds,
    effect: nextCheck,
  },
  'deep-deadline': {
    label: { en: 'Deadline of a deep check', ja: 'ディープチェックの制限時間' },
    help: {
      en: 'A query that has no answer by then is a bad check',
      ja: 'この時間内に応答のないクエリーは、チェックの失敗とみなされます',
    },
    unit: milliseconds,
    effect: nextCheck,
  },
  'bad-quick-checks': {
    label: { en: 'Bad quick checks that are a failure', ja: '障害とみなすクイックチェックの失敗回数' },
    help: {
      en: 'So many bad quick checks in a row are a failure of the resource',
      ja: 'クイックチェックがこの回数連続して失敗すると、リソースの障害とみなされます',
    },
    effect: nextCheck,
  },
  'bad-deep-checks': {
    label: { en: 'Bad deep checks that are a failure', ja: '障害とみなすディープチェックの失敗回数' },
    help: {
      en: 'So many bad deep checks in a row are a failure of the resource',
      ja: 'ディープチェックがこの回数連続して失敗すると、リソースの障害とみなされます',
    },
    effect: nextCheck,
  },
} as const satisfies Record<string, SettingText>;

export type SettingName = keyof typeof settingTexts;
