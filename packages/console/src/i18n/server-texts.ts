import type { Text } from '@holdfast/contract';

/** Servers and communication paths. */
export const serverTexts = {
  'servers.asSeenBy': { en: 'As {server} sees it', ja: '{server} から見た状態' },
  'servers.picture': { en: 'Servers and communication paths', ja: 'サーバーとコミュニケーションパス' },
  'servers.servers': { en: 'Servers', ja: 'サーバー' },
  'servers.paths': { en: 'Communication paths', ja: 'コミュニケーションパス' },
  'servers.name': { en: 'Name', ja: '名前' },
  'servers.state': { en: 'State', ja: '状態' },
  'servers.role': { en: 'Role', ja: '役割' },
  'servers.address': { en: 'Addresses', ja: 'アドレス' },
  'servers.version': { en: 'Version', ja: 'バージョン' },
  'servers.policy': { en: 'Policy', ja: 'ポリシー' },
  'servers.confirmFailover': { en: 'Failover needs a confirmation', ja: 'フェールオーバーには確認が必要' },
  'servers.blockFailover': { en: 'Failover is blocked', ja: 'フェールオーバーを抑止中' },
  'servers.path': { en: 'Path', ja: 'パス' },
  'servers.between': { en: 'Between', ja: '区間' },
  'servers.roundTrip': { en: 'Round trip', ja: '往復時間' },
  'servers.misses': { en: 'Missed heartbeats', ja: 'ハートビートの欠落' },
  'servers.flaps': { en: 'Changes of state', ja: '状態変化の回数' },
} as const satisfies Record<string, Text>;
