import { Option, type Command } from 'commander';
import { createError, type ChangeRequest } from '@holdfast/contract';
import { createRepeatable, parseDuration, parseSwitch, parseWhole } from '../option-values.ts';
import { finishChange } from '../finish-change.ts';
import {
  addClientOptions,
  answer,
  connect,
  type ClientOptions,
  type Connection,
  type Session,
} from '../session.ts';
import { renderChanges, renderSettings } from '../render/settings.ts';
import { readParameters } from './extend.ts';

interface SetOptions extends ClientOptions {
  readonly profile?: 'safe' | 'normal' | 'fast' | 'fastest' | 'test';
  readonly priority: readonly string[];
  readonly localRecovery?: boolean;
  readonly attempts?: number;
  readonly window?: number;
  readonly rest?: number;
  readonly failovers?: number;
  readonly failoverWindow?: number;
  readonly switchback?: 'intelligent' | 'automatic';
  readonly healthy?: number;
  readonly maintenance?: boolean;
  readonly failsafe?: boolean;
  readonly quickCheck?: number;
  readonly deepCheck?: number;
  readonly quickDeadline?: number;
  readonly deepDeadline?: number;
  readonly badQuickChecks?: number;
  readonly badDeepChecks?: number;
  readonly tunable: readonly string[];
  readonly parameter: readonly string[];
  readonly dryRun?: boolean;
}

const examples = `
Examples:
  holdfast set --profile fast
  holdfast set pgsql-5432 --priority server1=1 --priority server2=10
  holdfast set pgsql-5432 --local-recovery on --attempts 2 --window 30m
  holdfast set pgsql-5432 --deep-check 10s --deep-deadline 3s --bad-deep-checks 3
  holdfast set pgsql-5432 --switchback automatic --healthy 2m
  holdfast set pgsql-5432 --failovers 3 --failover-window 1h
  holdfast set pgsql-5432 --maintenance on
  holdfast set --maintenance on
  holdfast set --failsafe off
  holdfast set pgsql-5432 --tunable LKPGSQL_STOP_RETRIES=24
  holdfast set --tunable LKPGSQL_START_RETRIES=`;

export function addSet(program: Command, session: Session): void {
  const command = program
    .command('set')
    .description('change properties of a hierarchy or a resource, or without a tag of the whole cluster')
    .argument('[tag]', 'any tag of the hierarchy; checks and limits are of the resource with this tag')
    .addOption(
      new Option('--profile <name>', 'timing profile of the whole cluster').choices([
        'safe',
        'normal',
        'fast',
        'fastest',
        'test',
      ]),
    )
    .addOption(createRepeatable('--priority <server=number>', 'priority of one server; may be repeated'))
    .option('--local-recovery <on|off>', 'repair where it runs before it moves', parseSwitch)
    .option(
      '--attempts <number>',
      'local recoveries in the window; the next failure moves it',
      parseWhole({ from: 0, to: 100 }),
    )
    .option('--window <time>', 'the window of the local recoveries', parseDuration)
    .option('--rest <time>', 'after this time a server where it failed is tried again', parseDuration)
    .option(
      '--failovers <number>',
      'moves in the failover window that nobody asked for; then it rests',
      parseWhole({ from: 1, to: 1000 }),
    )
    .option('--failover-window <time>', 'the window of those moves', parseDuration)
    .addOption(
      new Option(
        '--switchback <how>',
        'automatic: it returns to a more preferred server that is healthy again; not from where an operator put it',
      ).choices(['intelligent', 'automatic']),
    )
    .option('--healthy <time>', 'so long that server must have been healthy (default: 1m)', parseDuration)
    .option(
      '--maintenance <on|off>',
      'watch and report, and start, stop, repair and move nothing',
      parseSwitch,
    )
    .option(
      '--failsafe <on|off>',
      'of the whole cluster: what runs goes on while etcd has no majority and all servers see each other',
      parseSwitch,
    )
    .option('--quick-check <time>', 'time between two quick checks of the resource; 0: none', parseDuration)
    .option('--deep-check <time>', 'time between two deep checks of the resource; 0: none', parseDuration)
    .option('--quick-deadline <time>', 'a quick check that takes longer says nothing', parseDuration)
    .option('--deep-deadline <time>', 'a deep check that takes longer is a bad one', parseDuration)
    .option(
      '--bad-quick-checks <number>',
      'bad quick checks in a row that are a failure',
      parseWhole({ from: 1, to: 100 }),
    )
    .option(
      '--bad-deep-checks <number>',
      'bad deep checks in a row that are a failure',
      parseWhole({ from: 1, to: 100 }),
    )
    .addOption(createRepeatable('--parameter <tag.name=value>', 'a parameter of a resource; may be repeated'))
    .addOption(
      createRepeatable(
        '--tunable <name=value>',
        'a limit of a recovery kit, see "holdfast settings"; NAME= takes it back; may be repeated',
      ),
    )
    .option('--dry-run', 'only show what would be done')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (tag: string | undefined, options: SetOptions) => {
    const connection = connect(session, options);
    if (tag === undefined) await setCluster(session, connection, options);
    else await setHierarchy(session, connection, { tag, options });
  });
}

