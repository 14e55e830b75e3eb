import { Option, type Command } from 'commander';
import { roles, type Role } from '@holdfast/contract/roles';
import { createError } from '@holdfast/contract';
import { readPassword } from '../read-password.ts';
import { renderTable } from '../render/table.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface AccountOptions extends ClientOptions {
  readonly role?: Role;
  readonly password?: boolean;
  readonly passwordStdin?: boolean;
}

const examples = `
Examples:
  holdfast account list
  holdfast account create anna --role administrator
  holdfast account set anna --role operator
  holdfast account set anna --password
  holdfast account delete anna`;

export function addAccount(program: Command, session: Session): void {
  const account = program
    .command('account')
    .description('who may sign in over the network, and what they may do')
    .addHelpText('after', examples);
  addList(account, session);
  addChange(account, session, 'create');
  addChange(account, session, 'set');
  addDeletion(account, session);
}

function addList(account: Command, session: Session): void {
  const command = account.command('list').description('show every account');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const { value, json } = await client.call('accounts', { timeoutMs: readTimeoutMs });
    const { say, paint } = session.style;
    const rows = value.accounts.map(({ name, role, createdAt }) => [name, say(role), createdAt]);
    const head = [say('account'), say('role'), say('since')];
    answer(session, json, () =>
      renderTable(
        [head, ...rows].map((row) => row.map((text) => ({ text }))),
        paint,
      ),
    );
  });
}

function addChange(account: Command, session: Session, act: 'create' | 'set'): void {
  const isNew = act === 'create';
  const role = new Option('--role <role>', 'what they may do').choices(roles);
  const command = account
    .command(act)
    .description(isNew ? 'make an account; its password is asked for' : 'change the role or the password')
    .argument('<name>', 'name of the account')
    .addOption(isNew ? role.default('guest') : role)
    .option('--password-stdin', 'read the password from standard input');
  if (!isNew) command.option('--password', 'ask for a new password');
  addClientOptions(command).action(async (name: string, options: AccountOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const fromStdin = options.passwordStdin ?? false;
    const command = `holdfast account ${act}`;
    const password =
      isNew || fromStdin || options.password
        ? await readPassword(session, { fromStdin, isNew: true, command })
        : undefined;
    if (!isNew && password === undefined && options.role === undefined)
      throw createError('HF-CLI-004', { problem: 'name --role or --password', command });
    const body = { ...(options.role && { role: options.role }), ...(password !== undefined && { password }) };
    const { json } = isNew
      ? await client.call('createAccount', {
          body: { name, role: options.role ?? 'guest', password: password ?? '' },
          timeoutMs,
        })
      : await client.call('changeAccount', { parameter: name, body, timeoutMs });
    answer(session, json, () => `${session.style.say('done')}\n`);
  });
}

function addDeletion(account: Command, session: Session): void {
  const command = account
    .command('delete')
    .description('delete an account; its sessions and tokens end')
    .argument('<name>', 'name of the account');
  addClientOptions(command).action(async (name: string, options: ClientOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const { json } = await client.call('deleteAccount', { parameter: name, timeoutMs });
    answer(session, json, () => `${session.style.say('done')}\n`);
  });
}
