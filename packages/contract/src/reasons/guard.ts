import type { Text } from '../text.ts';

/** Why the guard keeps a lease, ends it or grants none. */
export const guardReasons = {
  'lease-good': { en: 'the lease is good', ja: 'リースは有効です' },
  'lease-not-renewed': {
    en: 'the lease could not be renewed for {ageMs} ms',
    ja: 'リースを {ageMs} ミリ秒間更新できませんでした',
  },
  released: {
    en: 'the server gave its lease back',
    ja: 'サーバーがリースを返却しました',
  },
  'daemon-silent': {
    en: 'the daemon has completed no round for {silentMs} ms',
    ja: 'デーモンの処理が {silentMs} ミリ秒間完了していません',
  },
  'profile-changed': {
    en: 'another timing profile is taken into force with a new lease',
    ja: '別のタイミングプロファイルを新しいリースで有効にします',
  },
  granting: { en: 'a new lease is being asked for', ja: '新しいリースを要求しています' },
  'waiting-for-daemon': {
    en: 'no lease is asked for while the daemon is silent',
    ja: 'デーモンが応答しない間、リースは要求しません',
  },
  'lease-gone': {
    en: 'etcd says that the lease is over',
    ja: 'リースが終了していることを etcd が通知しました',
  },
} as const satisfies Record<string, Text>;
