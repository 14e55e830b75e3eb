import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { instantMs } from './deadline.ts';
import type { ServerBox } from './server-box.ts';

export interface Watchdog {
  /** Takes a new time to live into force, as WDIOC_SETTIMEOUT would. */
  setTimeoutMs(timeoutMs: number): void;
  /** `idle` until it is first fed, and after a farewell. */
  state(): 'idle' | 'armed';
  dispose(): void;
}

/**
 * Stands for the watchdog hardware of a server: a fifo. The first byte arms it; from then on a server that
 * does not write for `timeoutMs` loses its power. The byte `V` as the last one takes that back (the kernel's
 * "magic close").
 */
export function watchOver(
  box: ServerBox,
  options: { readonly timeoutMs: number; readonly onReset: (silentMs: number) => void },
): Watchdog {
  // Opened for writing too, so that the end of the writer is no end of file.
  const socket = new Socket({
    fd: openSync(box.watchdogFile, constants.O_RDWR | constants.O_NONBLOCK),
    writable: false,
  });
  let timeoutMs = options.timeoutMs;
  let fedAtMs: number | undefined;
  socket.on('data', (bytes: Buffer) => {
    fedAtMs = bytes.at(-1) === 'V'.charCodeAt(0) ? undefined : instantMs();
  });
  socket.on('error', () => undefined);
  const reset = (): void => {
    if (fedAtMs === undefined || instantMs() - fedAtMs < timeoutMs) return;
    const silentMs = instantMs() - fedAtMs;
    fedAtMs = undefined;
    void box.powerOff().then(() => {
      options.onReset(silentMs);
    });
  };
  // A late timer of this process is no silence of the server: bytes that wait are read before the verdict.
  const timer = setInterval(() => setImmediate(reset), 10);
  const forget = box.onPowerOff(() => (fedAtMs = undefined));
  return {
    setTimeoutMs: (value) => (timeoutMs = value),
    state: () => (fedAtMs === undefined ? 'idle' : 'armed'),
    dispose: () => {
      clearInterval(timer);
      forget();
      socket.destroy();
    },
  };
}
