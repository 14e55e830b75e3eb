import { createHash } from 'node:crypto';
import type { TrueMs } from './scheduler.ts';

/** What happened in a run, line by line, for people and for the proof that a seed gives one run. */
export interface Trace {
  start(now: () => TrueMs): void;
  /** `line` is only called when somebody reads. */
  add(line: () => string): void;
  lines(): readonly string[];
  hash(): string;
}

/** Keeps nothing: runs are fast when nobody reads. */
export const silentTrace: Trace = { start: () => {}, add: () => {}, lines: () => [], hash: () => '' };

/** `print` gets every line at once; the last `keep` lines stay. */
export function createTrace({
  keep,
  print,
}: {
  readonly keep: number;
  readonly print?: (line: string) => void;
}): Trace {
  const hash = createHash('sha256');
  let now = (): TrueMs => 0;
  let kept: string[] = [];
  return {
    start(clock) {
      now = clock;
    },
    add(line) {
      const text = `${now().toFixed(3).padStart(11)} ${line()}`;
      hash.update(text);
      kept.push(text);
      if (kept.length > 2 * keep) kept = kept.slice(-keep);
      print?.(text);
    },
    lines: () => kept.slice(-keep),
    hash: () => hash.copy().digest('hex'),
  };
}
