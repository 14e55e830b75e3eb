import type { ErrorEntry } from './entry.ts';

/** What an administrator has set stands against what was asked for. */
export const policyErrors = {
  'HF-HIER-050': {
    kind: 'refused',
    message: {
      en: 'the hierarchy {hierarchy} is in maintenance: nothing of it is started, stopped or moved',
      ja: 'リソース階層 {hierarchy} はメンテナンス中のため、起動・停止・移動は行いません',
    },
    remedy: {
      en: 'End the maintenance first with "holdfast set {hierarchy} --maintenance off".',
      ja: '先に「holdfast set {hierarchy} --maintenance off」でメンテナンスを終了してください。',
    },
    reasons: ['in-maintenance'],
  },
  'HF-HIER-051': {
    kind: 'refused',
    message: {
      en: 'the whole cluster is in maintenance: nothing of {hierarchy} is started, stopped or moved',
      ja: 'クラスター全体がメンテナンス中のため、{hierarchy} の起動・停止・移動は行いません',
    },
    remedy: {
      en: 'End the maintenance first with "holdfast set --maintenance off".',
      ja: '先に「holdfast set --maintenance off」でメンテナンスを終了してください。',
    },
    reasons: ['cluster-in-maintenance'],
  },
} as const satisfies Record<string, ErrorEntry>;
