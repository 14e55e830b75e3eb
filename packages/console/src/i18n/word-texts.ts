import type { Text } from '@holdfast/contract';

/** The product's own words: states, roles and the like. */
export const wordTexts = {
  'role.guest': { en: 'guest', ja: 'ゲスト' },
  'role.operator': { en: 'operator', ja: 'オペレーター' },
  'role.administrator': { en: 'administrator', ja: '管理者' },
  'instance.in-service': { en: 'In Service', ja: 'In Service' },
  'instance.standby': { en: 'Standby', ja: 'スタンバイ' },
  'instance.starting': { en: 'Starting', ja: '起動中' },
  'instance.stopping': { en: 'Stopping', ja: '停止中' },
  'instance.failed': { en: 'Failed', ja: '障害' },
  'instance.degraded': { en: 'Degraded', ja: '縮退' },
  'instance.unknown': { en: 'Unknown', ja: '不明' },
  'summary.normal': { en: 'Normal', ja: '正常' },
  'summary.warning': { en: 'Warning', ja: '警告' },
  'summary.failed': { en: 'Failed', ja: '障害' },
  'summary.unknown': { en: 'Unknown', ja: '不明' },
  'summary.out-of-service': { en: 'Out of Service', ja: 'Out of Service' },
  'server.alive': { en: 'Alive', ja: '稼働中' },
  'server.warning': { en: 'Warning', ja: '警告' },
  'server.dead': { en: 'Dead', ja: '停止' },
  'server.unknown': { en: 'Unknown', ja: '不明' },
  'serverRole.member': { en: 'Member', ja: 'メンバー' },
  'serverRole.witness': { en: 'Witness', ja: 'ウィットネス' },
  'path.alive': { en: 'Alive', ja: '正常' },
  'path.dead': { en: 'Dead', ja: '断' },
  'path.unknown': { en: 'Unknown', ja: '不明' },
} as const satisfies Record<string, Text>;
