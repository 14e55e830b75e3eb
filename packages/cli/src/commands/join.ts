import type { Command } from 'commander';
import { text } from 'node:stream/consumers';
import { addOutputOption, answer, type OutputFormat, type Session } from '../session.ts';
import { addServerOptions, loadDaemon, toServerSetup, type ServerOptions } from '../server-options.ts';

interface JoinOptions extends ServerOptions {
  readonly witness?: boolean;
  readonly output: OutputFormat;
}

const examples = `
Examples:
  holdfast join TOKEN --name server2 --address 192.0.2.2
  ssh server1 holdfast token | holdfast join - --name witness --address 192.0.2.3 --witness
  holdfast run`;

export function addJoin(program: Command, session: Session): void {
  const command = program
    .command('join')
    .description('make this machine one more server of a cluster')
    .argument(
      '<token>',
      'what "holdfast token" printed on a server of the cluster; "-" reads it from standard input',
    )
    .option('--witness', 'only vote: run no resource')
    .addHelpText('after', examples);
  addOutputOption(addServerOptions(command)).action(async (token: string, options: JoinOptions) => {
    session.output = options.output;
    const setup = toServerSetup(session, options);
    const { joinCluster } = await import('@holdfast/daemon/cluster/join');
    const line = token === '-' ? (await text(process.stdin)).trim() : token;
    const made = await joinCluster(line, { ...setup, role: options.witness ? 'witness' : 'member' });
    const { cluster, server } = made.file;
    answer(session, { cluster, server, fingerprint: made.fingerprint }, () =>
      [
        `${session.style.say('joined')} ${cluster}, ${server}`,
        `${session.style.say('next')} holdfast run`,
        '',
      ].join('\n'),
    );
    await loadDaemon();
  });
}
