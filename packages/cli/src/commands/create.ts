import type { Command } from 'commander';
import { createError, type KitForm, type Language } from '@holdfast/contract';
import type { Client } from '../client.ts';
import { createRepeatable, parseWhole } from '../option-values.ts';
import { finishChange } from '../finish-change.ts';
import { optionName, parseFormOptions, type AskedResource } from '../form-options.ts';
import { renderChange } from '../render/change.ts';
import { renderTable, type Paint } from '../render/table.ts';
import { addClientOptions, connect, type ClientOptions, type Connection, type Session } from '../session.ts';
import { askBeneath, askConsent, askParameters } from '../wizard.ts';

interface CreateOptions extends ClientOptions {
  readonly help?: boolean;
  readonly tag?: string;
  readonly child: readonly string[];
  readonly on?: string;
  readonly priority?: number;
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  readonly wait: boolean;
}

const examples = `
Every parameter of the recovery kit is an option; one that is left out is looked up on the server.
A resource beneath is --KIT VALUE: its first parameter, or name=value,name=value (with tag= for its
tag). Without any parameter, a person at a terminal is asked.

Examples:
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
  const { interactive } = session.terminal;
  const isAsking = interactive && options.output === 'text' && asked.parameters.length === 0;
  const resources = await readResources(session, connection, { ...asked, isAsking });
  const [root, ...beneath] = resources;
  const body = {
    resources: [
      { ...root, ...(options.tag !== undefined && { tag: options.tag }), children: [...options.child] },
      ...beneath,
    ],
    ...(options.on !== undefined && { server: options.on }),
    ...(options.priority !== undefined && { priority: options.priority }),
    ...(options.fix === true && { fix: true }),
  };
  if (isAsking && !options.dryRun) {
    const rehearsal = await client.call('create', {
      body: { ...body, dryRun: true },
      timeoutMs: changeTimeoutMs,
    });
    session.terminal.out(renderChange(rehearsal.value, session.style));
    if (!(await askConsent(session.style.say('goOn'))))
      throw createError('HF-CLI-006', { command: `holdfast create ${root.kit}` });
  }
  const change = await client.call('create', {
    body: { ...body, dryRun: options.dryRun ?? false },
    timeoutMs: changeTimeoutMs,
  });
  await finishChange(session, connection, { change, until: options.wait ? 'start' : 'answered' });
}

/** The resources that the options name; without options a person is asked. */
async function readResources(
  session: Session,
  { client, readTimeoutMs }: Connection,
  asked: Asked & { readonly isAsking: boolean },
): Promise<readonly [AskedResource, ...AskedResource[]]> {
  if (asked.kit === undefined || asked.kit.startsWith('-'))
    throw createError('HF-CLI-004', { problem: 'a recovery kit is needed', command: 'holdfast create' });
  const { kits } = (await client.call('kits', { timeoutMs: readTimeoutMs })).value;
  const form = findKit(kits, asked.kit);
  const [root, ...beneath] = parseFormOptions(asked.parameters, form, kits);
  if (!asked.isAsking) return [root, ...beneath];
  const { language } = session.terminal;
  const wizard = { language, say: session.style.say, command: `holdfast create ${form.name}` };
  const others = form.standsBeneath ? [] : kits.filter(({ standsBeneath }) => standsBeneath);
  return [await askParameters(form, root, wizard), ...(await askBeneath(others, wizard))];
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
