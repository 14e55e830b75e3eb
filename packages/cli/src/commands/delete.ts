import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
import { chooseChange, type Chosen } from '../wizard/choose.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

interface DeleteOptions extends ClientOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addDelete(program: Command, session: Session): void {
  const command = program
    .command('delete')
    .description('take a hierarchy out of the care of Holdfast on every server; what runs goes on running')
    .argument(
      '[tag]',
      'any tag of the hierarchy; of several roots only the one that is named goes; asked for at a terminal',
    )
    .option('--force', 'also when a server is not alive or the hierarchy is in no clear state')
    .option('--dry-run', 'only show what would be done')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast delete pgsql-5432 --dry-run\n  holdfast delete pgsql-5432',
    );
  addClientOptions(command).action(async (tag: string | undefined, options: DeleteOptions) => {
    const connection = connect(session, options);
    const send = (chosen: Chosen, dryRun: boolean) =>
      connection.client.call('delete', {
        parameter: chosen.tag,
        query: { force: String(options.force ?? false), dryRun: String(dryRun) },
        timeoutMs: connection.changeTimeoutMs,
      });
    const chosen = await chooseChange(session, connection, {
      command: 'holdfast delete',
      given: { tag, server: undefined },
      dryRun: (asked) => send(asked, true),
    });
    const change = await send(chosen, options.dryRun ?? false);
    await finishChange(session, connection, { change, until: 'answered' });
  });
}
