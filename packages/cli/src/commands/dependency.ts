import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

interface DependencyOptions extends ClientOptions {
  readonly dryRun?: boolean;
}

const examples = `
Between two hierarchies "add" makes them one, with the priorities and the properties of the parent's;
"remove" makes two of one where nothing else joins them. Nothing that runs is stopped. Both must be in
service on one server, or out of service, and be extended to the same servers.

Examples:
  holdfast dependency add pgsql-5432 ip-192.0.2.11 --dry-run
  holdfast dependency add pgsql-5432 ip-192.0.2.11
  holdfast dependency remove pgsql-5432 ip-192.0.2.11`;

export function addDependency(program: Command, session: Session): void {
  const command = program
    .command('dependency')
    .description('make a resource need another one, or need it no more')
    .addHelpText('after', examples);
  const describe = (name: 'add' | 'remove', description: string): void => {
    const verb = command
      .command(name)
      .description(description)
      .argument('<parent>', 'tag of the resource that needs the other: it starts after it')
      .argument('<child>', 'tag of the resource that is needed')
      .option('--dry-run', 'only check, and show what would be done')
      .addHelpText('after', examples);
    addClientOptions(verb).action((parent: string, child: string, options: DependencyOptions) =>
      change(session, name, { parent, child, options }),
    );
  };
  describe('add', 'make PARENT need CHILD');
  describe('remove', 'make PARENT need CHILD no more');
}

async function change(
  session: Session,
  name: 'add' | 'remove',
  asked: { readonly parent: string; readonly child: string; readonly options: DependencyOptions },
): Promise<void> {
  const { parent, child, options } = asked;
  const connection = connect(session, options);
  const { client, changeTimeoutMs: timeoutMs } = connection;
  const dryRun = options.dryRun ?? false;
  const done =
    name === 'add'
      ? await client.call('addDependency', { parameter: parent, body: { child, dryRun }, timeoutMs })
      : await client.call('removeDependency', {
          parameter: [parent, child],
          query: { dryRun: String(dryRun) },
          timeoutMs,
        });
  await finishChange(session, connection, { change: done, until: 'answered' });
}
