import type { Text } from '../text.ts';

/** The guard: why it keeps a lease, ends it or grants none, and what it did. */
export const guardReasons = {
  'lease-good': {
    en: 'the lease is good',
    ja: 'リースは有効です',
  },
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
  starting: {
    en: 'it is starting',
    ja: '起動中です',
  },
  granting: {
    en: 'a new lease is being asked for',
    ja: '新しいリースを要求しています',
  },
  'waiting-for-daemon': {
    en: 'no lease is asked for while the daemon is silent',
    ja: 'デーモンが応答しない間、リースは要求しません',
  },
  'lease-gone': {
    en: 'etcd says that the lease is over',
    ja: 'リースが終了していることを etcd が通知しました',
  },
  'lease-granted': {
    en: 'a lease was granted: {lease}',
    ja: 'リースが許可されました: {lease}',
  },
  'lease-changed': {
    en: 'the server goes on under another lease',
    ja: 'サーバーは別のリースで動作を続けます',
  },
  'lease-ttl-raised': {
    en: 'etcd granted {grantedMs} ms instead of {askedMs} ms',
    ja: 'etcd が許可した時間は {askedMs} ミリ秒ではなく {grantedMs} ミリ秒です',
  },
  'guard-started': {
    en: 'the guard has started with {plans} stop plans from before',
    ja: 'ガードプロセスが起動しました (引き継いだ停止計画: {plans})',
  },
  'guard-not-started': {
    en: 'the guard could not be started',
    ja: 'ガードプロセスを起動できませんでした',
  },
  'guard-exited': {
    en: 'the guard has ended',
    ja: 'ガードプロセスが終了しました',
  },
  'guard-lost': {
    en: 'the connection to the guard is lost',
    ja: 'ガードプロセスとの接続が失われました',
  },
  'guard-link-closed': {
    en: 'the connection to the guard is closed',
    ja: 'ガードプロセスとの接続が閉じられました',
  },
  'guard-no-answer': {
    en: 'the guard has not answered for {waitedMs} ms',
    ja: 'ガードプロセスが {waitedMs} ミリ秒間応答していません',
  },
  'guard-not-understood': {
    en: 'the answer of the guard could not be understood',
    ja: 'ガードプロセスの応答を解釈できません',
  },
  'guard-too-busy': {
    en: 'too many requests wait for the guard',
    ja: 'ガードプロセスへの要求が多すぎます',
  },
  'guard-failed': {
    en: 'the guard could not do what was asked',
    ja: 'ガードプロセスが要求を実行できませんでした',
  },
  'daemon-refused': {
    en: 'a daemon of another cluster or version was turned away by the guard',
    ja: '別のクラスターまたはバージョンのデーモンを、ガードプロセスが拒否しました',
  },
  'request-not-understood': {
    en: 'the guard could not understand a request',
    ja: 'ガードプロセスが要求を解釈できませんでした',
  },
  'etcd-access-unusable': {
    en: 'the guard cannot use its way to etcd',
    ja: 'ガードプロセスが etcd に接続できません',
  },
  'etcd-call-failed': {
    en: 'the guard\'s call "{call}" to etcd failed',
    ja: 'ガードプロセスから etcd への呼び出し「{call}」に失敗しました',
  },
  'no-plan': {
    en: 'the guard holds no stop plan for {hierarchy}',
    ja: 'ガードプロセスに {hierarchy} の停止計画がありません',
  },
  'plan-done': {
    en: 'the stop plan of {hierarchy} was carried out in {tookMs} ms',
    ja: '{hierarchy} の停止計画を {tookMs} ミリ秒で実行しました',
  },
  'plan-not-done': {
    en: 'the stop plan of {hierarchy} was not complete after {tookMs} ms',
    ja: '{hierarchy} の停止計画が {tookMs} ミリ秒後に完了していません',
  },
  'kill-not-complete': {
    en: 'something of {hierarchy} is still active on this server',
    ja: '{hierarchy} の一部がこのサーバーでまだ動作しています',
  },
  'kill-step-failed': {
    en: 'the step "{step}" of the stop plan failed',
    ja: '停止計画の手順「{step}」に失敗しました',
  },
  'not-stopped': {
    en: 'something is still active on this server',
    ja: 'このサーバーでまだ動作しているものがあります',
  },
  'was-ending': {
    en: 'the guard was ending when it was stopped',
    ja: 'ガードプロセスは終了処理中でした',
  },
  'other-boot': {
    en: "the guard's record is of an earlier boot",
    ja: 'ガードプロセスのレコードは以前の起動時のものです',
  },
  'other-cluster': {
    en: "the guard's record is of the cluster {cluster}",
    ja: 'ガードプロセスのレコードはクラスター {cluster} のものです',
  },
  'record-not-written': {
    en: 'the guard could not write its record',
    ja: 'ガードプロセスがレコードを書き込めませんでした',
  },
  'term-is-old': {
    en: 'the stop plan is of term {term}, older than {heldTerm}',
    ja: '停止計画の期間 {term} は {heldTerm} より古いものです',
  },
  'too-many-plans': {
    en: 'the guard holds {limit} stop plans, the most it can',
    ja: 'ガードプロセスの停止計画が上限の {limit} に達しています',
  },
  'oom-protection-not-set': {
    en: "the guard could not be protected from the kernel's out-of-memory killer",
    ja: 'ガードプロセスをカーネルの OOM キラーから保護できませんでした',
  },
  'priority-not-raised': {
    en: "the guard's priority could not be raised",
    ja: 'ガードプロセスの優先度を上げられませんでした',
  },
  'signal-ignored': {
    en: 'the guard ignored the signal {signal}',
    ja: 'ガードプロセスがシグナル {signal} を無視しました',
  },
  'address-left': {
    en: 'the address {address} is still on {device}',
    ja: 'アドレス {address} が {device} に残っています',
  },
  'address-unknown': {
    en: 'it is not known whether {address} is still on {device}',
    ja: '{device} に {address} が残っているかどうか不明です',
  },
  'processes-left': {
    en: 'processes of {directory} are left: {pids}',
    ja: '{directory} のプロセスが残っています: {pids}',
  },
  'still-mounted': {
    en: '{mountPoint} is still mounted',
    ja: '{mountPoint} がマウントされたままです',
  },
  'unmount-hangs': {
    en: 'the unmount of {mountPoint} does not end',
    ja: '{mountPoint} のアンマウントが終了しません',
  },
  'unit-left': {
    en: 'processes of the unit {unit} are left',
    ja: 'ユニット {unit} のプロセスが残っています',
  },
  'unit-not-stopped': {
    en: 'the unit {unit} could not be stopped',
    ja: 'ユニット {unit} を停止できませんでした',
  },
  'watchdog-not-fed': {
    en: 'the watchdog {path} could not be fed',
    ja: 'ウォッチドッグ {path} を更新できませんでした',
  },
  'watchdog-not-opened': {
    en: 'the watchdog {path} could not be opened',
    ja: 'ウォッチドッグ {path} を開けませんでした',
  },
} as const satisfies Record<string, Text>;
