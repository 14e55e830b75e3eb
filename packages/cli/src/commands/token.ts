import type { Command } from 'commander';
import { parseDuration } from '../option-values.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

export function addToken(program: Command, session: Session): void {
  const command = program
    .command('token')
    .description('make a token with which one more server joins the cluster')
    .option('--valid <time>', 'how long it can be used: 1m to 24h', parseDuration)
    .addHelpText('after', '\nExamples:\n  holdfast token\n  holdfast token --valid 10m');
  addClientOptions(command).action(async (options: ClientOptions & { readonly valid?: number }) => {
    const { client, changeTimeoutMs } = connect(session, options);
    const body = options.valid === undefined ? {} : { validForMs: options.valid };
    const { value, json } = await client.call('token', { body, timeoutMs: changeTimeoutMs });
    // The token alone on standard output: it can be handed on as it is.
    answer(session, json, () => `${value.token}\n`);
    if (session.output === 'text')
      session.terminal.err(`${session.style.say('validUntil')} ${value.expiresAt}\n`);
  });
}
