import type { Command } from 'commander';
import { renderSettings } from '../render/settings.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

const examples = `
Examples:
  holdfast settings
  holdfast settings pgsql-5432
  holdfast settings -o json`;

export function addSettings(program: Command, session: Session): void {
  const command = program
    .command('settings')
    .description('show every setting with its value, where that comes from, and when it takes effect')
    .argument('[tag]', 'a resource and its hierarchy; without it the whole cluster')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (tag: string | undefined, options: ClientOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const settings = await client.call('settings', {
      ...(tag !== undefined && { query: { tag } }),
      timeoutMs: readTimeoutMs,
    });
    answer(session, settings.json, () => renderSettings(settings.value, session.style));
  });
}
