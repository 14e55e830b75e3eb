import type { Command } from 'commander';
import { createError, type ExtendRequest, type HierarchyAnswer } from '@holdfast/contract';
import { createRepeatable, parseWhole } from '../option-values.ts';
import { finishChange } from '../finish-change.ts';
import { createFieldFinder, parseTaggedParameters } from '../form-options.ts';
import { addClientOptions, connect, type ClientOptions, type Connection, type Session } from '../session.ts';
import { readPassword } from '../read-password.ts';
import { canAsk } from '../wizard/choose.ts';
import { askChoice, back } from '../wizard/dialog.ts';
import { askExtension, type ExtendState } from '../wizard/extend.ts';

const command = 'holdfast extend';

interface ExtendOptions extends ClientOptions {
  readonly to?: string;
  readonly priority?: number;
  readonly parameter: readonly string[];
  readonly passwordStdin?: boolean;
  readonly dryRun?: boolean;
}

export function addExtend(program: Command, session: Session): void {
  const extending = program
    .command('extend')
    .description('make a hierarchy able to run on one more server')
    .argument('[tag]', 'any tag of the hierarchy; asked for when there is a terminal')
    .option('--to <server>', 'the server; asked for when there is a terminal')
    .option(
      '--priority <number>',
      'its priority, 1 to 999 (default: the next free ten)',
      parseWhole({ from: 1, to: 999 }),
    )
    .addOption(
      createRepeatable('--parameter <tag.name=value>', 'what differs on that server; may be repeated'),
    )
    .option('--password-stdin', "read the password of a new service's account there from standard input")
    .option('--dry-run', 'only check, and show what would be done')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast extend\n  holdfast extend pgsql-5432 --to server2 --dry-run\n' +
        '  holdfast extend pgsql-5432 --to server2 ' +
        '--parameter pgsql-5432.executables=/usr/lib/postgresql/18/bin',
    );
  addClientOptions(extending).action(async (tag: string | undefined, options: ExtendOptions) => {
    await extend(session, connect(session, options), { tag, options });
  });
}

async function extend(
  session: Session,
  connection: Connection,
  { tag, options }: { readonly tag: string | undefined; readonly options: ExtendOptions },
): Promise<void> {
  const { to, priority, dryRun = false, passwordStdin = false } = options;
  const isAsking = (tag === undefined || to === undefined) && canAsk(session) && !passwordStdin;
  if (!isAsking && (tag === undefined || to === undefined)) {
    const problem = tag === undefined ? 'a tag is needed' : 'the option --to is needed';
    throw createError('HF-CLI-004', { problem, command });
  }
  const parameters = tag === undefined ? {} : await readParameters(connection, tag, options.parameter);
  if (isAsking) {
    const start = { ...emptyExtension, tag, server: to, priority, parameters, isAgreed: dryRun };
    await askAndExtend(session, connection, { start, dryRun });
    return;
  }
  const password = passwordStdin
    ? await readPassword(session, { fromStdin: true, isNew: false, command })
    : undefined;
  const body = {
    server: to ?? '',
    parameters,
    ...(priority !== undefined && { priority }),
    ...(password !== undefined && tag !== undefined && { passwords: { [tag]: password } }),
    dryRun,
  };
  await send(session, connection, { tag: tag ?? '', body });
}

const emptyExtension: ExtendState = {
  tag: undefined,
  server: undefined,
  priority: undefined,
  parameters: {},
  passwords: {},
  seen: [],
  isAgreed: false,
};

async function askAndExtend(
  session: Session,
  connection: Connection,
  { start, dryRun }: { readonly start: ExtendState; readonly dryRun: boolean },
): Promise<void> {
  const { client, readTimeoutMs } = connection;
  const { kits } = (await client.call('kits', { timeoutMs: readTimeoutMs })).value;
  const { tag, body } = await askExtension({ session, connection, kits }, start);
  await send(session, connection, { tag, body: { ...body, dryRun } });
}

async function send(
  session: Session,
  connection: Connection,
  { tag, body }: { readonly tag: string; readonly body: ExtendRequest },
): Promise<void> {
  const { client, changeTimeoutMs } = connection;
  const change = await client.call('extend', { parameter: tag, body, timeoutMs: changeTimeoutMs });
  await finishChange(session, connection, { change, until: 'answered' });
}

/** After a creation: a hierarchy that can run on one server only is not protected yet. */
export async function offerExtension(
  session: Session,
  connection: Connection,
  hierarchy: HierarchyAnswer,
): Promise<void> {
  const { client, readTimeoutMs } = connection;
  const { servers } = (await client.call('status', { timeoutMs: readTimeoutMs })).value;
  const free = servers.filter(
    ({ name, role, state }) =>
      role === 'member' && state !== 'dead' && hierarchy.priorities[name] === undefined,
  );
  if (free.length === 0) return;
  const { say } = session.style;
  const choices = [...free.map(({ name }) => ({ value: name })), { value: '', label: say('notNow') }];
  const server = await askChoice({ say, command }, { message: say('extendNow'), choices });
  if (server === back || server === '') return;
  const start = { ...emptyExtension, tag: hierarchy.id, server };
  await askAndExtend(session, connection, { start, dryRun: false });
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
