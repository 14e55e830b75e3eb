import type { Command } from 'commander';
import { createError, execLimits, type ExecLine } from '@holdfast/contract';
import { readLines } from '../answer-lines.ts';
import { AnsweredError } from '../failure.ts';
import { parseWhole } from '../option-values.ts';
import { addClientOptions, connect, type ClientOptions, type Session } from '../session.ts';

/** As ssh(1) ends where the command did not: no command of a server can be mistaken for it but by ending so itself. */
export const ownFailureCode = 255;
/** As a shell reports a program that was ended by SIGPIPE. */
const brokenPipeCode = 141;

interface ExecOptions extends ClientOptions {
  readonly destination: string;
  readonly timeLimit: number;
}

const seconds = { standard: execLimits.timeLimitMs / 1000, most: execLimits.longestMs / 1000 };

const details = `
There is no shell: the program gets its arguments as they stand, its input is empty, its folder is /, and its environment
is that of the daemon there. Its output comes as it arises, stdout and stderr apart. Ctrl-C, the end of the connection and
the time limit end the command there with everything in its process group: SIGTERM, 5 s later SIGKILL.

Exit code: that of the command, 128+n where signal n ended it, and 255 with an error on stderr where Holdfast could not
run it to its end. With -o json one line for each piece of output (base64) and for the end.

The audit record has the command with its arguments; other users of the server see them as well: no secrets there.

Examples:
  holdfast exec -d server2 -- systemctl status postgresql
  holdfast exec -d server2 -t 300 -- tar -C /etc -cz postgresql > etc-postgresql.tar.gz
  holdfast exec -d server2 -- sh -c 'df -h | grep /srv'`;

export function addExec(program: Command, session: Session): void {
  const command = program
    .command('exec')
    .description('run a command on a server')
    .argument('<command...>', 'program and arguments, after --')
    .requiredOption('-d, --destination <server>', 'the server to run it on')
    .option(
      '-t, --time-limit <seconds>',
      `end it after so many seconds (at most ${seconds.most})`,
      parseWhole({ from: 1, to: seconds.most }),
      seconds.standard,
    )
    .addHelpText('after', details);
  addClientOptions(command).action(async (words: string[], options: ExecOptions) => {
    const { client, readTimeoutMs: timeoutMs } = connect(session, options);
    const { destination: server, timeLimit } = options;
    const given = new AbortController();
    const signal =
      options.timeout === undefined
        ? given.signal
        : AbortSignal.any([given.signal, AbortSignal.timeout(options.timeout)]);
    const body = { server, command: words, timeLimitMs: timeLimit * 1000 };
    try {
      for await (const line of readLines(await client.open('exec', { body, timeoutMs, signal })))
        if (await show(session, line)) return;
      throw createError('HF-EXEC-004', { server });
    } finally {
      given.abort();
    }
  });
}

/** Shows one line of the answer. True: there is nothing more to show. Throws where the command was broken off. */
async function show(session: Session, line: ExecLine): Promise<boolean> {
  const { terminal, output } = session;
  if (output === 'json') terminal.out(`${JSON.stringify(line)}\n`);
  switch (line.kind) {
    case 'started':
      return false;
    case 'stdout':
    case 'stderr':
      if (output === 'json' || (await terminal.pass(line.kind, Buffer.from(line.data, 'base64'))))
        return false;
      session.exitCode = brokenPipeCode;
      return true;
    case 'ended':
      session.exitCode = line.exitCode;
      return true;
    case 'failed':
      if (output === 'text') throw new AnsweredError(200, line.error);
      session.exitCode = ownFailureCode;
      return true;
    default:
      return line satisfies never;
  }
}
