import type { Text } from '../text.ts';

/** What `holdfast doctor` and the checks before an extension find about servers: sentences, fine or not. */
export const doctorReasons = {
  'check-unknown': {
    en: 'the check "{check}" found nothing out',
    ja: '検査「{check}」の結果を確認できませんでした',
  },
  'server-unanswered': {
    en: 'server {server} does not answer, so nothing on it has been checked',
    ja: 'サーバー {server} が応答しないため、検査を実行できませんでした',
  },
  'clock-ok': {
    en: 'the clock differs by {offsetMs} ms from that of {reference} (give or take {uncertainMs} ms)',
    ja: '時計と {reference} の時計との差は {offsetMs} ミリ秒です (誤差 {uncertainMs} ミリ秒)',
  },
  'clock-off': {
    en:
      'the clock differs by {offsetMs} ms from that of {reference} (give or take {uncertainMs} ms): nothing is decided ' +
      'by it, but times of events mislead people',
    ja:
      '時計が {reference} の時計と {offsetMs} ミリ秒ずれています (誤差 {uncertainMs} ミリ秒)。動作の判断には' +
      '使用されませんが、イベントの時刻が正しく表示されません',
  },
  'clock-unknown': {
    en: 'the clock could not be compared with that of {reference}',
    ja: '時計を {reference} の時計と比較できませんでした',
  },
  'daemon-version-ok': {
    en: 'every server runs version {version} of Holdfast',
    ja: 'すべてのサーバーで Holdfast のバージョン {version} が稼働しています',
  },
  'daemon-versions-differ': {
    en: 'this server runs version {version} of Holdfast, others run {others}',
    ja: 'このサーバーの Holdfast はバージョン {version}、他のサーバーは {others} です',
  },
  'communication-paths-ok': {
    en: '{paths} communication paths are alive',
    ja: 'コミュニケーションパス {paths} 本が稼働しています',
  },
  'communication-paths-dead': {
    en: 'communication paths to these servers are dead: {peers}',
    ja: '次のサーバーへのコミュニケーションパスが停止しています: {peers}',
  },
  'etcd-version-ok': {
    en: 'the etcd members have versions without known faults of leases: {versions}',
    ja: 'etcd メンバーのバージョンにリースの既知の不具合はありません: {versions}',
  },
  'etcd-version-faulty': {
    en: 'etcd {version} has known faults with leases: a member whose disk hangs may go on renewing them',
    ja: 'etcd {version} にはリースの既知の不具合があります。ディスクが応答しないメンバーがリースを更新し続けることがあります',
  },
  'etcd-version-unknown': {
    en: 'no etcd member told its version',
    ja: 'etcd メンバーのバージョンを取得できませんでした',
  },
  'etcd-latency-ok': {
    en:
      'etcd answers reads in {readP50Ms} ms (99 of 100 in {readP99Ms} ms) and writes in {writeP50Ms} ms ' +
      '(99 of 100 in {writeP99Ms} ms)',
    ja:
      'etcd の応答時間: 読み取り {readP50Ms} ミリ秒 (99% が {readP99Ms} ミリ秒以内)、' +
      '書き込み {writeP50Ms} ミリ秒 (99% が {writeP99Ms} ミリ秒以内)',
  },
  'etcd-slow': {
    en:
      'etcd takes {writeP99Ms} ms for a write and {readP99Ms} ms for a read (99 of 100 are quicker): more than ' +
      '{limitMs} ms is too much for the timing profile {profile}',
    ja:
      'etcd の応答時間 (99% 値) が、書き込み {writeP99Ms} ミリ秒、読み取り {readP99Ms} ミリ秒です。' +
      'タイミングプロファイル {profile} の上限は {limitMs} ミリ秒です',
  },
  'etcd-not-measured': {
    en: 'etcd did not answer, so its latency is not known',
    ja: 'etcd が応答しないため、応答時間を測定できませんでした',
  },
  'stalls-ok': {
    en:
      'the daemon has not stood still for longer than {loopStallMs} ms, the guard not for longer than {guardStallMs} ms ' +
      '(last {windowMin} minutes)',
    ja: '最近 {windowMin} 分間の最長の停滞: デーモン {loopStallMs} ミリ秒、ガード {guardStallMs} ミリ秒',
  },
  'stalls-long': {
    en:
      'this server stands still at times: the daemon for {loopStallMs} ms, the guard for {guardStallMs} ms ' +
      '(last {windowMin} minutes)',
    ja: 'このサーバーは一時的に停滞しています (最近 {windowMin} 分間): デーモン {loopStallMs} ミリ秒、ガード {guardStallMs} ミリ秒',
  },
  'profile-ok': {
    en: 'the timing profile {profile} fits; the quickest that fits is {fits}: {cause}',
    ja: 'タイミングプロファイル {profile} は適合しています。適合する最速のプロファイルは {fits} です: {cause}',
  },
  'profile-too-fast': {
    en: 'the timing profile {profile} is too quick for this server; {fits} fits: {cause}',
    ja: 'タイミングプロファイル {profile} はこのサーバーには速すぎます。適合するのは {fits} です: {cause}',
  },
  'profile-none': {
    en: 'no timing profile fits this server: {cause}',
    ja: 'このサーバーに適合するタイミングプロファイルがありません: {cause}',
  },
  'profile-unknown': {
    en: 'which timing profile fits is not known, because etcd could not be measured',
    ja: 'etcd を測定できないため、適合するタイミングプロファイルは不明です',
  },
  'nothing-quicker': {
    en: 'there is no quicker one',
    ja: 'これより速いプロファイルはありません',
  },
  'answers-take-long': {
    en: '{quicker} wants 99 of 100 answers of etcd within {limitMs} ms, and they took {tookMs} ms',
    ja: '{quicker} では etcd の応答の 99% が {limitMs} ミリ秒以内である必要がありますが、{tookMs} ミリ秒かかりました',
  },
  'exchange-takes-long': {
    en: '{quicker} wants every other write to etcd within {limitMs} ms, its heartbeat, and they took {writeP50Ms} ms',
    ja:
      '{quicker} では etcd への書き込みの半数がハートビートの {limitMs} ミリ秒以内である必要がありますが、' +
      '{writeP50Ms} ミリ秒かかりました',
  },
  'guard-stood-still': {
    en: '{quicker} bears a guard that stands still for {limitMs} ms, and it did for {guardStallMs} ms',
    ja: '{quicker} で許容されるガードの停滞は {limitMs} ミリ秒までですが、{guardStallMs} ミリ秒停滞しました',
  },
  'daemon-stood-still': {
    en: '{quicker} bears a daemon that stands still for {limitMs} ms, and it did for {loopStallMs} ms',
    ja: '{quicker} で許容されるデーモンの停滞は {limitMs} ミリ秒までですが、{loopStallMs} ミリ秒停滞しました',
  },
  'memory-ok': {
    en: '{availableMb} MB of memory are free; database clusters that could come here need {neededMb} MB',
    ja: '空きメモリーは {availableMb} MB です (移動してくる可能性のあるデータベースクラスターの必要量: {neededMb} MB)',
  },
  'memory-short': {
    en: 'only {availableMb} MB of memory are free, and database clusters that could come here need {neededMb} MB: {tags}',
    ja: '空きメモリーは {availableMb} MB ですが、移動してくる可能性のあるデータベースクラスターは {neededMb} MB を必要とします: {tags}',
  },
  'memory-too-small': {
    en: 'this server has {totalMb} MB of memory, and database clusters that could come here need {neededMb} MB: {tags}',
    ja: 'このサーバーのメモリーは {totalMb} MB ですが、移動してくる可能性のあるデータベースクラスターは {neededMb} MB を必要とします: {tags}',
  },
  'memory-unknown': {
    en: 'what memory these need is not known, because the server that has them in service did not tell: {tags}',
    ja: '実行中のサーバーから情報を得られないため、必要なメモリー量は不明です: {tags}',
  },
  'space-ok': {
    en: '{freeMb} MB are free on {path} ({freePercent} %)',
    ja: '{path} の空き容量は {freeMb} MB ({freePercent} %) です',
  },
  'space-short': {
    en: 'only {freeMb} MB are free on {path} ({freePercent} %)',
    ja: '{path} の空き容量が {freeMb} MB ({freePercent} %) しかありません',
  },
  'space-gone': {
    en: '{path} is as good as full: {freeMb} MB are free',
    ja: '{path} の空き容量がほとんどありません ({freeMb} MB)',
  },
  'space-unknown': {
    en: 'how much space is free on {path} is not known',
    ja: '{path} の空き容量は不明です',
  },
  'watchdog-ok': {
    en: 'the watchdog {watchdog} resets this server when even the guard is frozen',
    ja: 'ガードも停止した場合、ウォッチドッグ {watchdog} がこのサーバーをリセットします',
  },
  'watchdog-none': {
    en: 'no watchdog resets this server when even the guard is frozen',
    ja: 'ガードも停止した場合にこのサーバーをリセットするウォッチドッグがありません',
  },
  'watchdog-missing': {
    en: 'there is no watchdog {watchdog}',
    ja: 'ウォッチドッグ {watchdog} が存在しません',
  },
  'volume-protection-ok': {
    en: 'besides the lease, this keeps a second server from the volume: {by}',
    ja: 'リースのほかに、次のものが二重書き込みを防いでいます: {by}',
  },
  'volume-protected-by-lease-only': {
    en: 'besides the record on the volume, the lease alone keeps a second server from it',
    ja: 'ボリューム上のレコードを除き、二重書き込みを防いでいるのはリースだけです',
  },
  'certificates-ok': {
    en: 'the certificates of this server are valid until {until}',
    ja: 'このサーバーの証明書の有効期限は {until} です',
  },
  'certificate-ends-soon': {
    en: 'a certificate of {server} is valid until {until} only',
    ja: '{server} の証明書の有効期限 ({until}) が近づいています',
  },
  'certificate-expired': {
    en: 'a certificate of {server} has expired ({until}): other servers and etcd refuse it',
    ja: '{server} の証明書の有効期限が切れています ({until})。他のサーバーと etcd に拒否されます',
  },
  'authority-ends-soon': {
    en: "the cluster's authority is valid until {until} only, and no certificate outlives it",
    ja: 'クラスターの認証局の有効期限 ({until}) が近づいています。認証局より長く有効な証明書はありません',
  },
  'certificates-unknown': {
    en: 'which certificates this server has is not on record',
    ja: 'このサーバーの証明書が記録されていません',
  },
  'kit-ok': {
    en: 'the recovery kit {kit} is there',
    ja: 'リカバリーキット {kit} が存在します',
  },
  'servers-connected-ok': {
    en: '{from} and {server} are alive and connected',
    ja: '{from} と {server} は稼働しており、接続されています',
  },
  'servers-not-connected': {
    en: 'server {server} has no communication path to {from} that is alive',
    ja: 'サーバー {server} から {from} への稼働中のコミュニケーションパスがありません',
  },
} as const satisfies Record<string, Text>;
