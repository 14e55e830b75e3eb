import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Session } from '../session.ts';

/** The version of this command line. That of each daemon is in `holdfast status`. */
export const { version } = manifest;

export function addVersion(program: Command, session: Session): void {
  program
    .command('version')
    .description('print the version of this program')
    .action(() => session.terminal.out(`holdfast ${version}\n`));
}
