import type { HierarchyAnswer } from '@holdfast/contract';
import type { Command } from 'commander';
import { finishChange } from '../finish-change.ts';
import { chooseChange, type Chosen } from '../wizard/choose.ts';
import type { Choice } from '../wizard/dialog.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

interface UnextendOptions extends ClientOptions {
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

export function addUnextend(program: Command, session: Session): void {
  const command = program
    .command('unextend')
    .description('take a hierarchy from one server, where it is not in service')
    .argument('[tag]', 'any tag of the hierarchy; asked for when there is a terminal')
    .argument('[server]', 'the server that is to lose it; asked for when there is a terminal')
    .option('--force', 'also when that server is not there; it lets go when it is back')
    .option('--dry-run', 'only check, and show what would be done')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast unextend pgsql-5432 server2 --dry-run\n' +
        '  holdfast unextend pgsql-5432 server3 --force',
    );
  addClientOptions(command).action(async (...[tag, server, options]: UnextendArguments) => {
    const connection = connect(session, options);
    const send = (chosen: Chosen, dryRun: boolean) =>
      connection.client.call('unextend', {
        parameter: chosen.tag,
        body: { server: chosen.server ?? '', force: options.force ?? false, dryRun },
        timeoutMs: connection.changeTimeoutMs,
      });
    const chosen = await chooseChange(session, connection, {
      command: 'holdfast unextend',
      given: { tag, server },
      servers: { message: session.style.say('chooseFrom'), choices: choicesOf },
      dryRun: (asked) => send(asked, true),
    });
    const change = await send(chosen, options.dryRun ?? false);
    await finishChange(session, connection, { change, until: 'answered' });
  });
}

type UnextendArguments = [tag: string | undefined, server: string | undefined, options: UnextendOptions];

/** Where it is in service it cannot be taken away (K-12). */
function choicesOf({ priorities, owner }: HierarchyAnswer): Promise<readonly Choice[]> {
  const names = Object.keys(priorities).filter((name) => name !== owner?.server);
  return Promise.resolve(names.map((value) => ({ value })));
}
