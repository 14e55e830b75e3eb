import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
import { chooseChange, type Chosen } from '../wizard/choose.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

interface OutOfServiceOptions extends ClientOptions {
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

export function addOutOfService(program: Command, session: Session): void {
  const command = program
    .command('out-of-service')
    .description('stop a hierarchy and start it nowhere, until it is brought in service again')
    .argument('[tag]', 'any tag of the hierarchy; asked for when there is a terminal')
    .option('--dry-run', 'only show what would be stopped')
    .option('--no-wait', 'do not wait until it has ended')
    .addHelpText('after', '\nExample:\n  holdfast out-of-service pgsql-5432');
  addClientOptions(command).action(async (tag: string | undefined, options: OutOfServiceOptions) => {
    const connection = connect(session, options);
    const send = (chosen: Chosen, dryRun: boolean) =>
      connection.client.call('outOfService', {
        parameter: chosen.tag,
        body: { dryRun },
        timeoutMs: connection.changeTimeoutMs,
      });
    const chosen = await chooseChange(session, connection, {
      command: 'holdfast out-of-service',
      given: { tag, server: undefined },
      dryRun: (asked) => send(asked, true),
    });
    const change = await send(chosen, options.dryRun ?? false);
    await finishChange(session, connection, { change, until: options.wait ? 'ended' : 'answered' });
  });
}
