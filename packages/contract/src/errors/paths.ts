import type { ErrorEntry } from './entry.ts';

/** Communication paths (C-02). */
export const pathErrors = {
  'HF-CLUSTER-030': {
    kind: 'unknown-name',
    reasons: ['unknown-path'],
    message: {
      en: 'there is no communication path {path}',
      ja: 'コミュニケーションパス {path} は存在しません',
    },
    remedy: { en: 'See "holdfast path list".', ja: '「holdfast path list」で確認してください。' },
  },
  'HF-CLUSTER-031': {
    kind: 'refused',
    reasons: ['last-path'],
    message: {
      en: '{path} is the last communication path between {one} and {other}',
      ja: '{path} は {one} と {other} の間の最後のコミュニケーションパスです',
    },
    remedy: { en: 'Create another one first.', ja: '先に別のパスを作成してください。' },
  },
  'HF-CLUSTER-032': {
    kind: 'refused',
    reasons: ['address-not-of-server'],
    message: {
      en: 'server {server} does not listen on {address}; it has {addresses}',
      ja: 'サーバー {server} は {address} で待ち受けていません。アドレスは {addresses} です',
    },
    remedy: {
      en: 'Use an address that the server was given at init or join (--address).',
      ja: 'init または join の際に --address で指定したアドレスを使用してください。',
    },
  },
  'HF-CLUSTER-033': {
    kind: 'refused',
    reasons: ['path-there-already'],
    message: {
      en: 'the communication path {path} has these two addresses already',
      ja: 'コミュニケーションパス {path} が既にこの 2 つのアドレスを使用しています',
    },
    remedy: {
      en: 'Change that path, or use other addresses.',
      ja: 'そのパスを変更するか、別のアドレスを使用してください。',
    },
  },
  'HF-CLUSTER-034': {
    kind: 'refused',
    reasons: ['too-many-paths'],
    message: {
      en: 'these two servers have {paths} communication paths, which is the most',
      ja: 'この 2 台のサーバーのコミュニケーションパスは既に上限の {paths} 本です',
    },
    remedy: { en: 'Delete one first.', ja: '先に 1 本を削除してください。' },
  },
  'HF-CLUSTER-035': {
    kind: 'usage',
    reasons: ['path-to-itself'],
    message: {
      en: 'both ends are server {server}',
      ja: '両端が同じサーバー {server} です',
    },
    remedy: { en: 'Name two servers.', ja: '2 台のサーバーを指定してください。' },
  },
} as const satisfies Record<string, ErrorEntry>;
