import type { Kit } from '../kit.ts';
import { deepCheckAddress, quickCheckAddress, removeAddress, restoreAddress } from './actions.ts';
import { checkedFields, judgeForm } from './form.ts';
import { defaultTag, ipFields, ipParameters, perServerFields, type IpParameters } from './parameters.ts';
import { examineAddress, findDefaults, prepareExtendAddress, validateAddress } from './validate.ts';

/** Floating addresses. One that was lost is put back beneath its running parents. */
export const ipKit: Kit<IpParameters> = {
  name: 'ip',
  schema: ipParameters,
  fields: ipFields,
  perServer: perServerFields,
  defaults: findDefaults,
  defaultTag,
  judgeForm,
  checkedFields,
  validate: validateAddress,
  prepareExtend: prepareExtendAddress,
  examine: examineAddress,
  requirements: () => Promise.resolve([]),
  restore: restoreAddress,
  remove: removeAddress,
  recover: restoreAddress,
  quickCheck: quickCheckAddress,
  deepCheck: deepCheckAddress,
  adopt: () => Promise.resolve({ state: 'ok' }),
  letGo: () => Promise.resolve({ state: 'ok' }),
  watch: () => () => undefined,
  killPlan: ({ address, device }, host) => {
    const file = host.addresses.bookkeepingFile(address);
    return file === undefined ? [{ kind: 'address', address, device }] : [{ kind: 'forget', file }];
  },
};
