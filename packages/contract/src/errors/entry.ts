import type { Text } from '../text.ts';

/**
 * What kind of failure an error is: it fixes the exit code of the command line and the status of an API
 * answer. `unknown-name`: what was named does not exist. `refused`: a rule forbids it. `unavailable`: a part
 * that is needed does not answer. `unreachable`: the daemon itself does not answer. `not-signed-in`, `not-permitted`,
 * `too-many`: nobody is known to ask, who asks may not do it, it was asked too often.
 */
export type ErrorKind =
  | 'failed'
  | 'usage'
  | 'unknown-name'
  | 'refused'
  | 'unavailable'
  | 'unreachable'
  | 'timed-out'
  | 'not-signed-in'
  | 'not-permitted'
  | 'too-many';

/** One error of the catalogue. Its message is lower case and has no full stop; its remedy says what to do. */
export interface ErrorEntry {
  readonly kind: ErrorKind;
  readonly message: Text;
  readonly remedy: Text;
  /** Codes of reasons (findings, verdicts, results) that are this error when they reach a person. */
  readonly reasons?: readonly string[];
}

/** Exit code and HTTP status of each kind. They are part of the interface and never change. */
export const errorKinds: Readonly<
  Record<ErrorKind, { readonly exitCode: number; readonly httpStatus: number }>
> = {
  failed: { exitCode: 1, httpStatus: 500 },
  usage: { exitCode: 2, httpStatus: 400 },
  'unknown-name': { exitCode: 2, httpStatus: 404 },
  refused: { exitCode: 3, httpStatus: 409 },
  unavailable: { exitCode: 1, httpStatus: 503 },
  unreachable: { exitCode: 4, httpStatus: 503 },
  'timed-out': { exitCode: 5, httpStatus: 504 },
  'not-signed-in': { exitCode: 3, httpStatus: 401 },
  'not-permitted': { exitCode: 3, httpStatus: 403 },
  'too-many': { exitCode: 1, httpStatus: 429 },
};
