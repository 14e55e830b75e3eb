import type { Command } from 'commander';
import { createError, type CreateRequest, type KitForm, type Language } from '@holdfast/contract';
import type { Client } from '../client.ts';
import { createRepeatable, parseWhole } from '../option-values.ts';
import { finishChange } from '../finish-change.ts';
import { optionName, parseFormOptions, type AskedResource } from '../form-options.ts';
import { readPassword } from '../read-password.ts';
import { renderTable, type Paint } from '../render/table.ts';
import { addClientOptions, connect, type ClientOptions, type Connection, type Session } from '../session.ts';
import { canAsk } from '../wizard/choose.ts';
import { askCreation } from '../wizard/create.ts';
import { createDraft, type Draft } from '../wizard/draft.ts';
import { offerExtension } from './extend.ts';

interface CreateOptions extends ClientOptions {
  readonly help?: boolean;
  readonly tag?: string;
  readonly child: readonly string[];
  readonly on?: string;
  readonly priority?: number;
  readonly fix?: boolean;
  readonly passwordStdin?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

const examples = `
Every parameter of the recovery kit is an option; one that is left out is looked up on the server.
A resource beneath is --KIT VALUE: its first parameter, or name=value,name=value (with tag= for its
tag). Without any parameter, a person at a terminal is asked for all of it; otherwise only for what
is needed and cannot be found. Shift+Tab goes back to the question before, Esc gives up.

Examples:
  holdfast create postgresql
  holdfast create --help postgresql
  holdfast create postgresql --port 5432 --volume /pgdata --ip 192.0.2.10 --dry-run
  holdfast create postgresql --port 5432 --data-directory /pgdata/main --volume /pgdata
  holdfast create postgresql --port 5432 --volume mountPoint=/srv/data,tag=vol-data
  holdfast create postgresql --port 5433 --child vol-pgdata --tag pgsql-second
  holdfast create postgresql --port 5432 --volume /pgdata --fix`;

export function addCreate(program: Command, session: Session): void {
  const command = program
    .command('create')
    .description('create a hierarchy: a resource with what it needs beneath')
    .usage('<kit> [options]')
    .argument('[kit]', 'recovery kit of the root: postgresql, volume, ip, …')
    .argument('[parameters...]')
    .helpOption(false)
    .option('-h, --help', 'show this help, and the parameters of the recovery kit that is named')
    .option('--tag <tag>', 'tag of the root (default: the recovery kit makes one)')
    .addOption(
      createRepeatable('--child <tag>', 'put an existing resource beneath the root; may be repeated'),
    )
    .option('--on <server>', 'where it is created and runs (default: this server)')
    .option('--priority <number>', 'priority of that server, 1 to 999', parseWhole({ from: 1, to: 999 }))
    .option('--fix', 'put right what can be: a missing "-p port" by a restart that disconnects clients')
    .option('--password-stdin', "read the password of a new service's account from standard input")
    .option('--dry-run', 'only check, and show what would be done')
    .option('--no-wait', 'do not wait until it runs')
    .allowUnknownOption()
    .addHelpText('after', examples);
  addClientOptions(command).action(
    async (kit: string | undefined, parameters: readonly string[], options: CreateOptions) => {
      const connection = connect(session, options);
      if (options.help) {
        session.terminal.out(command.helpInformation());
        session.terminal.out(`${examples}\n`);
        if (kit !== undefined) session.terminal.out(await describeKit(connection, kit, session));
        return;
      }
      await create(session, connection, { kit, parameters, options });
    },
  );
}

interface Asked {
  readonly kit: string | undefined;
  readonly parameters: readonly string[];
  readonly options: CreateOptions;
}

async function create(session: Session, connection: Connection, asked: Asked): Promise<void> {
  const { client, changeTimeoutMs } = connection;
  const { options } = asked;
  const body = await readRequest(session, connection, asked);
  const change = await client.call('create', { body, timeoutMs: changeTimeoutMs });
  await finishChange(session, connection, { change, until: options.wait ? 'start' : 'answered' });
  const { hierarchy } = change.value;
  // Whoever was asked for all of it is asked for its backup too.
  const isAsking = canAsk(session) && asked.parameters.length === 0 && !options.passwordStdin;
  if (isAsking && !options.dryRun && hierarchy) await offerExtension(session, connection, hierarchy);
}

/** What the options name, and what a person at the terminal adds to it. */
async function readRequest(session: Session, connection: Connection, asked: Asked): Promise<CreateRequest> {
  const { client, readTimeoutMs } = connection;
  const { kit, options, parameters } = asked;
  const isAsking = canAsk(session) && !options.passwordStdin;
  const isNamed = kit !== undefined && !kit.startsWith('-');
  if (!isNamed && !isAsking)
    throw createError('HF-CLI-004', { problem: 'a recovery kit is needed', command: 'holdfast create' });
  const { kits } = (await client.call('kits', { timeoutMs: readTimeoutMs })).value;
  const [root, ...beneath] = isNamed ? parseFormOptions(parameters, findKit(kits, kit), kits) : [];
  const { tag, child, on, priority, fix = false, dryRun = false } = options;
  if (isAsking) {
    const which = parameters.length === 0 ? 'all' : 'missing';
    const drafts = root
      ? [
          toDraft(kits, { ...root, ...(tag !== undefined && { tag }), children: child, which }),
          ...beneath.map((one) => toDraft(kits, { ...one, which })),
        ]
      : [];
    const members = which === 'all' ? await readMembers(connection) : [];
    const start = { drafts, server: on, priority, fix, isDryRun: dryRun };
    return askCreation({ session, connection, kits, members, which }, start);
  }
  const command = 'holdfast create';
  const password = options.passwordStdin
    ? await readPassword(session, { fromStdin: true, isNew: false, command })
    : undefined;
  return {
    resources: [
      {
        ...(root ?? { kit: kit ?? '' }),
        ...(tag !== undefined && { tag }),
        children: [...child],
        ...(password !== undefined && { password }),
      },
      ...beneath,
    ],
    ...(on !== undefined && { server: on }),
    ...(priority !== undefined && { priority }),
    ...(fix && { fix: true }),
    dryRun,
  };
}

function toDraft(kits: readonly KitForm[], { kit, tag, parameters = {}, children, which }: Resource): Draft {
  return createDraft(findKit(kits, kit), {
    tag,
    parameters,
    which,
    ...(children !== undefined && { children }),
  });
}

type Resource = Omit<AskedResource, 'children'> & {
  readonly children?: readonly string[] | undefined;
  readonly which: Draft['which'];
};

/** Servers that run resources, the one that answers first. */
async function readMembers({ client, readTimeoutMs }: Connection): Promise<readonly string[]> {
  const { servers, answeredBy } = (await client.call('status', { timeoutMs: readTimeoutMs })).value;
  const members = servers.filter(({ role }) => role === 'member').map(({ name }) => name);
  return [...members].sort((a, b) => Number(b === answeredBy) - Number(a === answeredBy));
}

function findKit(kits: readonly KitForm[], name: string): KitForm {
  const form = kits.find((kit) => kit.name === name);
  if (!form) throw createError('HF-HIER-017', { kit: name });
  return form;
}

async function describeKit(
  { client, readTimeoutMs }: { readonly client: Client; readonly readTimeoutMs: number },
  name: string,
  { terminal, style }: Session,
): Promise<string> {
  const { kits } = (await client.call('kits', { timeoutMs: readTimeoutMs })).value;
  const form = findKit(kits, name);
  const others = kits.filter((kit) => kit.name !== name);
  return (
    `\n${describeFields(form, terminal.language, style.paint)}` +
    others.map((kit) => `\n--${kit.name}\n${describeFields(kit, terminal.language, style.paint)}`).join('')
  );
}

function describeFields({ fields }: KitForm, language: Language, paint: Paint): string {
  return renderTable(
    fields.map((field) => [
      {
        text: `  --${optionName(field.name)} <${field.choices.length > 0 ? field.choices.join('|') : field.type}>`,
      },
      { text: field.label[language] },
      { text: `${field.help[language]}${field.default === null ? '' : ` (${String(field.default)})`}` },
    ]),
    paint,
  );
}
