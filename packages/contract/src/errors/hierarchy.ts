import type { ErrorEntry } from './entry.ts';

/** Hierarchies and what an operator asks of them. */
export const hierarchyErrors = {
  'HF-HIER-001': {
    kind: 'unknown-name',
    message: { en: 'there is no resource {tag}', ja: 'リソース {tag} は存在しません' },
    remedy: {
      en: 'See the tags with "holdfast status".',
      ja: '「holdfast status」でタグを確認してください。',
    },
    reasons: ['unknown-tag'],
  },
  'HF-HIER-002': {
    kind: 'refused',
    message: { en: 'the tag {tag} is in use', ja: 'タグ {tag} はすでに使用されています' },
    remedy: {
      en: 'Choose another tag; a tag is unique in the cluster.',
      ja: '別のタグを指定してください。タグはクラスター内で一意です。',
    },
    reasons: ['tag-in-use'],
  },
  'HF-HIER-003': {
    kind: 'refused',
    message: {
      en: '{failed} checks failed on {server}: nothing was changed',
      ja: 'サーバー {server} で {failed} 件の検査に失敗しました。変更は行われていません',
    },
    remedy: {
      en: 'Put right what the failed checks name, and give the command again; --dry-run checks only.',
      ja:
        '失敗した検査の内容を修正し、コマンドを再実行してください。' +
        '--dry-run を指定すると検査だけを行います。',
    },
  },
  'HF-HIER-004': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is not extended to server {server}',
      ja: 'リソース階層 {hierarchy} はサーバー {server} に拡張されていません',
    },
    remedy: {
      en: 'Extend it first with "holdfast extend", or name a server that has it.',
      ja: '先に「holdfast extend」で拡張するか、拡張済みのサーバーを指定してください。',
    },
    reasons: ['not-extended'],
  },
  'HF-HIER-005': {
    kind: 'unknown-name',
    message: { en: 'there is no server {server}', ja: 'サーバー {server} は存在しません' },
    remedy: {
      en: 'See the servers with "holdfast status".',
      ja: '「holdfast status」でサーバーを確認してください。',
    },
    reasons: ['unknown-server'],
  },
  'HF-HIER-006': {
    kind: 'refused',
    message: { en: 'server {server} is not alive', ja: 'サーバー {server} は稼働していません' },
    remedy: {
      en: 'Start it or its daemon, wait until "holdfast status" shows it alive, and try again.',
      ja: 'サーバーまたはデーモンを起動し、「holdfast status」で稼働中と表示されてから再試行してください。',
    },
    reasons: ['server-not-there'],
  },
  'HF-HIER-007': {
    kind: 'refused',
    message: {
      en: 'priority {priority} is already that of server {server}',
      ja: '優先順位 {priority} はすでにサーバー {server} に割り当てられています',
    },
    remedy: {
      en: 'Choose another number from 1 to 999; no two servers of a hierarchy have the same.',
      ja:
        '1 から 999 までの別の値を指定してください。' +
        '同じリソース階層の複数のサーバーに同じ値は指定できません。',
    },
    reasons: ['priority-in-use'],
  },
  'HF-HIER-008': {
    kind: 'refused',
    message: {
      en: 'operation {operation} on {hierarchy} is still going on',
      ja: '{hierarchy} に対する操作 {operation} が進行中です',
    },
    remedy: {
      en: 'Wait until it has ended ("holdfast events" shows how far it is), then try again.',
      ja: '終了するまで待ち (進行状況は「holdfast events」で確認できます)、その後再試行してください。',
    },
    reasons: ['operation-running'],
  },
  'HF-HIER-009': {
    kind: 'refused',
    message: {
      en: 'these servers are not alive and would keep the hierarchy: {servers}',
      ja: '稼働していないサーバーにリソース階層が残ります: {servers}',
    },
    remedy: {
      en: 'Bring them back first, or use --force if they are gone for good.',
      ja: '先にサーバーを復旧してください。二度と復旧しない場合は --force を使用してください。',
    },
    reasons: ['servers-not-there'],
  },
  'HF-HIER-010': {
    kind: 'refused',
    message: {
      en: 'server {server} is a witness, which runs no resource',
      ja: 'サーバー {server} はウィットネスであり、リソースを実行しません',
    },
    remedy: { en: 'Name another server.', ja: '別のサーバーを指定してください。' },
    reasons: ['not-a-member'],
  },
  'HF-HIER-011': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is already extended to server {server}',
      ja: 'リソース階層 {hierarchy} はすでにサーバー {server} に拡張されています',
    },
    remedy: {
      en: 'Change its properties there with "holdfast set".',
      ja: 'そのサーバーでのプロパティーは「holdfast set」で変更してください。',
    },
    reasons: ['already-extended'],
  },
  'HF-HIER-012': {
    kind: 'unknown-name',
    message: { en: 'there is no operation {operation}', ja: '操作 {operation} は存在しません' },
    remedy: {
      en: 'Old operations are forgotten after some time; "holdfast events" shows what happened.',
      ja: '古い操作は一定期間後に削除されます。経緯は「holdfast events」で確認してください。',
    },
  },
  'HF-HIER-013': {
    kind: 'failed',
    message: {
      en: 'the operation on {hierarchy} failed: {cause}',
      ja: '{hierarchy} に対する操作が失敗しました: {cause}',
    },
    remedy: {
      en: 'Remove the cause; "holdfast explain" and "holdfast events" show more.',
      ja: '原因を取り除いてください。詳細は「holdfast explain」と「holdfast events」で確認できます。',
    },
  },
  'HF-HIER-014': {
    kind: 'refused',
    message: {
      en: 'the resource {tag} has no child {child}',
      ja: 'リソース {tag} の子リソース {child} が存在しません',
    },
    remedy: {
      en: 'Create the child in the same request, or name one that exists.',
      ja: '同じ要求で子リソースを作成するか、既存のものを指定してください。',
    },
    reasons: ['child-missing'],
  },
  'HF-HIER-015': {
    kind: 'refused',
    message: {
      en: 'the resource {tag} would depend on itself',
      ja: 'リソース {tag} の依存関係が循環します',
    },
    remedy: {
      en: 'Take one of the dependencies of the circle out.',
      ja: '循環している依存関係のいずれかを取り除いてください。',
    },
    reasons: ['dependency-cycle'],
  },
  'HF-HIER-016': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} of {tag} does not run on server {server}',
      ja: '{tag} のリソース階層 {hierarchy} はサーバー {server} で In Service になっていません',
    },
    remedy: {
      en: 'Bring it in service there first: what is joined into one hierarchy runs on one server.',
      ja: '先にそのサーバーで In Service にしてください。1 つのリソース階層は 1 台のサーバーで動作します。',
    },
    reasons: ['not-in-service-there'],
  },
  'HF-HIER-017': {
    kind: 'unknown-name',
    message: { en: 'there is no recovery kit {kit}', ja: 'リカバリーキット {kit} は存在しません' },
    remedy: {
      en: 'See the kits with "holdfast create --help".',
      ja: '使用できるリカバリーキットは「holdfast create --help」で確認してください。',
    },
  },
  'HF-HIER-018': {
    kind: 'refused',
    message: {
      en: 'server {server} has no recovery kit {kit}',
      ja: 'サーバー {server} にリカバリーキット {kit} がありません',
    },
    remedy: {
      en: 'Install the same version of Holdfast on all servers.',
      ja: 'すべてのサーバーに同じバージョンの Holdfast をインストールしてください。',
    },
  },
  'HF-HIER-019': {
    kind: 'usage',
    message: {
      en: 'parameter {field} of {tag}: {problem}',
      ja: '{tag} のパラメーター {field}: {problem}',
    },
    remedy: {
      en: 'See what the parameter takes with "holdfast create KIT --help".',
      ja: 'パラメーターに指定できる値は「holdfast create KIT --help」で確認してください。',
    },
  },
  'HF-HIER-020': {
    kind: 'refused',
    message: {
      en: 'server {server} is shutting down or cannot take anything over',
      ja: 'サーバー {server} は停止中であるか、引き継ぎを受け付けられません',
    },
    remedy: {
      en: 'Wait until it is up again, or name another server.',
      ja: '再び稼働するまで待つか、別のサーバーを指定してください。',
    },
    reasons: ['server-not-accepting'],
  },
  'HF-HIER-021': {
    kind: 'refused',
    message: {
      en: 'this would make a hierarchy of {resources} resources; {limit} is the most',
      ja: 'リソース階層のリソース数が {resources} になり、上限の {limit} を超えます',
    },
    remedy: {
      en: 'Protect some of them in a hierarchy of their own.',
      ja: '一部のリソースを別のリソース階層で保護してください。',
    },
    reasons: ['too-many-resources'],
  },
  'HF-HIER-022': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is neither in service nor out of service',
      ja: 'リソース階層 {hierarchy} は In Service でも Out of Service でもありません',
    },
    remedy: {
      en: 'Bring it in service or out of service first, or use --force.',
      ja: '先に In Service または Out of Service にするか、--force を使用してください。',
    },
    reasons: ['hierarchy-not-settled'],
  },
  'HF-HIER-023': {
    kind: 'refused',
    message: { en: 'refused: {cause}', ja: '拒否されました: {cause}' },
    remedy: {
      en: 'Change what the reason names, and give the command again; "holdfast explain" shows more.',
      ja:
        '理由に示された状態を解消し、コマンドを再実行してください。' +
        '詳細は「holdfast explain」で確認できます。',
    },
  },
  'HF-HIER-024': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is in service on {server} already',
      ja: 'リソース階層 {hierarchy} はすでに {server} で In Service です',
    },
    remedy: {
      en: 'Nothing needs to be done.',
      ja: '対処は不要です。',
    },
    reasons: ['already-in-service'],
  },
  'HF-HIER-025': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is out of service already',
      ja: 'リソース階層 {hierarchy} はすでに Out of Service です',
    },
    remedy: {
      en: 'Nothing needs to be done.',
      ja: '対処は不要です。',
    },
    reasons: ['already-out-of-service'],
  },
  'HF-HIER-026': {
    kind: 'refused',
    message: {
      en: '{claim} is already that of the resource {tag}',
      ja: '{claim} はすでにリソース {tag} で使用されています',
    },
    remedy: {
      en: 'Use another value, or delete the resource that has it.',
      ja: '別の値を使用するか、使用しているリソースを削除してください。',
    },
    reasons: ['claimed-already'],
  },
  'HF-HIER-027': {
    kind: 'refused',
    message: {
      en: 'the hierarchy would not be valid: {problem}',
      ja: 'リソース階層の構成が正しくありません: {problem}',
    },
    remedy: {
      en: 'Correct the field that is named.',
      ja: '示された項目を修正してください。',
    },
    reasons: ['configuration-not-valid'],
  },
  'HF-HIER-028': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is in service on server {server}',
      ja: 'リソース階層 {hierarchy} はサーバー {server} で In Service です',
    },
    remedy: {
      en: 'Move it to another server first.',
      ja: '先に他のサーバーへ移動してください。',
    },
    reasons: ['in-service-there'],
  },
  'HF-HIER-029': {
    kind: 'refused',
    message: {
      en: 'it is not known whether {hierarchy} has stopped on server {server}',
      ja: 'サーバー {server} でリソース階層 {hierarchy} が停止しているかどうか不明です',
    },
    remedy: {
      en: 'Bring that server back, or make sure that nothing runs there and use --force.',
      ja: 'そのサーバーを復旧するか、何も稼働していないことを確認して --force を使用してください。',
    },
    reasons: ['not-known-to-be-stopped'],
  },
  'HF-HIER-030': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} would be extended to no server',
      ja: 'リソース階層 {hierarchy} がどのサーバーにも拡張されていない状態になります',
    },
    remedy: {
      en: 'Delete the hierarchy instead.',
      ja: '代わりにリソース階層を削除してください。',
    },
    reasons: ['on-no-server'],
  },
  'HF-HIER-031': {
    kind: 'refused',
    message: {
      en: '{field} of {tag} can be changed only while the hierarchy is out of service',
      ja: '{tag} の {field} を変更できるのは、リソース階層が Out of Service のときだけです',
    },
    remedy: {
      en: 'Take it out of service first; the other properties can be changed at any time.',
      ja: '先に Out of Service にしてください。その他のプロパティーはいつでも変更できます。',
    },
    reasons: ['only-while-out-of-service'],
  },
  'HF-HIER-040': {
    kind: 'refused',
    message: {
      en: 'the creation of {hierarchy} was cancelled: nothing was changed',
      ja: '{hierarchy} の作成はキャンセルされました。変更は行われていません',
    },
    remedy: {
      en: 'Give the command again when you are ready.',
      ja: '準備ができたら、コマンドを再実行してください。',
    },
  },
  'HF-HIER-041': {
    kind: 'failed',
    message: {
      en: 'the first start of {tag} failed, and nothing was created: {cause}',
      ja: '{tag} の最初の起動に失敗したため、何も作成されませんでした: {cause}',
    },
    remedy: {
      en: 'Remove the cause, and create it again; "holdfast events" shows more.',
      ja: '原因を取り除き、再度作成してください。詳細は「holdfast events」で確認できます。',
    },
  },
  'HF-HIER-042': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {tag} is just being created on server {server}',
      ja: 'リソース階層 {tag} は現在サーバー {server} で作成中です',
    },
    remedy: {
      en: 'Wait until that has ended, and see "holdfast status".',
      ja: '終了するまで待ち、「holdfast status」で確認してください。',
    },
    reasons: ['being-created'],
  },
  'HF-HIER-043': {
    kind: 'refused',
    message: {
      en: 'operation {operation} is no creation that goes on: it cannot be cancelled',
      ja: '操作 {operation} は実行中の作成ではないため、キャンセルできません',
    },
    remedy: {
      en: 'A move is answered by another one: bring the hierarchy in service where it is wanted, or take it out of service.',
      ja: '移動を取りやめるには、希望するサーバーで In Service にするか、Out of Service にしてください。',
    },
  },
  'HF-HIER-044': {
    kind: 'refused',
    message: {
      en: '{count} creations and extensions go on already',
      ja: 'すでに {count} 件の作成と拡張が実行中です',
    },
    remedy: {
      en: 'Wait until one of them has ended; "GET /operations" lists them.',
      ja: 'いずれかが終了するまでお待ちください。"GET /operations" で一覧を確認できます。',
    },
  },
} as const satisfies Record<string, ErrorEntry>;
