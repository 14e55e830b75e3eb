import type { Command } from 'commander';
import { createError } from '@holdfast/contract';
import { createRepeatable, parseWhole } from '../option-values.ts';
import { finishChange } from '../finish-change.ts';
import { createFieldFinder, parseTaggedParameters } from '../form-options.ts';
import { addClientOptions, connect, type ClientOptions, type Connection, type Session } from '../session.ts';
import { askChoice } from '../wizard.ts';

interface ExtendOptions extends ClientOptions {
  readonly to?: string;
  readonly priority?: number;
  readonly parameter: readonly string[];
  readonly dryRun?: boolean;
}

export function addExtend(program: Command, session: Session): void {
  const command = program
    .command('extend')
    .description('make a hierarchy able to run on one more server')
    .argument('<tag>', 'any tag of the hierarchy')
    .option('--to <server>', 'the server; asked for when there is a terminal')
    .option(
      '--priority <number>',
      'its priority, 1 to 999 (default: the next free ten)',
      parseWhole({ from: 1, to: 999 }),
    )
    .addOption(
      createRepeatable('--parameter <tag.name=value>', 'what differs on that server; may be repeated'),
    )
    .option('--dry-run', 'only check, and show what would be done')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast extend pgsql-5432 --to server2 --dry-run\n' +
        '  holdfast extend pgsql-5432 --to server2 ' +
        '--parameter pgsql-5432.executables=/usr/lib/postgresql/18/bin',
    );
  addClientOptions(command).action(async (tag: string, options: ExtendOptions) => {
    const connection = connect(session, options);
    const { client, changeTimeoutMs } = connection;
    const server = options.to ?? (await askServer(session, connection, tag));
    const change = await client.call('extend', {
      parameter: tag,
      body: {
        server,
        parameters: await readParameters(connection, tag, options.parameter),
        ...(options.priority !== undefined && { priority: options.priority }),
        dryRun: options.dryRun ?? false,
      },
      timeoutMs: changeTimeoutMs,
    });
    await finishChange(session, connection, { change, until: 'answered' });
  });
}

/** Asks for one of the servers that the hierarchy does not have yet. */
async function askServer(
  session: Session,
  { client, readTimeoutMs }: Connection,
  tag: string,
): Promise<string> {
  const command = 'holdfast extend';
  if (!session.terminal.interactive || session.output !== 'text')
    throw createError('HF-CLI-004', { problem: 'the option --to is needed', command });
  const { servers } = (await client.call('status', { timeoutMs: readTimeoutMs })).value;
  const hierarchy = (await client.call('hierarchy', { parameter: tag, timeoutMs: readTimeoutMs })).value;
  const free = servers.filter(
    ({ name, role }) => role === 'member' && hierarchy.priorities[name] === undefined,
  );
  if (free.length === 0)
    throw createError('HF-CLI-004', { problem: 'the hierarchy is extended to every server', command });
  return askChoice(
    session.style.say('chooseServer'),
    free.map(({ name }) => name),
    { command },
  );
}

/** Parameters are typed by the forms of the recovery kits, which the daemon knows. */
export async function readParameters(
  { client, readTimeoutMs }: Connection,
  tag: string,
  options: readonly string[],
): Promise<Record<string, Record<string, unknown>>> {
  if (options.length === 0) return {};
  const { kits } = (await client.call('kits', { timeoutMs: readTimeoutMs })).value;
  const { resources } = (await client.call('hierarchy', { parameter: tag, timeoutMs: readTimeoutMs })).value;
  return parseTaggedParameters(options, createFieldFinder(resources, kits));
}
