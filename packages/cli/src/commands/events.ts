import { Option, type Command } from 'commander';
import type { Client } from '../client.ts';
import { parseTime, parseWhole } from '../option-values.ts';
import { readEvents } from '../event-stream.ts';
import { renderEvent } from '../render/events.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface EventsOptions extends ClientOptions {
  readonly since?: string;
  readonly limit: number;
  readonly follow?: boolean;
  readonly hierarchy?: string;
  readonly search?: string;
  readonly severity?: string;
  readonly code?: string;
  readonly on?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Options that are asked of the daemon as they are given. */
const filters = ['since', 'hierarchy', 'search', 'severity', 'code', 'from', 'to'] as const;

export function addEvents(program: Command, session: Session): void {
  const command = program
    .command('events')
    .description('show what happened, oldest first')
    .option('--limit <number>', 'the newest so many, up to 1000', parseWhole({ from: 1, to: 1000 }), 50)
    .option('--since <id>', 'only what came after this event')
    .option('--hierarchy <tag>', 'only of this hierarchy')
    .option('--search <text>', 'only with this text in name, tag, server or values')
    .addOption(new Option('--severity <least>', 'at least so grave').choices(['info', 'warning', 'alarm']))
    .option('--code <name>', 'only of this name: docs/reference/events.md has all of them')
    .option('--on <server>', 'only what this server has told')
    .option('--from <time>', 'from this time on, by the clock of the server that wrote it', parseTime)
    .option('--to <time>', 'up to this time', parseTime)
    .option('-f, --follow', 'go on with new events until Ctrl-C; with -o json one line for each')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast events --limit 200\n  holdfast events --search pgsql-5432 --severity warning\n' +
        '  holdfast events --from 2026-01-31T22:00 --to 2026-02-01T06:00\n' +
        '  holdfast events --follow\n  holdfast events --follow -o json',
    );
  addClientOptions(command).action(async (options: EventsOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const given = filters.flatMap((name) => {
      const value = options[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const query = {
      limit: String(options.limit),
      ...Object.fromEntries(given),
      ...(options.on !== undefined && { server: options.on }),
    };
    if (!options.follow) {
      const { value, json } = await client.call('events', { query, timeoutMs: readTimeoutMs });
      answer(session, json, () => value.events.map((event) => renderEvent(event, session.style)).join(''));
      return;
    }
    await follow(session, client, { query, options, timeoutMs: readTimeoutMs });
  });
}

/** Prints events as they come, until the daemon ends the stream or the time that was given is over. */
async function follow(
  session: Session,
  client: Client,
  asked: {
    readonly query: Readonly<Record<string, string>>;
    readonly options: EventsOptions;
    readonly timeoutMs: number;
  },
): Promise<void> {
  const { timeout } = asked.options;
  const signal = timeout === undefined ? new AbortController().signal : AbortSignal.timeout(timeout);
  try {
    const query = { ...asked.query, follow: 'true' };
    for await (const event of readEvents(await client.open('events', { ...asked, query, signal })))
      session.terminal.out(
        session.output === 'json' ? `${JSON.stringify(event)}\n` : renderEvent(event, session.style),
      );
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
