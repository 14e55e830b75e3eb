import { Option, type Command } from 'commander';
import { addOutputOption, answer, type OutputFormat, type Session } from '../session.ts';
import { addServerOptions, loadDaemon, toServerSetup, type ServerOptions } from '../server-options.ts';

interface InitOptions extends ServerOptions {
  readonly cluster: string;
  readonly profile: 'safe' | 'normal' | 'fast' | 'fastest' | 'test';
  readonly output: OutputFormat;
}

const examples = `
Example:
  holdfast init --cluster office --name server1 --address 192.0.2.1
  holdfast run`;

export function addInit(program: Command, session: Session): void {
  const command = program
    .command('init')
    .description('make a new cluster with this machine as its first server')
    .option('--cluster <name>', 'name of the cluster', 'holdfast')
    .addOption(
      new Option('--profile <name>', 'timing profile of the cluster')
        .choices(['safe', 'normal', 'fast', 'fastest', 'test'])
        .default('safe'),
    )
    .addHelpText('after', examples);
  addOutputOption(addServerOptions(command)).action(async (options: InitOptions) => {
    session.output = options.output;
    const { initCluster } = await import('@holdfast/daemon/cluster/init');
    const { cluster, profile } = options;
    const made = await initCluster({ cluster, profile, ...toServerSetup(session, options) });
    const { server } = made.file;
    answer(session, { cluster, server, fingerprint: made.fingerprint }, () =>
      [
        `${session.style.say('clusterMade')} ${cluster}, ${server}`,
        `${session.style.say('fingerprint')} ${made.fingerprint}`,
        `${session.style.say('next')} holdfast run`,
        '',
      ].join('\n'),
    );
    await loadDaemon();
  });
}
