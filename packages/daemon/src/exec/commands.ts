import type { Readable } from 'node:stream';
import { createError, execRequest, languages } from '@holdfast/contract';
import { z } from 'zod';
import { findProgram } from './find-program.ts';
import { runCommand, type RunningCommand } from './run-command.ts';

/** Remote commands that run on one server at the same time. */
const mostAtOnce = 8;

/** What one server asks another one to run. */
export const commandAsked = execRequest.omit({ server: true }).extend({ language: z.enum(languages) });
export type CommandAsked = z.output<typeof commandAsked>;

export interface Commands {
  /** Runs a command on this server: the lines of its answer. Rejects with HF-EXEC-001, HF-EXEC-002 or HF-EXEC-005. */
  run(asked: CommandAsked): Promise<Readable>;
  /** Ends every command. */
  close(): Promise<void>;
}

/** The commands that run on this server for administrators, wherever they ask (C-04). */
export function createCommands(options: {
  readonly server: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}): Commands {
  const { server } = options;
  const environment = chooseEnvironment(options.environment);
  const running = new Set<RunningCommand | symbol>();

  async function run({ command, timeLimitMs, language }: CommandAsked): Promise<Readable> {
    const [name = '', ...args] = command;
    const path = environment['PATH'] ?? '';
    const program = findProgram(name, path);
    if (program === undefined) throw createError('HF-EXEC-001', { server, program: name, path });
    if (running.size >= mostAtOnce) throw createError('HF-EXEC-002', { server, most: mostAtOnce });
    const place = Symbol('starting');
    running.add(place);
    try {
      const started = await runCommand({ server, program, args, environment, timeLimitMs, language });
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started.lines;
    } finally {
      running.delete(place);
    }
  }

  return {
    run,
    async close() {
      const left = [...running].filter((one) => typeof one !== 'symbol');
      for (const { lines } of left) lines.destroy();
      await Promise.all(left.map(({ ended }) => ended));
    },
  };
}

/** What the service manager tells its services (systemd.exec(5)) is the daemon's alone. */
const ownVariables =
  /^(NOTIFY_SOCKET|WATCHDOG_.*|LISTEN_.*|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_.*|MAINPID|NODE_.*)$/;

function chooseEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const kept = Object.entries(environment).flatMap(([name, value]): [string, string][] =>
    value === undefined || ownVariables.test(name) ? [] : [[name, value]],
  );
  return Object.fromEntries(kept);
}
