import { monitorEventLoopDelay } from 'node:perf_hooks';

/** The longest times for which this server's daemon and guard stood still lately. */
export interface Stalls {
  readonly loopStallMs: number;
  readonly guardStallMs: number;
  /** How far back that goes, at most. */
  readonly windowMin: number;
}

export interface StallWatch {
  /** Tells of one time for which the guard was silent beyond its beat. */
  noteGuard(lateMs: number): void;
  /** The server has come up: what loading and starting took is not what it is like from now on. */
  begin(): void;
  read(): Stalls;
  close(): void;
}

/** Of a stall as much as this may not be seen; finer, and the looking itself would wake an idle server all the time. */
const resolutionMs = 50;
const bucketMs = 10 * 60_000;

/** Watches the daemon's event loop. Peaks are kept for ten to twenty minutes. */
export function createStallWatch(): StallWatch {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let before = { loopStallMs: 0, guardStallMs: 0 };
  let guardStallMs = 0;
  const turn = setInterval(() => {
    before = { loopStallMs: peakOf(histogram), guardStallMs };
    guardStallMs = 0;
    histogram.reset();
  }, bucketMs).unref();
  return {
    noteGuard: (lateMs) => {
      guardStallMs = Math.max(guardStallMs, lateMs);
    },
    begin: () => {
      histogram.reset();
      before = { loopStallMs: 0, guardStallMs: 0 };
      guardStallMs = 0;
    },
    read: () => ({
      loopStallMs: Math.round(Math.max(before.loopStallMs, peakOf(histogram))),
      guardStallMs: Math.round(Math.max(before.guardStallMs, guardStallMs)),
      windowMin: Math.round((2 * bucketMs) / 60_000),
    }),
    close: () => {
      clearInterval(turn);
      histogram.disable();
    },
  };
}

/** The histogram counts nanoseconds between two looks; without a look it has none. */
function peakOf(histogram: ReturnType<typeof monitorEventLoopDelay>): number {
  return histogram.count === 0 ? 0 : Math.max(0, histogram.max / 1e6 - resolutionMs);
}
