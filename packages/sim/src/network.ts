import type { Store } from '@holdfast/engine/ports';
import type { Etcd } from './etcd.ts';
import type { Machine, SimProcess } from './machine.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** How one server is joined to the store. */
export interface Link {
  /** Requests arrive and answers are lost: the worse half of a broken network. */
  state: 'open' | 'cut' | 'answers-lost' | 'requests-lost';
  /** Longest delay of one way, milliseconds. */
  delayMs: number;
  /** What every answer takes besides. */
  answerDelayMs: number;
  /** What the next transaction takes to arrive. */
  nextCommitDelayMs: number;
}

export interface CallOptions {
  readonly scheduler: Scheduler;
  readonly etcd: Etcd;
  readonly random: Random;
  readonly process: SimProcess;
  readonly link: Link;
}

/**
 * One request to the store and its answer. The deadline is the client's own: what was sent may still take place after it,
 * and may take place although the answer is lost.
 */
export function call<T>(
  options: CallOptions,
  what: 'lease' | 'data',
  timeoutMs: number,
  act: () => T,
  lateMs = 0,
): Promise<T> {
  const { scheduler, etcd, random, process, link } = options;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const cancel = process.after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
  const answer = (say: () => void): void => {
    if (link.state === 'cut' || link.state === 'answers-lost') return;
    scheduler.after(delay(random, link) + link.answerDelayMs, () => {
      if (link.state === 'cut' || link.state === 'answers-lost') return;
      process.deliver(() => {
        cancel();
        say();
      });
    });
  };
  const perform = (): void => {
    let result: T;
    try {
      result = act();
    } catch (error) {
      answer(() => reject(error));
      return;
    }
    answer(() => resolve(result));
  };
  if (link.state === 'cut' || link.state === 'requests-lost') return promise;
  scheduler.after(delay(random, link) + lateMs, () => {
    if (link.state !== 'cut' && link.state !== 'requests-lost') etcd.arrive(what, perform);
  });
  return promise;
}

function delay(random: Random, link: Link): number {
  // Most answers are quick, also where some are slow.
  return link.delayMs > 5 && random.chance(0.5) ? random.between(0.1, 3) : random.between(0.1, link.delayMs);
}

/** The `Store` port of one daemon. Watch hints come late, twice or never. */
export function createStorePort(
  options: CallOptions & { readonly machine: Machine; readonly callTimeoutMs: () => number },
): Store {
  const { etcd, random, process, link, callTimeoutMs } = options;

  function watch(prefix: string, onChange: () => void): () => void {
    let waiting = false;
    const hint = (delayMs: number): void => {
      waiting = true;
      process.after(delayMs, () => {
        waiting = false;
        if (link.state === 'open') onChange();
      });
    };
    return etcd.watch(prefix, () => {
      if (waiting || !process.isAlive()) return;
      const fate = random.unit();
      if (fate < 0.05) return;
      if (fate < 0.1) hint(random.between(50, 1500));
      else {
        hint(random.between(0.2, 5));
        if (fate < 0.15) process.after(random.between(5, 300), onChange);
      }
    });
  }

  return {
    read: (prefix) => call(options, 'data', callTimeoutMs(), () => etcd.read(prefix)),
    commit: (transaction) => {
      const lateMs = link.nextCommitDelayMs;
      link.nextCommitDelayMs = 0;
      return call(options, 'data', callTimeoutMs(), () => etcd.commit(transaction), lateMs);
    },
    watch,
  };
}
