import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TimingProfile } from '@holdfast/core';
import { createDaemonApi, type DaemonApi } from './daemon-api.ts';
import { waitFor } from './deadline.ts';
import { ProgramError } from './program.ts';
import type { ServerBox } from './server-box.ts';
import { supervise, type Supervisor } from './supervisor.ts';
import { watchOver, type Watchdog } from './watchdog.ts';

/** A server with Holdfast on it. */
export interface LabServer {
  readonly name: string;
  readonly role: 'member' | 'witness';
  readonly box: ServerBox;
  /** Keeps `holdfast run` running, as a service manager would. */
  readonly daemon: Supervisor;
  readonly api: DaemonApi;
  /** Where an administrator sets the limits of this server. */
  readonly defaultsFile: string;
  /** Runs the command line on the server. Returns its standard output; throws {@link ProgramError}. */
  holdfast(
    args: readonly string[],
    options?: { readonly timeoutMs?: number; readonly input?: string },
  ): Promise<string>;
  /** Switches it on where it is off, and starts the daemon. */
  start(): Promise<void>;
  /** Waits until the daemon answers. */
  waitForDaemon(timeoutMs: number): Promise<void>;
  dispose(): void;
}

/** Of the daemon's user, in the server's state directory. */
export const passwordFileName = 'pgpass';

/** The command as it is installed. */
export const holdfastCommand = fileURLToPath(new URL('../../../packaging/holdfast', import.meta.url));

export function createLabServer(
  box: ServerBox,
  options: {
    readonly role: LabServer['role'];
    readonly profile: TimingProfile;
    /** Told when the server's watchdog has reset it. */
    readonly onReset: (silentMs: number) => void;
  },
): LabServer {
  const { state, run, log } = box.directories;
  const environment = {
    HOLDFAST_STATE_DIR: state,
    HOLDFAST_RUN_DIR: run,
    LANG: 'C.UTF-8',
    // Each server has a password file of its own, and none touches that of whoever runs the lab.
    PGPASSFILE: path.join(state, passwordFileName),
  };
  const daemon = supervise(box, {
    command: [holdfastCommand, 'run'],
    run: { environment, logFile: path.join(log, 'daemon.log') },
  });
  const watchdog: Watchdog = watchOver(box, {
    timeoutMs: options.profile.watchdogMs,
    onReset: options.onReset,
  });
  const api = createDaemonApi(() => run);
  return {
    name: box.name,
    role: options.role,
    box,
    daemon,
    api,
    defaultsFile: path.join(log, 'defaults'),
    holdfast: async (args, { timeoutMs = 120_000, input } = {}) => {
      const result = await box.exec(holdfastCommand, args, {
        timeoutMs,
        environment,
        ...(input === undefined ? {} : { input }),
      });
      if (result.code !== 0) throw new ProgramError(['holdfast', ...args], result);
      return result.stdout;
    },
    start: async () => {
      await box.powerOn();
      daemon.start();
    },
    waitForDaemon: async (timeoutMs) => {
      await waitFor(() => api.status().catch(() => undefined), {
        what: `the daemon of ${box.name}`,
        timeoutMs,
        everyMs: 20,
        describe: () => `its log is ${path.join(log, 'daemon.log')}`,
      });
    },
    dispose: () => {
      daemon.dispose();
      watchdog.dispose();
    },
  };
}
