import type { ClusterLogin } from './connection-keeper.ts';
import type { Door } from './door.ts';
import { parseOptionsFile } from './lock-file.ts';
import type { LoginTarget } from './password-file.ts';

/** Lines that let the administrator user in without a prompt, and the files they belong in (K-22). */
export interface LoginAdvice {
  readonly hbaFile: string;
  readonly hbaLine: string;
  readonly passwordFile: string;
  /** With a word in the place of the password, which Holdfast never shows. */
  readonly passwordLine: string;
}

/** What to write where, so that this login works. Nothing is asked of the database: it may not let anybody in. */
export async function adviseLogin(login: ClusterLogin): Promise<LoginAdvice & { dataDirectory: string }> {
  const { directory } = login;
  const text = await login.files.read(`${directory}/postmaster.opts`).catch(() => undefined);
  const args = parseOptionsFile(text ?? '')?.arguments ?? [];
  const named = args.flatMap((argument) => /^(?:--)?hba_file=(\/.*)$/.exec(argument)?.[1] ?? []);
  return {
    dataDirectory: directory,
    hbaFile: named.at(-1) ?? `${directory}/pg_hba.conf`,
    hbaLine: formatAccessRule(login),
    passwordFile: login.passwordFile,
    passwordLine: formatPasswordLine(passwordTarget(login)),
  };
}

/** Whom the password file must name: a socket is `localhost` there, whichever directory it is in. */
export function passwordTarget(login: { readonly door: Door; readonly user: string }): LoginTarget {
  const { host, port } = login.door;
  return { host: host.startsWith('/') ? 'localhost' : host, port, database: 'template1', user: login.user };
}

/** A line of `pg_hba.conf` that trusts this login and no other. */
export function formatAccessRule(login: { readonly door: Door; readonly user: string }): string {
  const user = quoteRuleName(login.user);
  const { host } = login.door;
  if (host.startsWith('/')) return `local template1 ${user} trust`;
  const address = host === 'localhost' ? 'samehost' : host.includes(':') ? `${host}/128` : `${host}/32`;
  return `host template1 ${user} ${/^[\d.]+\/32$|\/128$/.test(address) ? address : 'samehost'} trust`;
}

/** Quotes take the special meaning from names such as `all` (documentation, "The pg_hba.conf File"). */
function quoteRuleName(name: string): string {
  const isPlain = /^[a-z_][a-z0-9_]*$/.test(name) && !['all', 'sameuser', 'samerole'].includes(name);
  return isPlain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A line of the password file; `\` stands before `:` and `\` (documentation, "The Password File"). */
export function formatPasswordLine({ host, port, database, user }: LoginTarget): string {
  const fields = [host, String(port), database, user].map((field) => field.replaceAll(/[\\:]/g, '\\$&'));
  return `${fields.join(':')}:PASSWORD`;
}
