import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

interface UnextendOptions extends ClientOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addUnextend(program: Command, session: Session): void {
  const command = program
    .command('unextend')
    .description('take a hierarchy from one server, where it is not in service')
    .argument('<tag>', 'any tag of the hierarchy')
    .argument('<server>', 'the server that is to lose it')
    .option('--force', 'also when that server is not there; it lets go when it is back')
    .option('--dry-run', 'only check, and show what would be done')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast unextend pgsql-5432 server2 --dry-run\n' +
        '  holdfast unextend pgsql-5432 server3 --force',
    );
  addClientOptions(command).action(async (tag: string, server: string, options: UnextendOptions) => {
    const connection = connect(session, options);
    const change = await connection.client.call('unextend', {
      parameter: tag,
      body: { server, force: options.force ?? false, dryRun: options.dryRun ?? false },
      timeoutMs: connection.changeTimeoutMs,
    });
    await finishChange(session, connection, { change, until: 'answered' });
  });
}
