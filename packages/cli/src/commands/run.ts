import type { Command } from 'commander';
import { addDirectoryOption, loadDaemon, stateDirectory } from '../server-options.ts';
import { addRunDirectoryOption, runDirectory, type Session } from '../session.ts';

interface RunOptions {
  readonly stateDir?: string;
  readonly runDir?: string;
}

export function addRun(program: Command, session: Session): void {
  const command = program
    .command('run')
    .description('run the daemon of this server in the foreground; when it ends, what runs goes on running')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast run\n  holdfast run --state-dir /srv/holdfast --run-dir /run/holdfast',
    );
  addRunDirectoryOption(addDirectoryOption(command)).action(async (options: RunOptions) => {
    const { runDaemon } = await loadDaemon();
    const ending = new AbortController();
    const end = (): void => ending.abort();
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
    try {
      await runDaemon({
        stateDirectory: stateDirectory(session, options),
        runDirectory: runDirectory(session.terminal, options),
        signal: ending.signal,
      });
    } finally {
      process.off('SIGTERM', end);
      process.off('SIGINT', end);
    }
  });
}
