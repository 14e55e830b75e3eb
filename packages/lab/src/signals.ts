import { waitFor } from './deadline.ts';
import { sendSignal, type ProcessStat } from './processes.ts';

/**
 * Stops all processes, also those that are forked while it goes on. One in uninterruptible sleep (`D`) stands
 * still too: it stops before it is back in its own code. A parent in vfork(2) stays so while its child is
 * stopped.
 */
export async function stopAll(find: () => readonly ProcessStat[]): Promise<void> {
  await waitFor(
    () => {
      const moving = find().filter(({ state }) => state !== 'T');
      for (const process of moving) sendSignal(process, 'SIGSTOP');
      return moving.every(({ state }) => state === 'D');
    },
    { what: 'stopping all processes of a server', timeoutMs: 5_000, everyMs: 2 },
  );
}

export function continueAll(processes: readonly ProcessStat[]): void {
  for (const process of processes) sendSignal(process, 'SIGCONT');
}

/**
 * Kills all processes, also those that are forked while it goes on. They are stopped first, so that none can
 * act.
 */
export async function killAll(find: () => readonly ProcessStat[]): Promise<void> {
  for (const process of find()) sendSignal(process, 'SIGSTOP');
  await waitFor(
    () => {
      const living = find();
      for (const process of living) sendSignal(process, 'SIGKILL');
      return living.length === 0;
    },
    {
      what: 'killing all processes of a server',
      timeoutMs: 10_000,
      everyMs: 2,
      describe: () =>
        find()
          .map(({ pid, name, state }) => `${String(pid)} ${name} ${state}`)
          .join(', '),
    },
  );
}
