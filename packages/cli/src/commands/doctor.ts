import type { Command } from 'commander';
import { renderDoctor } from '../render/doctor.ts';
import { addClientOptions, answer, connect, type ClientOptions, type Session } from '../session.ts';

/** Exit code where a check has failed: nothing was asked to change, so nothing was refused. */
const failedExitCode = 1;

interface DoctorOptions extends ClientOptions {
  readonly all?: boolean;
}

export function addDoctor(program: Command, session: Session): void {
  const command = program
    .command('doctor')
    .description('check servers and the resources on them, and say what to do about what did not pass')
    .argument('[servers...]', 'the servers to check (default: all of them)')
    .option('--all', 'show the checks that passed too')
    .addHelpText(
      'after',
      '\nNo check changes anything. The exit code is 0 when every check passed or warned, and 1 when one failed.\n' +
        '\nExamples:\n  holdfast doctor\n  holdfast doctor server2 --all\n  holdfast doctor -o json',
    );
  addClientOptions(command).action(async (servers: readonly string[], options: DoctorOptions) => {
    const { client, changeTimeoutMs } = connect(session, options);
    const found = await client.call('doctor', {
      ...(servers.length > 0 && { query: { server: servers.join(',') } }),
      timeoutMs: changeTimeoutMs,
    });
    const { value, json } = found;
    const findings = value.servers.flatMap((server) => server.findings);
    if (findings.some(({ outcome }) => outcome === 'failed')) session.exitCode = failedExitCode;
    answer(session, json, () => renderDoctor(value, session.style, options.all ?? false));
  });
}
