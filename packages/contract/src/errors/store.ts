import type { ErrorEntry } from './entry.ts';

/** etcd: the store, and the member that the daemon runs. */
export const storeErrors = {
  'HF-STORE-001': {
    kind: 'unavailable',
    message: {
      en: 'no etcd endpoint answered within {waitedMs} ms: {endpoints}',
      ja: '{waitedMs} ミリ秒以内に応答した etcd エンドポイントがありません: {endpoints}',
    },
    remedy: {
      en:
        'Check that the majority of the servers is running and that the ports of etcd are open between ' +
        'them; then try again.',
      ja:
        '過半数のサーバーが稼働していること、サーバー間で etcd のポートが開いていることを確認してから、' +
        '再試行してください。',
    },
  },
  'HF-STORE-002': {
    kind: 'failed',
    message: {
      en: 'the lease {lease} has expired or was revoked',
      ja: 'リース {lease} は期限切れか、取り消されています',
    },
    remedy: {
      en:
        'The server could not renew it in time: look for load, a slow disk of etcd or a cut network; it ' +
        'gets a new lease by itself.',
      ja:
        'サーバーが期限内に更新できませんでした。過負荷、etcd のディスクの遅延、' +
        'ネットワークの切断がないか確認してください。新しいリースは自動的に取得されます。',
    },
  },
  'HF-STORE-003': {
    kind: 'unavailable',
    message: {
      en: 'the answer of etcd at {endpoint} could not be understood: {problem}',
      ja: 'etcd ({endpoint}) の応答を解釈できません: {problem}',
    },
    remedy: {
      en:
        'Check that the address is that of an etcd 3.4 or newer with its JSON gateway, and not of ' +
        'another program.',
      ja:
        'アドレスが、JSON ゲートウェイを備えた etcd 3.4 以降のものであり、' +
        '他のプログラムのものではないことを確認してください。',
    },
  },
  'HF-STORE-004': {
    kind: 'refused',
    message: {
      en: 'the record {key} has format {formatVersion}, newer than format {supported} of this program',
      ja:
        'レコード {key} の形式 {formatVersion} は、このプログラムが対応する形式 {supported} ' +
        'より新しいものです',
    },
    remedy: {
      en: 'Upgrade Holdfast on this server to the version of the other servers; until then it does not act.',
      ja:
        'このサーバーの Holdfast を他のサーバーと同じバージョンに更新してください。' +
        '更新されるまで、このサーバーは動作しません。',
    },
  },
  'HF-STORE-005': {
    kind: 'unavailable',
    message: {
      en: 'etcd refused the request: {etcd}',
      ja: 'etcd が要求を拒否しました: {etcd}',
    },
    remedy: {
      en:
        'The message is that of etcd; if it says that it has no leader, bring the majority of the ' +
        'servers back.',
      ja:
        'このメッセージは etcd によるものです。リーダーが存在しない場合は、' +
        '過半数のサーバーを復旧してください。',
    },
  },
  'HF-STORE-006': {
    kind: 'refused',
    message: {
      en: 'the configuration was changed by others {attempts} times while this change was prepared',
      ja: 'この変更の準備中に、構成が他から {attempts} 回変更されました',
    },
    remedy: {
      en: 'Look at the present state with "holdfast status" and give the command again.',
      ja: '「holdfast status」で現在の状態を確認し、コマンドを再実行してください。',
    },
  },
  'HF-STORE-007': {
    kind: 'unavailable',
    message: {
      en: 'the database of etcd is full: {detail}',
      ja: 'etcd のデータベースに空きがありません: {detail}',
    },
    remedy: {
      en:
        'Compact and defragment etcd, then clear its NOSPACE alarm, as the etcd documentation on ' +
        'maintenance says.',
      ja: 'etcd のドキュメントの保守の項に従って、圧縮とデフラグを行い、NOSPACE アラームを解除してください。',
    },
  },
  'HF-STORE-008': {
    kind: 'failed',
    message: {
      en: 'etcd granted a lease of {grantedMs} ms instead of {askedMs} ms',
      ja: 'etcd が許可したリースは {askedMs} ミリ秒ではなく {grantedMs} ミリ秒です',
    },
    remedy: {
      en:
        'The election timeout of etcd is too long for this timing profile; choose a slower profile, or ' +
        'set the election timeout that the profile asks for.',
      ja:
        'etcd の選出タイムアウトが、このタイミングプロファイルに対して長すぎます。' +
        'より遅いプロファイルを選ぶか、プロファイルが求める選出タイムアウトを設定してください。',
    },
  },
  'HF-STORE-009': {
    kind: 'failed',
    message: {
      en: 'the record {key} cannot be read: {problem}',
      ja: 'レコード {key} を読み取れません: {problem}',
    },
    remedy: {
      en:
        "Something else has written to the cluster's keys in etcd; restore them from a snapshot or " +
        'delete the record that is named.',
      ja:
        'Holdfast 以外のものが etcd 内のクラスターのキーに書き込んでいます。' +
        'スナップショットから復元するか、該当するレコードを削除してください。',
    },
  },
  'HF-STORE-010': {
    kind: 'failed',
    message: {
      en: 'the program etcd was not found: {searched}',
      ja: 'etcd プログラムが見つかりません: {searched}',
    },
    remedy: {
      en: 'Install it ("apt-get install etcd-server" on Debian) or name it with --etcd-binary.',
      ja:
        'インストールする (Debian では「apt-get install etcd-server」) か、--etcd-binary ' +
        'で指定してください。',
    },
  },
  'HF-STORE-011': {
    kind: 'unavailable',
    message: {
      en: 'the etcd member of this server was not ready within {waitedMs} ms',
      ja: 'このサーバーの etcd メンバーが {waitedMs} ミリ秒以内に準備完了になりませんでした',
    },
    remedy: {
      en:
        'Check that the majority of the servers is running and that the peer ports of etcd are open ' +
        'between them.',
      ja:
        '過半数のサーバーが稼働していること、サーバー間で etcd ' +
        'のピアポートが開いていることを確認してください。',
    },
  },
  'HF-STORE-012': {
    kind: 'failed',
    message: {
      en: 'the etcd member of this server ended with {ending}: {detail}',
      ja: 'このサーバーの etcd メンバーが終了しました ({ending}): {detail}',
    },
    remedy: {
      en:
        "The message is etcd's own; a full disk, a port that is in use and a damaged data folder are the " +
        'usual causes. It is started again by itself.',
      ja:
        'このメッセージは etcd によるものです。よくある原因は、ディスクの空き不足、使用中のポート、' +
        'データフォルダーの破損です。メンバーは自動的に再起動されます。',
    },
  },
  'HF-STORE-013': {
    kind: 'failed',
    message: {
      en: 'etcd {version} at {endpoint} has known faults with leases',
      ja: 'etcd {version} ({endpoint}) にはリースに関する既知の不具合があります',
    },
    remedy: {
      en:
        'Use etcd 3.5.28 or newer where you can; with this version an etcd member whose disk hangs may ' +
        'answer for a lease that has ended.',
      ja:
        '可能であれば etcd 3.5.28 以降を使用してください。' +
        'このバージョンでは、ディスクが応答しない etcd メンバーが、' +
        '終了したリースについて応答することがあります。',
    },
  },
  'HF-STORE-014': {
    kind: 'failed',
    message: {
      en: 'etcd at {endpoint} does not accept the certificate of this server: {detail}',
      ja: 'etcd ({endpoint}) がこのサーバーの証明書を受け付けません: {detail}',
    },
    remedy: {
      en:
        'Check the clock of this server and the files in the pki folder of its state directory; join the ' +
        'server again if they are lost. With an existing etcd check that it trusts the certificate of ' +
        '"--etcd-cert", and that "--etcd-ca" has issued its own.',
      ja:
        'このサーバーの時刻と、状態ディレクトリーの pki フォルダーにあるファイルを確認してください。' +
        'ファイルが失われている場合は、サーバーをクラスターに参加させ直してください。既存の etcd では、' +
        '「--etcd-cert」の証明書が信頼されていること、etcd の証明書が「--etcd-ca」の認証局から' +
        '発行されていることを確認してください。',
    },
  },
  'HF-STORE-015': {
    kind: 'refused',
    message: {
      en: 'the etcd data in {directory} cannot be used: {problem}',
      ja: '{directory} の etcd データは使用できません: {problem}',
    },
    remedy: {
      en:
        'Put the data of this server back in their place; if they are lost, take the server out of the cluster ' +
        'and join it anew.',
      ja:
        'このサーバーのデータを元の場所に戻してください。失われている場合は、サーバーをクラスターから外し、' +
        '参加させ直してください。',
    },
  },
  'HF-STORE-016': {
    kind: 'refused',
    message: {
      en: 'the key {key} does not belong to the certificate {certificate}',
      ja: '鍵 {key} は証明書 {certificate} のものではありません',
    },
    remedy: {
      en: 'Give the certificate and the key that were issued together for this server.',
      ja: 'このサーバー用に一緒に発行された証明書と鍵を指定してください。',
    },
  },
  'HF-STORE-017': {
    kind: 'refused',
    message: {
      en: 'the key {key} is not kept safely: its mode is {mode}',
      ja: '鍵 {key} は安全に保管されていません (モード {mode})',
    },
    remedy: {
      en: 'Others must not read it, and nobody but its owner may write to it: "chmod 600", or 640.',
      ja: '他のユーザーが読み取れず、所有者以外が書き込めないようにしてください (「chmod 600」または 640)。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
