import type { ErrorEntry } from './entry.ts';

/** Making and joining a cluster, and talking to its other servers. */
export const clusterErrors = {
  'HF-CLUSTER-001': {
    kind: 'refused',
    message: {
      en: 'this server already belongs to the cluster {cluster}: {file}',
      ja: 'このサーバーはすでにクラスター {cluster} に属しています: {file}',
    },
    remedy: {
      en: 'Use another state directory, or delete this one if the server has left that cluster for good.',
      ja:
        '別の状態ディレクトリーを使用するか、' +
        'サーバーがそのクラスターから完全に離脱している場合はこのディレクトリーを削除してください。',
    },
  },
  'HF-CLUSTER-002': {
    kind: 'refused',
    message: {
      en: 'this server belongs to no cluster yet: {file} is not there',
      ja: 'このサーバーはまだクラスターに属していません: {file} がありません',
    },
    remedy: {
      en: 'Run "holdfast init" on the first server of a cluster, "holdfast join" on each further one.',
      ja:
        'クラスターの最初のサーバーでは「holdfast init」を、それ以降のサーバーでは「holdfast ' +
        'join」を実行してください。',
    },
  },
  'HF-CLUSTER-003': {
    kind: 'refused',
    message: {
      en: 'the join token is not known: it was used, has expired, or is of another cluster',
      ja: '参加トークンが無効です: 使用済みか、期限切れか、別のクラスターのものです',
    },
    remedy: {
      en: 'Make a new one with "holdfast token" on a server of the cluster; each token serves one server.',
      ja:
        'クラスターのサーバーで「holdfast token」を実行し、新しいトークンを作成してください。' +
        '1 つのトークンで参加できるサーバーは 1 台です。',
    },
  },
  'HF-CLUSTER-004': {
    kind: 'usage',
    message: {
      en: 'this is not a join token: {problem}',
      ja: '参加トークンではありません: {problem}',
    },
    remedy: {
      en: 'Copy the whole line that "holdfast token" printed.',
      ja: '「holdfast token」が出力した行全体をコピーしてください。',
    },
  },
  'HF-CLUSTER-005': {
    kind: 'unavailable',
    message: {
      en: 'the server at {address} cannot be reached: {problem}',
      ja: 'サーバー {address} に接続できません: {problem}',
    },
    remedy: {
      en:
        'Check that the daemon runs there ("holdfast run"), that its port is open, and that the address ' +
        'is right.',
      ja:
        'そのサーバーでデーモンが稼働していること (「holdfast run」)、ポートが開いていること、' +
        'アドレスが正しいことを確認してください。',
    },
  },
  'HF-CLUSTER-006': {
    kind: 'refused',
    message: {
      en: 'the server at {address} is not of the cluster with this fingerprint',
      ja: 'サーバー {address} は、このフィンガープリントのクラスターのものではありません',
    },
    remedy: {
      en: 'Check the address; if it is right, somebody else answers there: do not go on before you know who.',
      ja:
        'アドレスを確認してください。正しい場合は、別のものが応答しています。' +
        '原因が判明するまで続行しないでください。',
    },
  },
  'HF-CLUSTER-007': {
    kind: 'refused',
    message: {
      en: 'the cluster already has a server named {server}',
      ja: 'クラスターにはすでに {server} という名前のサーバーがあります',
    },
    remedy: {
      en: 'Choose another name with --name.',
      ja: '--name で別の名前を指定してください。',
    },
  },
  'HF-CLUSTER-008': {
    kind: 'usage',
    message: {
      en: 'the address {address} is not one of this server',
      ja: 'アドレス {address} はこのサーバーのものではありません',
    },
    remedy: {
      en: 'Name with --address an address that "ip address" shows here and that the other servers can reach.',
      ja:
        'このサーバーの「ip address」に表示され、他のサーバーから到達できるアドレスを --address ' +
        'で指定してください。',
    },
  },
  'HF-CLUSTER-009': {
    kind: 'refused',
    message: {
      en: 'port {port} on {address} is in use by another program',
      ja: '{address} のポート {port} は他のプログラムが使用しています',
    },
    remedy: {
      en: 'End that program, or choose other ports with --port, --etcd-client-port and --etcd-peer-port.',
      ja:
        'そのプログラムを終了するか、--port、--etcd-client-port、--etcd-peer-port ' +
        'で別のポートを指定してください。',
    },
  },
  'HF-CLUSTER-010': {
    kind: 'refused',
    message: {
      en: 'the cluster has {servers} servers, the most that are allowed',
      ja: 'クラスターのサーバー数が上限の {servers} に達しています',
    },
    remedy: {
      en: 'Take a server out of the cluster first, or make a second cluster.',
      ja: '先にサーバーをクラスターから外すか、別のクラスターを作成してください。',
    },
  },
  'HF-CLUSTER-011': {
    kind: 'refused',
    message: {
      en: 'this server runs Holdfast {version}, which the cluster on {clusterVersion} does not accept',
      ja: 'このサーバーの Holdfast {version} は、バージョン {clusterVersion} のクラスターに参加できません',
    },
    remedy: {
      en: 'Install the version of the cluster on this server and join again.',
      ja: 'クラスターと同じバージョンをこのサーバーにインストールし、再度参加させてください。',
    },
  },
  'HF-CLUSTER-012': {
    kind: 'timed-out',
    message: {
      en: 'server {server} did not answer within {waitedMs} ms',
      ja: 'サーバー {server} が {waitedMs} ミリ秒以内に応答しませんでした',
    },
    remedy: {
      en:
        'Look at the communication paths with "holdfast status"; bring the server or its network back ' +
        'and try again.',
      ja:
        '「holdfast status」でコミュニケーションパスを確認し、' +
        'サーバーまたはネットワークを復旧してから再試行してください。',
    },
  },
  'HF-CLUSTER-013': {
    kind: 'failed',
    message: {
      en: 'the certificate {file} cannot be used: {problem}',
      ja: '証明書 {file} を使用できません: {problem}',
    },
    remedy: {
      en:
        'Check the clock of this server; restore the file from a backup, or join the server again with a ' +
        'new token.',
      ja:
        'このサーバーの時刻を確認してください。ファイルをバックアップから復元するか、' +
        '新しいトークンでサーバーを参加させ直してください。',
    },
  },
  'HF-CLUSTER-014': {
    kind: 'refused',
    message: {
      en: 'a peer without a certificate of this cluster was turned away: {problem}',
      ja: 'このクラスターの証明書を持たない接続元を拒否しました: {problem}',
    },
    remedy: {
      en: 'Only servers that have joined may connect; look who connects from that address.',
      ja: '接続できるのは参加済みのサーバーだけです。そのアドレスからの接続元を確認してください。',
    },
  },
  'HF-CLUSTER-015': {
    kind: 'failed',
    message: {
      en: 'server {server} answered a message with {status}: {detail}',
      ja: 'サーバー {server} がメッセージに {status} を返しました: {detail}',
    },
    remedy: {
      en: 'Look into the log of the daemon on that server; the same version must run on all servers.',
      ja:
        'そのサーバーのデーモンのログを確認してください。' +
        'すべてのサーバーで同じバージョンを実行する必要があります。',
    },
  },
  'HF-CLUSTER-016': {
    kind: 'unavailable',
    message: {
      en: 'joining was not complete within {waitedMs} ms: {step}',
      ja: '{waitedMs} ミリ秒以内に参加が完了しませんでした: {step}',
    },
    remedy: {
      en:
        'Nothing is left behind here; check that the other servers are running and join again with a new ' +
        'token.',
      ja:
        'このサーバーには何も残っていません。他のサーバーが稼働していることを確認し、' +
        '新しいトークンで再度参加させてください。',
    },
  },
  'HF-CLUSTER-017': {
    kind: 'unavailable',
    message: {
      en: 'server {server} is still joining: one server joins at a time',
      ja: 'サーバー {server} が参加の途中です: 同時に参加できるサーバーは 1 台です',
    },
    remedy: {
      en:
        'Start the daemon there ("holdfast run") and wait until "holdfast status" shows it, or join it ' +
        'again; then try again with the same token.',
      ja:
        'そのサーバーでデーモンを起動して (「holdfast run」)「holdfast ' +
        'status」に表示されるまで待つか、そのサーバーを参加させ直してから、同じトークンで再試行してください。',
    },
  },
  'HF-CLUSTER-018': {
    kind: 'refused',
    message: {
      en: 'server {server} already uses port {port} of the address {address}',
      ja: 'アドレス {address} のポート {port} は、すでにサーバー {server} が使用しています',
    },
    remedy: {
      en:
        'Choose another address with --address, or other ports with --port, --etcd-client-port and ' +
        '--etcd-peer-port.',
      ja:
        '--address で別のアドレスを指定するか、--port、--etcd-client-port、--etcd-peer-port ' +
        'で別のポートを指定してください。',
    },
  },
  'HF-CLUSTER-019': {
    kind: 'refused',
    message: {
      en: '{tokens} join tokens are waiting to be used, the most that are allowed',
      ja: '未使用の参加トークンが上限の {tokens} 個に達しています',
    },
    remedy: {
      en: 'Use one of them, or wait until they expire.',
      ja: 'いずれかを使用するか、期限が切れるまで待ってください。',
    },
  },
  'HF-CLUSTER-020': {
    kind: 'unavailable',
    message: {
      en: 'this server is busy with {requests} other requests to join',
      ja: 'このサーバーは他の {requests} 件の参加要求を処理中です',
    },
    remedy: {
      en: 'Try again in a moment with the same token.',
      ja: 'しばらくしてから、同じトークンで再試行してください。',
    },
  },
  'HF-CLUSTER-021': {
    kind: 'refused',
    message: {
      en: 'the state directory {directory} holds {found}, but no server.json',
      ja: '状態ディレクトリー {directory} に {found} がありますが、server.json がありません',
    },
    remedy: {
      en: 'Restore server.json from a backup, or move the rest away before this server is set up anew.',
      ja:
        'server.json をバックアップから復元するか、残っているものを移動してから、' +
        'このサーバーを設定し直してください。',
    },
  },
  'HF-CLUSTER-022': {
    kind: 'refused',
    message: {
      en: 'server {server} cannot admit others: it does not hold the key of the cluster authority',
      ja: 'サーバー {server} はクラスターの認証局の鍵を持たないため、他のサーバーを参加させられません',
    },
    remedy: {
      en: 'Make the token on a server that is no witness, and name that server.',
      ja: 'ウィットネスではないサーバーでトークンを作成し、そのサーバーを指定してください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
