import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { BoxProcess, RunOptions } from './server-box.ts';

/**
 * Starts a program in a session of its own, so that Ctrl-C at the harness reaches the harness only.
 * `findPid` answers the number of the wanted process where the started one only leads to it.
 */
export function startProcess(
  command: readonly string[],
  options: RunOptions & { readonly channel?: boolean },
  findPid: (child: ChildProcess) => number | undefined,
): BoxProcess {
  const [executable, ...args] = command;
  if (executable === undefined) throw new Error('no program to start');
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a', 0o644);
  const child = spawn(executable, args, {
    detached: true,
    stdio: [
      'ignore',
      log ?? 'ignore',
      log ?? 'ignore',
      ...(options.channel === true ? (['ipc'] as const) : []),
    ],
    env: { ...process.env, ...options.environment },
  });
  if (log !== undefined) closeSync(log);
  const ended: BoxProcess['ended'] = new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve({ code: code ?? undefined, signal: signal ?? undefined });
    });
    child.once('error', () => {
      resolve({ code: undefined, signal: undefined });
    });
  });
  const pid = (): number | undefined =>
    child.exitCode === null && child.signalCode === null ? findPid(child) : undefined;
  return {
    pid,
    ended,
    child,
    signal: (signal) => {
      const found = pid();
      if (found !== undefined) process.kill(found, signal);
      // Whoever leads to it has stopped with it, and does not go on by itself.
      if (signal === 'SIGCONT') child.kill(signal);
    },
  };
}

/** The words before a command that make it run as another user, without that user's further groups. */
export function asUser(ids: { readonly uid?: number; readonly gid?: number }): readonly string[] {
  if (ids.uid === undefined && ids.gid === undefined) return [];
  return [
    '/usr/bin/setpriv',
    ...(ids.uid === undefined ? [] : [`--reuid=${String(ids.uid)}`]),
    ...(ids.gid === undefined ? [] : [`--regid=${String(ids.gid)}`]),
    '--clear-groups',
  ];
}
