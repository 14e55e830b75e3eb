import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
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
    .argument('<tag>', 'any tag of the hierarchy')
    .option('--on <server>', 'where it is to run (default: the most preferred server that can run it)')
    .option('--dry-run', 'only show what would be stopped and started')
    .option('--no-wait', 'do not wait until it has ended')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast in-service pgsql-5432\n  holdfast in-service pgsql-5432 --on server2 --dry-run',
    );
  addClientOptions(command).action(async (tag: string, options: InServiceOptions) => {
    const connection = connect(session, options);
    const change = await connection.client.call('inService', {
      parameter: tag,
      body: { ...(options.on !== undefined && { server: options.on }), dryRun: options.dryRun ?? false },
      timeoutMs: connection.changeTimeoutMs,
    });
    await finishChange(session, connection, { change, until: options.wait ? 'ended' : 'answered' });
  });
}
