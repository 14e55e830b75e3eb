import type { Command } from 'commander';
import type { Client } from '../client.ts';
import { parseWhole } from '../option-values.ts';
import { readEvents } from '../event-stream.ts';
import { renderEvent } from '../render/events.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface EventsOptions extends ClientOptions {
  readonly since?: string;
  readonly limit: number;
  readonly follow?: boolean;
  readonly hierarchy?: string;
}

export function addEvents(program: Command, session: Session): void {
  const command = program
    .command('events')
    .description('show what happened, oldest first')
    .option('--limit <number>', 'the newest so many, up to 1000', parseWhole({ from: 1, to: 1000 }), 50)
    .option('--since <id>', 'only what came after this event')
    .option('--hierarchy <tag>', 'only of this hierarchy')
    .option('-f, --follow', 'go on with new events until Ctrl-C; with -o json one line for each')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast events --limit 200\n  holdfast events --follow\n  holdfast events --follow -o json',
    );
  addClientOptions(command).action(async (options: EventsOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const query = {
      limit: String(options.limit),
      ...(options.since !== undefined && { since: options.since }),
      ...(options.hierarchy !== undefined && { hierarchy: options.hierarchy }),
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
