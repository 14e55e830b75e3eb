import type { ErrorEntry } from './entry.ts';

/** Leaving a cluster, taking a server out of it, and taking the place of one. */
export const membershipErrors = {
  'HF-CLUSTER-050': {
    kind: 'refused',
    message: {
      en: '{hierarchies} can still run on {server}',
      ja: '{hierarchies} が {server} に拡張されたままです',
    },
    remedy: {
      en:
        'Take each from that server first with "holdfast unextend TAG {server}", or let "holdfast leave ' +
        '--force" do it.',
      ja:
        '先に「holdfast unextend TAG {server}」でそれぞれの拡張を解除するか、「holdfast leave ' +
        '--force」でまとめて解除してください。',
    },
    reasons: ['still-extended'],
  },
  'HF-CLUSTER-051': {
    kind: 'refused',
    message: {
      en: "without {server} too few of etcd's other voters would be there: {alive} of {voters}",
      ja: '{server} が抜けると etcd の過半数を失います: 他の投票メンバー {voters} のうち稼働中は {alive}',
    },
    remedy: {
      en: 'Bring the other servers back first, or take a dead one out with "holdfast server remove NAME"; then try again.',
      ja:
        '先に他のサーバーを復旧するか、停止したサーバーを「holdfast server remove NAME」で外してから、' +
        '再試行してください。',
    },
    reasons: ['majority-would-be-lost'],
  },
  'HF-CLUSTER-052': {
    kind: 'refused',
    message: { en: 'server {server} is alive', ja: 'サーバー {server} は稼働中です' },
    remedy: {
      en: 'Run "holdfast leave" on that server; with --force it is taken out without its help, if it owns nothing.',
      ja:
        'そのサーバーで「holdfast leave」を実行してください。' +
        '何も所有していなければ、--force で本人の協力なしに外せます。',
    },
    reasons: ['server-alive'],
  },
  'HF-CLUSTER-053': {
    kind: 'refused',
    message: {
      en: 'server {server} owns {hierarchies}: its lease may still run',
      ja: 'サーバー {server} が {hierarchies} を所有しており、リースが有効な可能性があります',
    },
    remedy: {
      en: 'Move them with "holdfast in-service TAG --on SERVER", or wait until the lease has ended; then try again.',
      ja:
        '「holdfast in-service TAG --on SERVER」で移動するか、' +
        'リースが切れるまで待ってから再試行してください。',
    },
    reasons: ['server-owns'],
  },
  'HF-CLUSTER-054': {
    kind: 'refused',
    message: {
      en: 'server {server} is the last one that can run anything',
      ja: 'サーバー {server} は、リソースを実行できる最後のサーバーです',
    },
    remedy: {
      en: 'Join another server first; to end the cluster, stop the daemons and delete their state directories.',
      ja:
        '先に別のサーバーを参加させてください。クラスターを終了する場合は、' +
        'デーモンを停止して状態ディレクトリーを削除してください。',
    },
    reasons: ['last-server'],
  },
  'HF-CLUSTER-055': {
    kind: 'refused',
    message: {
      en: '{hierarchies} can run on {server} only',
      ja: '{hierarchies} は {server} にしか拡張されていません',
    },
    remedy: {
      en: 'Extend them to another server first with "holdfast extend", or delete them with "holdfast delete TAG --force".',
      ja: '先に「holdfast extend」で別のサーバーへ拡張するか、「holdfast delete TAG --force」で削除してください。',
    },
    reasons: ['extended-only-there'],
  },
  'HF-CLUSTER-056': {
    kind: 'refused',
    message: {
      en: 'server {server} is no longer of the cluster {cluster}; its files are in {directory}',
      ja: 'サーバー {server} はクラスター {cluster} から外されました。ファイルは {directory} にあります',
    },
    remedy: {
      en:
        'Nothing was started. Join the server again with "holdfast join" if it is to take part; what is in that ' +
        'directory can be deleted.',
      ja:
        '何も起動していません。再び参加させる場合は「holdfast join」を実行してください。' +
        'そのディレクトリーは削除してかまいません。',
    },
  },
  'HF-CLUSTER-057': {
    kind: 'refused',
    message: {
      en: 'server {server} still lets go of {tags}',
      ja: 'サーバー {server} は {tags} の保護解除を完了していません',
    },
    remedy: {
      en: 'Look with "holdfast events" what keeps it; it tries again by itself. Then leave again.',
      ja: '「holdfast events」で原因を確認してください。自動的に再試行されます。その後、もう一度離脱してください。',
    },
    reasons: ['still-in-care'],
  },
  'HF-CLUSTER-058': {
    kind: 'refused',
    message: {
      en: 'the token is for the place of {server} as a {role}',
      ja: 'このトークンは {server} ({role}) の置き換え用です',
    },
    remedy: {
      en: 'Join with "--name {server}" and the same role, or make an ordinary token with "holdfast token".',
      ja: '「--name {server}」と同じ役割で参加するか、「holdfast token」で通常のトークンを作成してください。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
