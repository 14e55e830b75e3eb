import type { ServiceDefinition, ServiceView } from '@holdfast/kits/host';

/** Properties that a view is made of, in `systemctl show`'s words. */
export const shownProperties = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'MainPID',
  'UnitFileState',
  'User',
  'ExecStart',
] as const;

/** Parses `systemctl show`: a value may contain `=`, and a name may come several times (several `ExecStart`). */
export function parseProperties(text: string): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf('=');
    if (at > 0 && !properties.has(line.slice(0, at))) properties.set(line.slice(0, at), line.slice(at + 1));
  }
  return properties;
}

/** `undefined` when systemd knows no such unit. `command` is split at blanks: systemctl shows no quotes. */
export function parseServiceView(name: string, text: string): ServiceView | undefined {
  const properties = parseProperties(text);
  const loaded = properties.get('LoadState');
  if (loaded === undefined || loaded === 'not-found') return undefined;
  const mainPid = Number(properties.get('MainPID') ?? 0);
  return {
    name,
    state: stateOf(properties.get('ActiveState') ?? '', properties.get('SubState') ?? ''),
    mainPid: mainPid > 0 ? mainPid : undefined,
    startMode: isStartedAtBoot(properties.get('UnitFileState') ?? '') ? 'automatic' : 'manual',
    user: properties.get('User') || 'root',
    command: parseCommand(properties.get('ExecStart') ?? ''),
  };
}

/** States of org.freedesktop.systemd1(5). A unit that is active though nothing of it runs is stopped. */
function stateOf(active: string, sub: string): ServiceView['state'] {
  switch (active) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return sub === 'exited' ? 'stopped' : 'running';
    case 'activating':
      return sub === 'auto-restart' ? 'stopped' : 'starting';
    case 'deactivating':
      return 'stopping';
    case 'failed':
      return 'failed';
    default:
      return 'stopped';
  }
}

function isStartedAtBoot(unitFileState: string): boolean {
  return unitFileState === 'enabled' || unitFileState === 'enabled-runtime';
}

function parseCommand(execStart: string): readonly string[] {
  const command = /argv\[\]=(.*?) ; ignore_errors=/.exec(execStart)?.[1] ?? '';
  return command.split(' ').filter((word) => word !== '');
}

/** The line by which a unit file of ours is known: only such a file is ever changed or deleted. */
export const ownUnitMark = '# Made by Holdfast.';

/**
 * Text of a unit file for a service that did not exist. The kit starts and stops it; systemd restarts nothing, and kills
 * what is left of it when its main process has gone. A shutdown of the machine is a fast one (PostgreSQL
 * documentation, "Starting the Database Server").
 */
export function formatUnitFile(definition: ServiceDefinition): string {
  const environment = Object.entries(definition.environment).map(
    ([name, value]) => `Environment=${quote(`${name}=${value}`)}`,
  );
  return `${[
    ownUnitMark,
    '[Unit]',
    `Description=${definition.name.replace(/\.service$/, '')}, run by Holdfast`,
    'After=network.target',
    '',
    '[Service]',
    'Type=exec',
    `User=${definition.user}`,
    `WorkingDirectory=${definition.directory.replaceAll('%', '%%')}`,
    ...environment,
    `ExecStart=${definition.command.map(quoteArgument).join(' ')}`,
    'KillMode=mixed',
    'KillSignal=SIGINT',
    'TimeoutStopSec=300',
    'Restart=no',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  ].join('\n')}\n`;
}

/** Text of a drop-in that adds to the environment of a unit. */
export function formatEnvironment(environment: Readonly<Record<string, string>>): string {
  const lines = Object.entries(environment).map(
    ([name, value]) => `Environment=${quote(`${name}=${value}`)}`,
  );
  return `${[ownUnitMark, '[Service]', ...lines].join('\n')}\n`;
}

/**
 * The start command as the unit's files have it, unexpanded, from `systemctl cat`: the last one counts, an empty one takes
 * back those before it. `undefined` when there is none, or more than one.
 */
export function parseStartCommand(text: string): string | undefined {
  const joined = text.replaceAll(/\\\n\s*/g, ' ');
  let section = '';
  let commands: string[] = [];
  for (const line of joined.split('\n').map((one) => one.trim())) {
    section = /^\[(.+)\]$/.exec(line)?.[1] ?? section;
    const command = section === 'Service' ? /^ExecStart\s*=\s*(.*)$/.exec(line)?.[1] : undefined;
    if (command !== undefined) commands = command === '' ? [] : [...commands, command];
  }
  return commands.length === 1 ? commands[0] : undefined;
}

/** Text of a drop-in that puts arguments behind the start command of a unit. */
export function formatCommand(command: string, args: readonly string[]): string {
  const line = `ExecStart=${[command, ...args.map(quoteArgument)].join(' ')}`;
  return `${[ownUnitMark, '[Service]', 'ExecStart=', line].join('\n')}\n`;
}

/** In a command line systemd replaces variables too (systemd.service(5)). */
function quoteArgument(argument: string): string {
  return quote(argument).replaceAll('$', '$$$$');
}

/** Quotes as systemd.syntax(7) and systemd.unit(5) read it: C escapes, and `%` stands for itself only doubled. */
function quote(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('%', '%%');
  return `"${escaped}"`;
}
