import type { Tunable } from '../tunables.ts';

const unit = { en: 'steps of 5 s', ja: '5 秒単位' };

/** The names are those of the administrator's guide, so that its advice holds here too (K-18). */
export const startRetries = 'LKPGSQL_START_RETRIES';
export const stopRetries = 'LKPGSQL_STOP_RETRIES';
export const connectRetries = 'LKPGSQL_RESTORE_CONNECT_RETRIES';

/** The limits of the PostgreSQL recovery kit that administrators may set (K-18). */
export const postgresqlTunables: readonly Tunable[] = [
  {
    name: startRetries,
    default: 12,
    minimum: 12,
    unit,
    label: { en: 'Limit of a start that stands still', ja: '進行しない起動処理の待ち時間' },
    help: {
      en: 'A start in which nothing moves for this long has failed; a crash recovery that moves may take any time',
      ja: 'この時間まったく進行しない起動処理は失敗とみなされます。進行中のクラッシュリカバリーには制限がありません',
    },
    effect: { en: 'with the next start', ja: '次回の起動から' },
  },
  {
    name: stopRetries,
    default: 12,
    minimum: 12,
    unit,
    label: { en: 'Limit of a fast shutdown', ja: 'fast モードの停止の待ち時間' },
    help: {
      en: 'A fast shutdown that takes longer is followed by an immediate one, and then by a kill',
      ja: 'この時間内に停止しない場合は immediate モードで停止し、それでも停止しない場合は強制終了します',
    },
    effect: { en: 'with the next stop', ja: '次回の停止から' },
  },
  {
    name: connectRetries,
    default: 2,
    minimum: 2,
    unit,
    label: { en: 'Limit of the first connection', ja: '起動後の最初の接続の待ち時間' },
    help: {
      en: 'How long a postmaster that says it is ready may answer no query before the start has failed',
      ja: '準備完了となった postmaster がクエリーに応答するまで待つ時間。超過すると起動は失敗とみなされます',
    },
    effect: { en: 'with the next start', ja: '次回の起動から' },
  },
];
