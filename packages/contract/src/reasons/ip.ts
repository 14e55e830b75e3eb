import type { Text } from '../text.ts';

/** The IP recovery kit. */
export const ipReasons = {
  'address-free-fine': {
    en: 'nobody else answers for {address} on the network of {device}',
    ja: '{device} のネットワークで {address} に応答するホストはありません',
  },
  'address-not-here-fine': {
    en: 'the address {address} is not on this server yet',
    ja: 'アドレス {address} はこのサーバーにまだ設定されていません',
  },
  'link-fine': {
    en: 'the network device {device} has a link',
    ja: 'ネットワークデバイス {device} はリンクアップしています',
  },
  'network-fine': {
    en: 'the address {address} is in a network of {device}',
    ja: 'アドレス {address} は {device} のネットワークに属しています',
  },
} as const satisfies Record<string, Text>;
