/** Why something was decided, refused or found: a code that is stable, and the values that matter. */
export interface Reason {
  readonly code: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** An expected answer to "may I?". A refusal carries its reason, so that a person can be told. */
export type Verdict = { readonly allowed: true } | Refusal;

export interface Refusal {
  readonly allowed: false;
  readonly reason: Reason;
}

/** Builds a reason. `facts` are plain values, never secrets. */
export function because(code: string, facts: Reason['facts'] = {}): Reason {
  return { code, facts };
}

export function allow(): Verdict {
  return { allowed: true };
}

export function refuse(code: string, facts: Reason['facts'] = {}): Refusal {
  return { allowed: false, reason: because(code, facts) };
}

/** A broken assumption of our own: the process that meets one stops in a controlled way. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Asserts what must hold by construction. Throws {@link InvariantError} with `message` otherwise. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}
