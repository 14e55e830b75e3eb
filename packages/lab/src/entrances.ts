import { listPids, readCommandLine, readStat, sendSignal } from './processes.ts';

/**
 * Wakes the processes that lead into a server, whose first process is `initPid`. `nsenter` stops itself when what it led
 * in is stopped, and does not go on with it. Stopped, it would not reap it, and the first process would wait for that.
 */
export function wakeEntrances(initPid: number): void {
  for (const pid of listPids()) {
    const stat = readStat(pid);
    if (stat?.name !== 'nsenter' || stat.state !== 'T') continue;
    if (readCommandLine(pid).includes(`--target=${String(initPid)} `)) sendSignal(stat, 'SIGCONT');
  }
}
