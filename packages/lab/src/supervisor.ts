import type { BoxProcess, RunOptions, ServerBox } from './server-box.ts';

export interface Supervisor {
  /** The process of this moment; `undefined` while there is none. */
  current(): BoxProcess | undefined;
  /** How often it was started again after an end of its own. */
  restarts(): number;
  /** From now on its end is its end, until `start` is called. */
  hold(): void;
  start(): void;
  dispose(): void;
}

/**
 * Keeps a program running on a server like a service manager with `Restart=always`, `RestartSec=100ms` and
 * `KillMode=process`. It does nothing while the server is off, and starts nothing by itself when that comes
 * back.
 */
export function supervise(
  box: ServerBox,
  options: {
    readonly command: readonly [string, ...string[]];
    readonly run: RunOptions;
    readonly restartAfterMs?: number;
  },
): Supervisor {
  const [executable, ...args] = options.command;
  let current: BoxProcess | undefined;
  let held = true;
  let restarts = 0;
  let timer: NodeJS.Timeout | undefined;

  const launch = (): void => {
    if (held || current || box.state() === 'off') return;
    const started = box.run(executable, args, options.run);
    current = started;
    void started.ended.then(() => {
      current = undefined;
      if (held || box.state() === 'off') return;
      timer = setTimeout(() => {
        restarts += 1;
        launch();
      }, options.restartAfterMs ?? 100);
    });
  };
  const forget = box.onPowerOff(() => {
    held = true;
    clearTimeout(timer);
  });
  return {
    current: () => current,
    restarts: () => restarts,
    hold: () => {
      held = true;
      clearTimeout(timer);
    },
    start: () => {
      held = false;
      launch();
    },
    dispose: () => {
      held = true;
      clearTimeout(timer);
      forget();
    },
  };
}
