import type { Command } from 'commander';
import { renderStatus } from '../render/status.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

export function addStatus(program: Command, session: Session): void {
  const command = program
    .command('status')
    .description('show the servers, and the hierarchies with their state on each server')
    .addHelpText('after', '\nExamples:\n  holdfast status\n  holdfast status -o json');
  addClientOptions(command).action(async (options: ClientOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const status = await client.call('status', { timeoutMs: readTimeoutMs });
    answer(session, status.json, () => renderStatus(status.value, session.style));
  });
}
