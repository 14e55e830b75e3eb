import type { Command } from 'commander';
import { createError } from '@holdfast/contract';
import { parseSwitch } from '../option-values.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface ServerOptions extends ClientOptions {
  readonly confirmFailover?: boolean;
  readonly blockFailover?: boolean;
  readonly dryRun?: boolean;
}

const examples = `
What a server's death leaves waits for an operator while --confirm-failover is on: "holdfast in-service TAG" confirms
it, also with --on. --block-failover keeps what fails on the server there, and everything else from coming to it by
itself; "holdfast in-service TAG --on SERVER" still moves it. The death of the whole server leads to a failover all the
same, unless --confirm-failover is on too.

Examples:
  holdfast server set server1 --confirm-failover on
  holdfast server set server2 --block-failover on --dry-run`;

export function addServer(program: Command, session: Session): void {
  const group = program
    .command('server')
    .description('properties of a server')
    .addHelpText('after', examples);
  const command = group
    .command('set')
    .description('say what may fail over from a server and to it')
    .argument('<server>', 'name of the server')
    .option('--confirm-failover <on|off>', 'when it dies, an operator confirms each takeover', parseSwitch)
    .option('--block-failover <on|off>', 'nothing fails over to it, and no failure leaves it', parseSwitch)
    .option('--dry-run', 'only show what would be set')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (name: string, options: ServerOptions) => {
    const { confirmFailover, blockFailover } = options;
    if (confirmFailover === undefined && blockFailover === undefined)
      throw createError('HF-CLI-004', {
        problem: 'nothing to set was named',
        command: 'holdfast server set',
      });
    const { client, changeTimeoutMs } = connect(session, options);
    const { value, json } = await client.call('changeServer', {
      parameter: name,
      body: {
        ...(confirmFailover !== undefined && { confirmFailover }),
        ...(blockFailover !== undefined && { blockFailover }),
        dryRun: options.dryRun ?? false,
      },
      timeoutMs: changeTimeoutMs,
    });
    const { say } = session.style;
    const lines = [
      `${value.name}: ${say('confirmFailover')} ${say(value.confirmFailover ? 'on' : 'off')}`,
      `${value.name}: ${say('blockFailover')} ${say(value.blockFailover ? 'on' : 'off')}`,
      ...(value.dryRun ? [say('dryRun')] : []),
    ];
    answer(session, json, () => lines.map((line) => `${line}\n`).join(''));
  });
}
