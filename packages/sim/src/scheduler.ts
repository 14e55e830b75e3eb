/** True time of the simulated world, milliseconds. No simulated server can read it: each has its own clock (S9). */
export type TrueMs = number;

export interface Scheduler {
  now(): TrueMs;
  /** Runs `act` once, `delayMs` from now. Returns how to take that back. */
  after(delayMs: number, act: () => void): () => void;
  /** Runs events in order of time until `until`, or until `isOver` says so; what promises do is done before the next event. */
  run(until: TrueMs, isOver: () => boolean): Promise<void>;
  /** Events run so far. */
  count(): number;
}

interface Event {
  readonly at: TrueMs;
  readonly order: number;
  act: (() => void) | undefined;
}

/** No schedule comes near this: a loop that never rests is a bug. */
const mostEvents = 2_000_000;
/** The process may breathe after so many events: a test runner that waits for signs of life is not starved. */
const breatheEvery = 20_000;

/**
 * Virtual time. Events of one instant run in the order in which they were asked for; between two events the promise
 * jobs of the first one are all done, so a run depends on nothing but its seed.
 */
export function createScheduler(): Scheduler {
  const heap: Event[] = [];
  let now: TrueMs = 0;
  let order = 0;
  let count = 0;

  function after(delayMs: number, act: () => void): () => void {
    order += 1;
    const event: Event = { at: now + Math.max(0, delayMs), order, act };
    push(heap, event);
    return () => {
      event.act = undefined;
    };
  }

  function step(until: TrueMs): boolean {
    for (let first = heap[0]; first !== undefined && first.at <= until; first = heap[0]) {
      pop(heap);
      const { act } = first;
      if (act === undefined) continue;
      now = first.at;
      count += 1;
      if (count > mostEvents) throw new Error(`more than ${mostEvents} events by ${now} ms`);
      act();
      return true;
    }
    now = Math.max(now, until);
    return false;
  }

  function run(until: TrueMs, isOver: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn = (): void => {
      try {
        if (isOver() || !step(until)) {
          resolve();
          return;
        }
      } catch (error) {
        reject(error);
        return;
      }
      if (count % breatheEvery === 0) setImmediate(turn);
      // Node runs ticks only when no promise job is left: everything that this event set off is done by then.
      else queueMicrotask(() => process.nextTick(turn));
    };
    turn();
    return promise;
  }

  return { now: () => now, after, run, count: () => count };
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Event[], event: Event): void {
  let index = heap.length;
  heap.push(event);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || isBefore(parent, event)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const leftIndex = 2 * index + 1;
    const left = heap[leftIndex];
    if (left === undefined) break;
    const right = heap[leftIndex + 1];
    const [child, childIndex] =
      right !== undefined && isBefore(right, left) ? [right, leftIndex + 1] : [left, leftIndex];
    if (isBefore(last, child)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
