import type { ErrorEntry } from './entry.ts';

/** How resources are joined into hierarchies. */
export const structureErrors = {
  'HF-HIER-060': {
    kind: 'refused',
    message: {
      en: '{hierarchy} is extended to {servers}, but {other} to {otherServers}',
      ja: '{hierarchy} は {servers} に、{other} は {otherServers} に拡張されています',
    },
    remedy: {
      en: 'Extend or unextend one of them, so that both have the same servers.',
      ja: '拡張または拡張解除を行い、両方が同じサーバーに拡張された状態にしてください。',
    },
    reasons: ['not-on-the-same-servers'],
  },
  'HF-HIER-061': {
    kind: 'refused',
    message: {
      en: '{parent} needs {child} already',
      ja: '{parent} はすでに {child} に依存しています',
    },
    remedy: { en: 'Nothing needs to be done.', ja: '対処は不要です。' },
    reasons: ['dependency-exists'],
  },
  'HF-HIER-062': {
    kind: 'refused',
    message: {
      en: '{child} is no child of {parent}',
      ja: '{child} は {parent} の子リソースではありません',
    },
    remedy: {
      en: 'See which resource is beneath which with "holdfast status".',
      ja: '「holdfast status」でリソースの親子関係を確認してください。',
    },
    reasons: ['dependency-missing'],
  },
  'HF-HIER-063': {
    kind: 'refused',
    message: {
      en: 'the children belong to different hierarchies: {hierarchies}',
      ja: '子リソースが異なるリソース階層に属しています: {hierarchies}',
    },
    remedy: {
      en: 'Join these hierarchies first with "holdfast dependency add", or protect the data on one volume.',
      ja:
        '先に「holdfast dependency add」でリソース階層を結合するか、' +
        'データを 1 つのボリューム上に配置してください。',
    },
    reasons: ['children-of-several-hierarchies'],
  },
} as const satisfies Record<string, ErrorEntry>;
