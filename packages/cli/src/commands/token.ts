import type { Command } from 'commander';
import { parseDuration } from '../option-values.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

interface TokenOptions extends ClientOptions {
  readonly valid?: number;
  readonly replace?: string;
}

const examples = `
A new machine takes the place of a dead server: it gets the server's name, and with that everything that is set for it;
hierarchies stay extended to it. The old machine's certificates open nothing any more.

Examples:
  holdfast token
  holdfast token --valid 10m
  ssh server1 holdfast token --replace server2 | holdfast join - --name server2 --address 192.0.2.2`;

export function addToken(program: Command, session: Session): void {
  const command = program
    .command('token')
    .description('make a token with which one more server joins the cluster')
    .option('--valid <time>', 'how long it can be used: 1m to 24h', parseDuration)
    .option('--replace <server>', 'a dead server: the machine that joins under its name takes its place')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (options: TokenOptions) => {
    const { client, changeTimeoutMs } = connect(session, options);
    const { valid, replace } = options;
    const body = {
      ...(valid !== undefined && { validForMs: valid }),
      ...(replace !== undefined && { replaces: replace }),
    };
    const { value, json } = await client.call('token', { body, timeoutMs: changeTimeoutMs });
    // The token alone on standard output: it can be handed on as it is.
    answer(session, json, () => `${value.token}\n`);
    if (session.output === 'text')
      session.terminal.err(`${session.style.say('validUntil')} ${value.expiresAt}\n`);
  });
}
