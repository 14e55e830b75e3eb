import { Option, type Command } from 'commander';
import { createError } from '@holdfast/contract';
import { createClient, type Client, type Target } from './client.ts';
import { parseServerUrl, readKnownServer } from './known-servers.ts';
import { parseDuration } from './option-values.ts';
import { createStyle, type Style } from './render/style.ts';
import type { Terminal } from './terminal.ts';

/** One run of the command line. */
export interface Session {
  readonly terminal: Terminal;
  readonly style: Style;
  /** How the run ends where nothing is thrown. */
  exitCode: number;
  /** Set as soon as the options are read: errors are told in this form too. */
  output: OutputFormat;
}

export type OutputFormat = 'text' | 'json';

export const defaultRunDirectory = '/run/holdfast';
export const defaultStateDirectory = '/var/lib/holdfast';

/** The daemon as a command uses it. */
export interface Connection {
  readonly client: Client;
  /** For calls that only read. */
  readonly readTimeoutMs: number;
  /** For calls that check or change something: the daemon asks other servers meanwhile. */
  readonly changeTimeoutMs: number;
  /** For watching an operation until it has ended. */
  readonly followTimeoutMs: number;
}

const readTimeoutMs = 15_000;
const changeTimeoutMs = 180_000;
const followTimeoutMs = 900_000;

export function createSession(terminal: Terminal): Session {
  return { terminal, style: createStyle(terminal), exitCode: 0, output: 'text' };
}

export interface ClientOptions {
  readonly runDir?: string;
  readonly server?: string;
  readonly output: OutputFormat;
  readonly timeout?: number;
}

/** The options of every command that talks to the daemon. */
export function addClientOptions(command: Command): Command {
  const server = new Option(
    '--server <url>',
    'ask this server, where "holdfast login" was done, and not the local daemon',
  );
  return addOutputOption(addRunDirectoryOption(command).addOption(server)).option(
    '--timeout <time>',
    'give up after this time, for example 30s or 10m',
    parseDuration,
  );
}

export function addRunDirectoryOption(command: Command): Command {
  return command.option(
    '--run-dir <directory>',
    `directory of the daemon's socket (default: $HOLDFAST_RUN_DIR or ${defaultRunDirectory})`,
  );
}

export function addOutputOption(command: Command): Command {
  const format = new Option('-o, --output <format>', 'text for people, json for programs');
  return command.addOption(format.choices(['text', 'json']).default('text'));
}

/** The directory of the daemon's socket: option, environment, default. */
export function runDirectory({ environment }: Terminal, options: { readonly runDir?: string }): string {
  return options.runDir ?? environment['HOLDFAST_RUN_DIR'] ?? defaultRunDirectory;
}

/** Opens the way to the daemon, and remembers in which form the run answers. */
export function connect(session: Session, options: ClientOptions): Connection {
  const { language } = session.terminal;
  session.output = options.output;
  const target = findTarget(session, options);
  const within = (limitMs: number): number => options.timeout ?? limitMs;
  return {
    client: createClient({ ...target, language }),
    readTimeoutMs: within(readTimeoutMs),
    changeTimeoutMs: within(changeTimeoutMs),
    followTimeoutMs: within(followTimeoutMs),
  };
}

/** The server that `--server` or HOLDFAST_SERVER names, where somebody has signed in; else the local socket. */
function findTarget({ terminal }: Session, options: ClientOptions): Target {
  const named =
    options.server ?? (options.runDir === undefined ? terminal.environment['HOLDFAST_SERVER'] : undefined);
  if (named === undefined) return { socket: `${runDirectory(terminal, options)}/holdfast.sock` };
  const url = parseServerUrl(named, 'holdfast');
  const known = readKnownServer(url, terminal);
  if (!known) throw createError('HF-CLI-009', { server: url.origin });
  return { server: { url, authority: known.authority, secret: known.secret } };
}

/** Prints an answer: as the API gave it, or as text. */
export function answer(session: Session, json: unknown, text: () => string): void {
  session.terminal.out(session.output === 'json' ? `${JSON.stringify(json, undefined, 2)}\n` : text());
}
