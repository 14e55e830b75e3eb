import { failedFinding, passedFinding, warnedFinding } from '../findings.ts';
import type { Finding } from '../kit.ts';
import type { Cluster } from './cluster.ts';
import { formatPasswordLine, passwordTarget } from './login-advice.ts';
import { readPasswordFile, type PasswordFileState } from './password-file.ts';

/**
 * Can the daemon of a server that stands by log in (K-10, K-22)? The password file is all that can be looked at there.
 * Whether one is wanted only the server that runs the database cluster knows (`needsPassword`): trust lines come with the
 * data, passwords do not.
 */
export async function checkStandbyLogin(
  { host, parameters, state }: Cluster,
  needsPassword: boolean | undefined,
): Promise<Finding> {
  const { user, port } = parameters;
  const target = passwordTarget({ door: { host: parameters.host ?? '/', port }, user });
  const found = await readPasswordFile(host.files, state.passwordFile, target);
  const { path } = found;
  const facts = { path, user, passwordFile: path, passwordLine: formatPasswordLine(target) };
  if (found.state === 'too-open' || found.state === 'unreadable') {
    const finding = needsPassword === true ? failedFinding : warnedFinding;
    return finding('password-file', 'password-file-unusable', { ...facts, why: found.state });
  }
  const line = hasPassword(found);
  if (line || needsPassword === false) return passedFinding('password-file', { path, line });
  return needsPassword === true
    ? failedFinding('password-file', 'password-line-missing', facts)
    : warnedFinding('password-file', 'login-not-known', facts);
}

function hasPassword(found: PasswordFileState): boolean {
  return found.state === 'usable' && found.password !== undefined && found.password !== '';
}
