import { Command, CommanderError } from 'commander';
import { createError } from '@holdfast/contract';
import { addAccount } from './commands/account.ts';
import { addApiToken } from './commands/api-token.ts';
import { addAudit } from './commands/audit.ts';
import { addCertificate } from './commands/certificate.ts';
import { addExport, addImport } from './commands/configuration.ts';
import { addCreate } from './commands/create.ts';
import { addDelete } from './commands/delete.ts';
import { addDependency } from './commands/dependency.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvents } from './commands/events.ts';
import { addExec, ownFailureCode } from './commands/exec.ts';
import { addExplain } from './commands/explain.ts';
import { addExtend } from './commands/extend.ts';
import { addInService } from './commands/in-service.ts';
import { addInit } from './commands/init.ts';
import { addJoin } from './commands/join.ts';
import { addLeave } from './commands/leave.ts';
import { addLogin, addLogout } from './commands/login.ts';
import { addPath } from './commands/path.ts';
import { addOutOfService } from './commands/out-of-service.ts';
import { addReport } from './commands/report.ts';
import { addRun } from './commands/run.ts';
import { addSet } from './commands/set.ts';
import { addServer } from './commands/server.ts';
import { addSettings } from './commands/settings.ts';
import { addStatus } from './commands/status.ts';
import { addToken } from './commands/token.ts';
import { addUnextend } from './commands/unextend.ts';
import { addVersion, version } from './commands/version.ts';
import { AnsweredError, describeFailure } from './failure.ts';
import { renderFindings } from './render/change.ts';
import { createSession, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const usageExitCode = 2;

/**
 * Runs one command and answers its exit code: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule, 4 the
 * daemon cannot be reached, 5 not complete in time. `exec` answers the code of the command it ran, and 255 where it
 * could not. Never throws.
 */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const session = createSession(terminal);
  const program = createProgram(session);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return session.exitCode;
  } catch (error) {
    const code = error instanceof CommanderError ? endParsing(session, error, argv) : fail(session, error);
    return code !== 0 && argv[0] === 'exec' ? ownFailureCode : code;
  }
}

function createProgram(session: Session): Command {
  const { terminal } = session;
  const program = new Command('holdfast')
    .description('Keeps PostgreSQL in service: high-availability clusters of two and more servers.')
    .version(version)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: terminal.err,
      outputError: () => {},
      getOutHelpWidth: () => terminal.columns ?? 80,
      getErrHelpWidth: () => terminal.columns ?? 80,
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false });
  program.addHelpText('after', exitCodeHelp);
  for (const add of [
    addInit,
    addToken,
    addJoin,
    addLeave,
    addRun,
    addStatus,
    addCreate,
    addExtend,
    addUnextend,
    addDependency,
    addInService,
    addOutOfService,
    addDelete,
    addSet,
    addServer,
    addPath,
    addCertificate,
    addSettings,
    addEvents,
    addExplain,
    addExec,
    addExport,
    addImport,
    addLogin,
    addLogout,
    addReport,
    addAccount,
    addApiToken,
    addAudit,
    addDoctor,
    addVersion,
  ])
    add(program, session);
  return program;
}

const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule, 4 the daemon cannot be reached,
5 not complete in time; of "holdfast exec" see its help.
"holdfast COMMAND --help" shows the options of a command with examples.`;

/** Help and version end the parsing too; everything else is wrong usage. */
function endParsing(session: Session, error: CommanderError, argv: readonly string[]): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') return usageExitCode;
  const command = argv[0] === undefined || argv[0].startsWith('-') ? 'holdfast' : `holdfast ${argv[0]}`;
  const problem = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  return fail(session, createError('HF-CLI-004', { problem, command }));
}

/**
 * Prints an error: for programs its body as the API has it, for people its sentences, with the checks that
 * failed.
 */
function fail(session: Session, error: unknown): number {
  const { terminal, style, output } = session;
  const failure = describeFailure(error, terminal.language);
  if (output === 'json') {
    terminal.out(`${JSON.stringify({ error: failure.body }, undefined, 2)}\n`);
    return failure.exitCode;
  }
  if (error instanceof AnsweredError && error.body.findings)
    terminal.err(
      renderFindings(
        error.body.findings.filter(({ outcome }) => outcome !== 'passed'),
        style,
      ),
    );
  terminal.err(`${failure.text}\n`);
  if (terminal.environment['HOLDFAST_DEBUG'] && error instanceof Error)
    terminal.err(`${error.stack ?? ''}\n`);
  return failure.exitCode;
}