async function setCluster(
  session: Session,
  { client, changeTimeoutMs }: Connection,
  options: SetOptions,
): Promise<void> {
  const { profile, maintenance, failsafe } = options;
  const tunables = parseTunables(options.tunable);
  const named = {
    ...(profile !== undefined && { profile }),
    ...(maintenance !== undefined && { maintenance }),
    ...(failsafe !== undefined && { failsafe }),
    ...(!isEmpty(tunables) && { tunables }),
  };
  if (isEmpty(named))
    throw nothingToSet('without a tag only --profile, --maintenance, --failsafe and --tunable can be set');
  const { value, json } = await client.call('changeSettings', {
    body: { ...named, dryRun: options.dryRun ?? false },
    timeoutMs: changeTimeoutMs,
  });
  const { say } = session.style;
  answer(session, json, () =>
    value.dryRun
      ? `${say('plan')}\n${renderChanges(value.changes, session.style)}\n${say('dryRun')}\n`
      : renderSettings(value, session.style),
  );
}

async function setHierarchy(
  session: Session,
  connection: Connection,
  { tag, options }: { readonly tag: string; readonly options: SetOptions },
): Promise<void> {
  for (const name of ['profile', 'failsafe'] as const)
    if (options[name] !== undefined)
      throw nothingToSet(`--${name} is of the whole cluster: leave the tag out`);
  const body: ChangeRequest = {
    ...changeOf(tag, options, await readParameters(connection, tag, options.parameter)),
    dryRun: options.dryRun ?? false,
  };
  const { dryRun: _, ...named } = body;
  if (isEmpty(named)) throw nothingToSet('nothing to set was named');
  const { client, changeTimeoutMs } = connection;
  const change = await client.call('change', { parameter: tag, body, timeoutMs: changeTimeoutMs });
  await finishChange(session, connection, { change, until: 'answered' });
}

/** What the options name, and nothing else. */
function changeOf(
  tag: string,
  options: SetOptions,
  parameters: Readonly<Record<string, Record<string, unknown>>>,
): ChangeRequest {
  const recovery = {
    ...(options.localRecovery !== undefined && { localRecovery: options.localRecovery }),
    ...(options.attempts !== undefined && { attempts: options.attempts }),
    ...(options.window !== undefined && { windowMs: options.window }),
    ...(options.rest !== undefined && { restMs: options.rest }),
    ...(options.failovers !== undefined && { failovers: options.failovers }),
    ...(options.failoverWindow !== undefined && { failoverWindowMs: options.failoverWindow }),
  };
  const checks = {
    ...(options.quickCheck !== undefined && { quickEveryMs: options.quickCheck }),
    ...(options.deepCheck !== undefined && { deepEveryMs: options.deepCheck }),
    ...(options.quickDeadline !== undefined && { quickDeadlineMs: options.quickDeadline }),
    ...(options.deepDeadline !== undefined && { deepDeadlineMs: options.deepDeadline }),
    ...(options.badQuickChecks !== undefined && { badQuick: options.badQuickChecks }),
    ...(options.badDeepChecks !== undefined && { badDeep: options.badDeepChecks }),
  };
  const resources = Object.fromEntries(
    Object.entries(parameters).map(([name, values]) => [name, { parameters: values }]),
  );
  const tunables = parseTunables(options.tunable);
  const own = { ...(!isEmpty(checks) && { checks }), ...(!isEmpty(tunables) && { tunables }) };
  const withOwn = isEmpty(own) ? resources : { ...resources, [tag]: { ...resources[tag], ...own } };
  return {
    ...(options.priority.length > 0 && { priorities: parsePriorities(options.priority) }),
    ...(!isEmpty(recovery) && { recovery }),
    ...switchbackOf(options),
    ...(options.maintenance !== undefined && { maintenance: options.maintenance }),
    ...(!isEmpty(withOwn) && { resources: withOwn }),
  };
}

const defaultHealthyMs = 60_000;

function switchbackOf({ switchback, healthy }: SetOptions): Pick<ChangeRequest, 'switchback'> {
  if (switchback === undefined && healthy === undefined) return {};
  if (switchback === 'automatic')
    return { switchback: { kind: 'automatic', healthyForMs: healthy ?? defaultHealthyMs } };
  if (healthy !== undefined) throw nothingToSet('--healthy goes with --switchback automatic');
  return { switchback: { kind: 'intelligent' } };
}

/** `NAME=VALUE`; `NAME=` takes a limit back (K-18). */
function parseTunables(options: readonly string[]): Record<string, number | null> {
  return Object.fromEntries(
    options.map((option) => {
      const match = /^([A-Za-z][A-Za-z0-9_]{0,63})=(\d{0,9})$/.exec(option);
      if (!match) throw nothingToSet(`--tunable: "${option}" is not NAME=NUMBER or NAME=`);
      return [match[1] ?? '', match[2] === '' ? null : Number(match[2])];
    }),
  );
}

function parsePriorities(options: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    options.map((option) => {
      const match = /^([a-z0-9-]+)=([1-9]\d{0,2})$/.exec(option);
      if (!match) throw nothingToSet(`--priority: "${option}" is not SERVER=NUMBER with 1 to 999`);
      return [match[1] ?? '', Number(match[2])];
    }),
  );
}

function isEmpty(fields: object): boolean {
  return Object.keys(fields).length === 0;
}

function nothingToSet(problem: string): Error {
  return createError('HF-CLI-004', { problem, command: 'holdfast set' });
}
