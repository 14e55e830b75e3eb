import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Claim } from './manifest.ts';
import { mustRun } from './program.ts';
import type { ServerBox } from './server-box.ts';

/** A server's directories and watchdog, which are there whether it is switched on or not. */
export interface BoxHome extends Pick<ServerBox, 'directories' | 'watchdogFile' | 'onPowerOff'> {
  /** What a start does to files that live in memory only. */
  forgetRun(): void;
  announcePowerOff(): void;
}

export async function createBoxHome(claim: Claim, name: string): Promise<BoxHome> {
  const home = path.join(claim.directory, name);
  const directories = {
    state: path.join(home, 'state'),
    run: path.join(home, 'run'),
    log: path.join(home, 'log'),
  };
  for (const directory of [home, ...Object.values(directories)]) mkdirSync(directory, { mode: 0o755 });
  const watchdogFile = path.join(home, 'watchdog');
  await mustRun('/usr/bin/mkfifo', ['-m', '600', watchdogFile], { timeoutMs: 5_000 });
  const listeners = new Set<() => void>();
  return {
    directories,
    watchdogFile,
    forgetRun: () => {
      rmSync(directories.run, { recursive: true, force: true });
      mkdirSync(directories.run, { mode: 0o755 });
    },
    onPowerOff: (callback) => {
      listeners.add(callback);
      return () => listeners.delete(callback);
    },
    announcePowerOff: () => {
      for (const listener of listeners) listener();
    },
  };
}
