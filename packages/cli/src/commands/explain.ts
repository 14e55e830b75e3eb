import type { Command } from 'commander';
import { renderExplanation } from '../render/explain.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

export function addExplain(program: Command, session: Session): void {
  const command = program
    .command('explain')
    .description('say why a hierarchy is where it is, and what would happen if its server died now')
    .argument('<tag>', 'any tag of the hierarchy')
    .addHelpText('after', '\nExample:\n  holdfast explain pgsql-5432');
  addClientOptions(command).action(async (tag: string, options: ClientOptions) => {
    const { client, readTimeoutMs } = connect(session, options);
    const explanation = await client.call('explain', { parameter: tag, timeoutMs: readTimeoutMs });
    answer(session, explanation.json, () => renderExplanation(explanation.value, session.style));
  });
}
