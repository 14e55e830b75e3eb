import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
import { chooseChange, type Chosen } from '../wizard/choose.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

interface InServiceOptions extends ClientOptions {
  readonly on?: string;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

export function addInService(program: Command, session: Session): void {
  const command = program
    .command('in-service')
    .description('bring a hierarchy in service, or move it to another server')
    .argument('[tag]', 'any tag of the hierarchy; asked for, with the server, when there is a terminal')
    .option('--on <server>', 'where it is to run (default: the most preferred server that can run it)')
    .option('--dry-run', 'only show what would be stopped and started')
    .option('--no-wait', 'do not wait until it has ended')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast in-service pgsql-5432\n  holdfast in-service pgsql-5432 --on server2 --dry-run',
    );
  addClientOptions(command).action(async (tag: string | undefined, options: InServiceOptions) => {
    const connection = connect(session, options);
    const { say } = session.style;
    const send = ({ tag: parameter, server }: Chosen, dryRun: boolean) =>
      connection.client.call('inService', {
        parameter,
        body: { ...(server !== undefined && { server }), dryRun },
        timeoutMs: connection.changeTimeoutMs,
      });
    const chosen = await chooseChange(session, connection, {
      command: 'holdfast in-service',
      given: { tag, server: options.on },
      // Who names the hierarchy has said enough: without a server it goes to the most preferred one.
      ...(tag === undefined && {
        servers: {
          message: say('chooseTarget'),
          choices: ({ priorities }) =>
            Promise.resolve([
              { value: '', label: say('mostPreferred') },
              ...Object.keys(priorities).map((value) => ({ value })),
            ]),
        },
      }),
      dryRun: (asked) => send(asked, true),
    });
    const change = await send(chosen, options.dryRun ?? false);
    await finishChange(session, connection, { change, until: options.wait ? 'ended' : 'answered' });
  });
}
