import { startProcess } from './box-process.ts';
import type { BoxProcess, ClientBox } from './server-box.ts';

/**
 * Makes the place where the application runs. `enter` are the words before a command that lead there. Its
 * processes end with this one, however that ends (PR_SET_PDEATHSIG), and with `end`.
 */
export function createClientBox(options: {
  readonly address: string;
  readonly enter: readonly string[];
}): ClientBox & { end(): Promise<void> } {
  const running = new Set<BoxProcess>();
  return {
    address: options.address,
    run: (executable, args, runOptions = {}) => {
      const command = ['/usr/bin/setpriv', '--pdeathsig', 'KILL', ...options.enter, executable, ...args];
      const started = startProcess(command, runOptions, (child) => child.pid);
      running.add(started);
      void started.ended.then(() => running.delete(started));
      return started;
    },
    end: async () => {
      for (const started of running) started.signal('SIGKILL');
      await Promise.all([...running].map((started) => started.ended));
    },
  };
}
