import type { Parameters, Reason } from '@holdfast/core';
import type { Host } from '../host.ts';
import type { FormVerdict } from '../kit.ts';
import { readDataVersion } from './executables.ts';
import { postgresqlParameters } from './parameters.ts';
import { judgeDirectory, judgeExecutables, judgeVersion } from './start-conditions.ts';
import { judgeAccount } from './validate.ts';

/** The field that each check of a creation is about (K-05). */
export const checkedFields: Readonly<Record<string, string>> = {
  executables: 'executables',
  'major-version': 'executables',
  service: 'service',
  'data-directory': 'dataDirectory',
  'data-access': 'dataDirectory',
  'postmaster-running': 'dataDirectory',
  'port-argument': 'port',
  login: 'user',
  'list-databases': 'user',
  'read-catalogs': 'user',
};

/** A service tells where the rest is; without one the data directory does. */
const askedOfService = ['service', 'executables', 'dataDirectory', 'port', 'user'] as const;
const askedOfData = ['service', 'dataDirectory', 'executables', 'port', 'user'] as const;
const { service, executables, dataDirectory, account } = postgresqlParameters.shape;

/** The values that can be judged alone: those that are there and well formed. */
function readValues(filledIn: Parameters) {
  return {
    service: service.safeParse(filledIn['service']).data,
    executables: executables.safeParse(filledIn['executables']).data,
    dataDirectory: dataDirectory.safeParse(filledIn['dataDirectory']).data,
    account: account.safeParse(filledIn['account']).data,
  };
}

/**
 * Judges a form that may be half filled in (K-01): the account, and the password where the service manager wants one,
 * are asked for only while the service does not exist.
 */
export async function performJudgeForm(filledIn: Parameters, host: Host): Promise<FormVerdict> {
  const values = readValues(filledIn);
  const found = values.service === undefined ? undefined : await host.services.get(values.service);
  const isNew = values.service !== undefined && !found;
  return {
    asked: [...(found ? askedOfService : askedOfData), ...(isNew ? ['account'] : [])],
    passwordNeeded: isNew && host.services.needsPassword,
    problems: (await judgeValues(host, values, isNew)).flatMap(([field, reason]) =>
      reason ? [{ field, reason }] : [],
    ),
  };
}

async function judgeValues(
  host: Host,
  values: ReturnType<typeof readValues>,
  isNew: boolean,
): Promise<readonly (readonly [field: string, reason: Reason | undefined])[]> {
  const { executables: programs, dataDirectory: directory } = values;
  const wrongPrograms =
    programs === undefined
      ? undefined
      : await judgeExecutables({ host, parameters: { executables: programs } });
  const wrongDirectory =
    directory === undefined
      ? undefined
      : await judgeDirectory({ host, parameters: { ...values, dataDirectory: directory } });
  const isData = directory !== undefined && (await readDataVersion(host, directory)) !== undefined;
  const wrongVersion =
    programs === undefined || directory === undefined || wrongPrograms || wrongDirectory
      ? undefined
      : await judgeVersion({ host, parameters: { executables: programs, dataDirectory: directory } });
  return [
    ['executables', wrongPrograms?.reason],
    ['dataDirectory', wrongDirectory?.reason],
    [isData ? 'executables' : 'dataDirectory', wrongVersion?.reason],
    ['account', isNew && values.account !== undefined ? await judgeAccount(host, values.account) : undefined],
  ];
}
