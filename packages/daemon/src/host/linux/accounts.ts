import { readFileSync } from 'node:fs';
import { HostError } from '@holdfast/kits/host';
import { runProgram } from './program.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Finds one account in text of the form of passwd(5). */
export function parseAccount(text: string, name: string): Account | undefined {
  for (const line of text.split('\n')) {
    const [account, , uid, gid, , home] = line.split(':');
    if (account !== name || uid === undefined || gid === undefined || home === undefined) continue;
    return { name, uid: Number(uid), gid: Number(gid), home };
  }
  return undefined;
}

/**
 * Looks an account up: local ones in /etc/passwd, others (LDAP, SSSD) by getent, which asks what nsswitch.conf names.
 * Throws {@link HostError} `account-missing`.
 */
export async function lookUpAccount(name: string): Promise<Account> {
  const local = parseAccount(readFileSync('/etc/passwd', 'utf8'), name);
  if (local) return local;
  const answer = await runProgram('/usr/bin/getent', ['passwd', '--', name], { timeoutMs: 5_000 });
  const found = answer.code === 0 ? parseAccount(answer.stdout, name) : undefined;
  if (!found) throw new HostError('account-missing', { user: name });
  return found;
}

/** A program and its arguments. */
export interface Command {
  readonly executable: string;
  readonly args: readonly string[];
}

/**
 * The same command, run as another account with all of its groups. `setpriv` replaces itself by the program, so that
 * the process id stays; Node's own `uid` and `gid` would drop the supplementary groups. Only root can change the
 * account: throws {@link HostError} `not-root` otherwise.
 */
export async function asAccount(command: Command, user: string): Promise<Command> {
  const account = await lookUpAccount(user);
  if (process.geteuid?.() === account.uid) return command;
  if (process.geteuid?.() !== 0) throw new HostError('not-root', { action: `run a program as ${user}` });
  return {
    executable: setpriv,
    args: [
      `--reuid=${account.uid}`,
      `--regid=${account.gid}`,
      '--init-groups',
      '--',
      command.executable,
      ...command.args,
    ],
  };
}

export const setpriv = '/usr/bin/setpriv';
