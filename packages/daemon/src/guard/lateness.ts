import { monotonicNow } from './clock.ts';

/** How long after its time a step of the guard came: a machine that stands still makes it late. */
export interface Lateness {
  /** The next step is due in `waitMs`; it may come earlier. */
  expectIn(waitMs: number): void;
  /** A step has come. */
  note(): void;
  /** Empty where the last step's lateness is not worth a word. */
  told(): { readonly lateMs?: number };
}

/** Any machine is this late at times. */
const usualMs = 20;

export function createLateness(): Lateness {
  let dueAt = Infinity;
  let lateMs = 0;
  return {
    expectIn: (waitMs) => {
      dueAt = monotonicNow() + waitMs;
    },
    note: () => {
      lateMs = Math.max(0, Math.round(monotonicNow() - dueAt));
    },
    told: () => (lateMs > usualMs ? { lateMs } : {}),
  };
}
