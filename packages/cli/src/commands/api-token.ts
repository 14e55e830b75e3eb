import { Option, type Command } from 'commander';
import { roles, type Role } from '@holdfast/contract/roles';
import { parseDuration } from '../option-values.ts';
import { renderTable } from '../render/table.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface CreateOptions extends ClientOptions {
  readonly account?: string;
  readonly role: Role;
  readonly note: string;
  readonly valid?: number;
}

const examples = `
Examples:
  holdfast api-token create --account monitoring --role guest --note "load balancer" --valid 8760h
  holdfast api-token list
  holdfast api-token delete 3f0c9a1b2c3d4e5f`;

export function addApiToken(program: Command, session: Session): void {
  const token = program
    .command('api-token')
    .description('tokens with which programs use the API over the network')
    .addHelpText('after', examples);
  addList(token, session);
  addCreation(token, session);
  addDeletion(token, session);
}

function addList(token: Command, session: Session): void {
  const command = token.command('list').description('show the tokens, without their secrets');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const { value, json } = await client.call('apiTokens', { timeoutMs: readTimeoutMs });
    const { say, paint } = session.style;
    const rows = value.tokens.map(({ id, account, role, expiresAt, note }) => [
      ...[id, account, say(role), expiresAt, note],
    ]);
    const head = ['ID', say('account'), say('role'), say('until'), say('note')];
    answer(session, json, () =>
      renderTable(
        [head, ...rows].map((row) => row.map((text) => ({ text }))),
        paint,
      ),
    );
  });
}

function addCreation(token: Command, session: Session): void {
  const command = token
    .command('create')
    .description('make a token, and show its secret this once')
    .option('--account <name>', 'whose it is; over the local socket it must be given')
    .addOption(
      new Option('--role <role>', 'what it may do, at most what its account may')
        .choices(roles)
        .default('guest'),
    )
    .option('--note <text>', 'what it is for', '')
    .option('--valid <time>', 'how long it can be used (default: 90 days)', parseDuration);
  addClientOptions(command).action(async (options: CreateOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const { account, role, note, valid } = options;
    const body = {
      ...{ role, note },
      ...(account !== undefined && { account }),
      ...(valid !== undefined && { validForMs: valid }),
    };
    const { value, json } = await client.call('createApiToken', { body, timeoutMs });
    // The secret alone on standard output: it can be handed on as it is.
    answer(session, json, () => `${value.secret}\n`);
    if (session.output === 'text')
      session.terminal.err(`${session.style.say('validUntil')} ${value.expiresAt}\n`);
  });
}

function addDeletion(token: Command, session: Session): void {
  const command = token.command('delete').description('delete a token').argument('<id>', 'its ID');
  addClientOptions(command).action(async (id: string, options: ClientOptions) => {
    const { client, changeTimeoutMs: timeoutMs } = connect(session, options);
    const { json } = await client.call('deleteApiToken', { parameter: id, timeoutMs });
    answer(session, json, () => `${session.style.say('done')}\n`);
  });
}
