import { Option, type Command } from 'commander';
import { createError, shutdownStrategy, type ServerRequest } from '@holdfast/contract';
import { parseSwitch } from '../option-values.ts';
import { renderRemoval } from '../render/removal.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

type ShutdownStrategy = NonNullable<ServerRequest['shutdownStrategy']>;

interface ServerOptions extends ClientOptions {
  readonly confirmFailover?: boolean;
  readonly blockFailover?: boolean;
  readonly shutdownStrategy?: ShutdownStrategy;
  readonly dryRun?: boolean;
}

const examples = `
What a server's death leaves waits for an operator while --confirm-failover is on: "holdfast in-service TAG" confirms
it, also with --on. --block-failover keeps what fails on the server there, and everything else from coming to it by
itself; "holdfast in-service TAG --on SERVER" still moves it. The death of the whole server leads to a failover all the
same, unless --confirm-failover is on too.

--shutdown-strategy says what becomes of what runs on the server when it is shut down in order ("systemctl stop holdfast",
a reboot): it goes to the next server (switchover), or is stopped, stays with this server, and starts there again when the
server is back (stop). "holdfast in-service TAG --on SERVER" brings it in service elsewhere meanwhile.

Examples:
  holdfast server set server1 --confirm-failover on
  holdfast server set server2 --block-failover on --dry-run
  holdfast server set server2 --shutdown-strategy stop`;

export function addServer(program: Command, session: Session): void {
  const group = program
    .command('server')
    .description('properties of a server, and taking a dead one out of the cluster')
    .addHelpText('after', examples);
  addRemove(group, session);
  const command = group
    .command('set')
    .description('say what may fail over from a server and to it, and what its shutdown does')
    .argument('<server>', 'name of the server')
    .option('--confirm-failover <on|off>', 'when it dies, an operator confirms each takeover', parseSwitch)
    .option('--block-failover <on|off>', 'nothing fails over to it, and no failure leaves it', parseSwitch)
    .addOption(
      new Option(
        '--shutdown-strategy <strategy>',
        'what becomes of what runs there when it is shut down in order',
      ).choices(shutdownStrategy.options),
    )
    .option('--dry-run', 'only show what would be set')
    .addHelpText('after', examples);
  addClientOptions(command).action(async (name: string, options: ServerOptions) => {
    const { confirmFailover, blockFailover, shutdownStrategy: strategy } = options;
    if (confirmFailover === undefined && blockFailover === undefined && strategy === undefined)
      throw createError('HF-CLI-004', {
        problem: 'nothing to set was named',
        command: 'holdfast server set',
      });
    const { client, changeTimeoutMs } = connect(session, options);
    const { value, json } = await client.call('changeServer', {
      parameter: name,
      body: {
        ...(confirmFailover !== undefined && { confirmFailover }),
        ...(blockFailover !== undefined && { blockFailover }),
        ...(strategy !== undefined && { shutdownStrategy: strategy }),
        dryRun: options.dryRun ?? false,
      },
      timeoutMs: changeTimeoutMs,
    });
    const { say } = session.style;
    const lines = [
      `${value.name}: ${say('confirmFailover')} ${say(value.confirmFailover ? 'on' : 'off')}`,
      `${value.name}: ${say('blockFailover')} ${say(value.blockFailover ? 'on' : 'off')}`,
      `${value.name}: ${say('shutdownStrategy')} ${value.shutdownStrategy}`,
      ...(value.dryRun ? [say('dryRun')] : []),
    ];
    answer(session, json, () => lines.map((line) => `${line}\n`).join(''));
  });
}

interface RemoveOptions extends ClientOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

const removeExamples = `
A server that is alive leaves by itself: run "holdfast leave" there. A dead one is taken out from any other: hierarchies are
no longer extended to it, its vote in etcd goes, and its certificates open nothing any more. When it comes back it finds out,
starts nothing, and puts its files aside. It is refused while the server owns something: its lease may still run.

Examples:
  holdfast server remove server3 --dry-run
  holdfast server remove server3`;

function addRemove(group: Command, session: Session): void {
  const command = group
    .command('remove')
    .description('take a dead server out of the cluster')
    .argument('<server>', 'name of the server')
    .option('--force', 'also one that is alive, if it owns nothing')
    .option('--dry-run', 'only check, and show what would be done')
    .addHelpText('after', removeExamples);
  addClientOptions(command).action(async (name: string, options: RemoveOptions) => {
    const { client, changeTimeoutMs } = connect(session, options);
    const { value, json } = await client.call('removeServer', {
      parameter: name,
      query: { force: String(options.force ?? false), dryRun: String(options.dryRun ?? false) },
      timeoutMs: changeTimeoutMs,
    });
    answer(session, json, () => renderRemoval(value, session.style));
  });
}
