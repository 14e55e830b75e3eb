import type { ErrorEntry } from './entry.ts';

/** The IP recovery kit. */
export const ipErrors = {
  'HF-IP-001': {
    kind: 'failed',
    message: {
      en: 'the network device {device} has no link',
      ja: 'ネットワークデバイス {device} がリンクダウンしています',
    },
    remedy: {
      en: 'Check the cable and the switch, or bring the device up ("ip link set up").',
      ja: 'ケーブルとスイッチを確認するか、デバイスを有効にしてください (「ip link set up」)。',
    },
    reasons: ['link-down'],
  },
  'HF-IP-002': {
    kind: 'refused',
    message: {
      en: 'there is no network device {device}',
      ja: 'ネットワークデバイス {device} が存在しません',
    },
    remedy: {
      en: 'Name a device that "ip link" shows on this server.',
      ja: 'このサーバーの「ip link」に表示されるデバイスを指定してください。',
    },
    reasons: ['network-device-missing'],
  },
  'HF-IP-003': {
    kind: 'refused',
    message: {
      en: 'the address {address} is in use by {mac} on the network of {device}',
      ja: 'アドレス {address} は、{device} のネットワーク上の {mac} が使用しています',
    },
    remedy: {
      en: 'Find the host with that hardware address and take the address away from it.',
      ja: 'そのハードウェアアドレスを持つホストを特定し、アドレスを解除してください。',
    },
    reasons: ['address-in-use'],
  },
  'HF-IP-004': {
    kind: 'refused',
    message: {
      en: 'the address {address} is in none of the networks of {device}',
      ja: 'アドレス {address} は {device} のどのネットワークにも属していません',
    },
    remedy: {
      en: 'Check address, prefix length and device.',
      ja: 'アドレス、プレフィックス長、デバイスを確認してください。',
    },
    reasons: ['address-outside-network'],
  },
  'HF-IP-005': {
    kind: 'refused',
    message: {
      en: 'the address {address} is on {other}, not on {device}',
      ja: 'アドレス {address} は {device} ではなく {other} に設定されています',
    },
    remedy: {
      en: 'Take it away there ("ip address del"), or name that device.',
      ja: 'その設定を解除するか (「ip address del」)、そのデバイスを指定してください。',
    },
    reasons: ['address-on-other-device'],
  },
  'HF-IP-006': {
    kind: 'refused',
    message: {
      en: 'the address {address} is on {device} of this server already',
      ja: 'アドレス {address} は、このサーバーの {device} にすでに設定されています',
    },
    remedy: {
      en: 'Take it out of the network configuration: only Holdfast may bring it up.',
      ja: 'ネットワーク設定から削除してください。このアドレスを設定するのは Holdfast だけです。',
    },
    reasons: ['address-already-here'],
  },
  'HF-IP-007': {
    kind: 'refused',
    message: {
      en: 'the address {address} is not in 127.0.0.0/8',
      ja: 'アドレス {address} は 127.0.0.0/8 に属していません',
    },
    remedy: {
      en: 'This server has been set up with loopback addresses: use one of those.',
      ja:
        'このサーバーはループバックアドレスを使用するよう設定されています。' +
        'その範囲のアドレスを使用してください。',
    },
    reasons: ['address-not-loopback'],
  },
  'HF-IP-008': {
    kind: 'failed',
    message: {
      en: 'it could not be found out whether {address} is in use on the network of {device}',
      ja: '{device} のネットワークで {address} が使用されているかどうかを確認できませんでした',
    },
    remedy: {
      en: 'Look at the message; the daemon needs the right to send raw packets (CAP_NET_RAW).',
      ja: 'メッセージを確認してください。デーモンには raw パケットの送信権限 (CAP_NET_RAW) が必要です。',
    },
    reasons: ['address-probe-failed'],
  },
  'HF-IP-009': {
    kind: 'failed',
    message: {
      en: 'the address {address} is not up on {device}',
      ja: 'アドレス {address} が {device} に設定されていません',
    },
    remedy: {
      en: 'Somebody has taken it away; it is brought up again as the recovery policy says.',
      ja: '何らかの操作により解除されました。リカバリーポリシーに従って再設定されます。',
    },
    reasons: ['address-not-up'],
  },
} as const satisfies Record<string, ErrorEntry>;
