import type { Parameters } from '@holdfast/core';
import type { Host } from '../host.ts';
import type { FormVerdict } from '../kit.ts';

/** The field that each check of a creation is about. */
export const checkedFields: Readonly<Record<string, string>> = {
  link: 'device',
  network: 'address',
  'address-free': 'address',
  'address-not-here': 'address',
};

/** The address first: prefix and device are those of the network that holds it, where there is one. */
export function judgeForm(filledIn: Parameters, host: Host): Promise<FormVerdict> {
  const known = typeof filledIn['address'] === 'string';
  const asked = known && host.addresses.kind === 'kernel' ? ['address', 'prefix', 'device'] : ['address'];
  return Promise.resolve({ asked, passwordNeeded: false, problems: [] });
}
