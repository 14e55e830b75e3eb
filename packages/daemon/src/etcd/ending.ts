/** Why a call is given up: a faster endpoint has answered, or whoever asked does not want it any more. */
export type EndingReason = 'superseded' | 'aborted';

/** What a call needs of an AbortSignal: one of those will do as well. */
export interface Ending {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export interface EndingControl extends Ending {
  /** Only the first time counts. */
  abort(reason: EndingReason): void;
}

/**
 * An AbortController for a single call. Those of Node are events of the web's kind, which cost a call as much as its
 * bytes do, and an idle server makes ten calls a second.
 */
export function createEnding(): EndingControl {
  const listeners = new Set<() => void>();
  let reason: EndingReason | undefined;
  return {
    get aborted() {
      return reason !== undefined;
    },
    get reason() {
      return reason;
    },
    addEventListener: (_, listener) => void listeners.add(listener),
    removeEventListener: (_, listener) => void listeners.delete(listener),
    abort(why) {
      if (reason !== undefined) return;
      reason = why;
      for (const listener of listeners) listener();
      listeners.clear();
    },
  };
}
