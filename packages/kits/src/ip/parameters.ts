import { z } from 'zod';
import type { FieldText } from '../kit.ts';

/**
 * Parameters of one floating address. IPv4: what differs for another family is the form of the address here, and
 * the probe and the announcement in the host's `Addresses`.
 */
export const ipParameters = z.strictObject({
  address: z.ipv4(),
  prefix: z.int().min(1).max(32),
  /** The network device; its name may differ from server to server. */
  device: z.string().regex(/^[A-Za-z0-9_.@-]{1,15}$/, { error: 'the name of a network device is needed' }),
  /** What it means when somebody else answers for the address before it is brought in service. */
  duplicateCheck: z.enum(['refuse', 'warn', 'off']).default('refuse'),
});

export type IpParameters = z.infer<typeof ipParameters>;

export const perServerFields: readonly string[] = ['device'];

/** `ip-10.0.0.7` */
export function defaultTag({ address }: { readonly address: string }): string {
  return `ip-${address}`;
}

export const ipFields: Readonly<Record<string, FieldText>> = {
  address: {
    label: { en: 'IP address', ja: 'IP アドレス' },
    help: {
      en: 'The address that moves with the hierarchy; clients connect to it',
      ja: 'リソース階層とともに移動するアドレス。クライアントはこのアドレスに接続します',
    },
  },
  prefix: {
    label: { en: 'Prefix length', ja: 'プレフィックス長' },
    help: {
      en: 'Length of the network part, 1 to 32; that of the network which holds the address',
      ja: 'ネットワーク部の長さ (1 ～ 32)。空の場合は、アドレスが属するネットワークのものを使用します',
    },
  },
  device: {
    label: { en: 'Network device', ja: 'ネットワークデバイス' },
    help: {
      en: 'Found by itself: the device whose network holds the address; it may differ from server to server',
      ja: '空の場合は、アドレスが属するネットワークのデバイスを使用します。サーバーごとに異なってもかまいません',
    },
  },
  duplicateCheck: {
    label: { en: 'Duplicate check', ja: '重複チェック' },
    help: {
      en: 'When somebody else answers for the address: refuse it, take it with a warning, or do not ask',
      ja: '他のホストがこのアドレスに応答する場合の動作。refuse: 使用しない、warn: 警告を出して使用する、off: 確認しない',
    },
  },
};
