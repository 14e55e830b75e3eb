import { accessErrors } from './errors/access.ts';
import { clusterErrors } from './errors/cluster.ts';
import { configurationErrors } from './errors/configuration.ts';
import { errorKinds, type ErrorEntry, type ErrorKind } from './errors/entry.ts';
import { execErrors } from './errors/exec.ts';
import { failsafeErrors } from './errors/failsafe.ts';
import { guardErrors } from './errors/guard.ts';
import { hierarchyErrors } from './errors/hierarchy.ts';
import { hostErrors } from './errors/host.ts';
import { interfaceErrors } from './errors/interface.ts';
import { membershipErrors } from './errors/membership.ts';
import { policyErrors } from './errors/policy.ts';
import { ipErrors } from './errors/ip.ts';
import { certificateErrors } from './errors/certificates.ts';
import { pathErrors } from './errors/paths.ts';
import { postgresqlCheckErrors } from './errors/postgresql-checks.ts';
import { postgresqlErrors } from './errors/postgresql.ts';
import { structureErrors } from './errors/structure.ts';
import { storeErrors } from './errors/store.ts';
import { volumeCheckErrors } from './errors/volume-checks.ts';
import { volumeErrors } from './errors/volume.ts';
import {
  factNames,
  fillTemplate,
  printable,
  type Fact,
  type FactNames,
  type Facts,
  type Language,
} from './text.ts';

/** Every error that a person can meet, by its code HF-AREA-NNN. A code is never reused. */
export const errorCatalogue = {
  ...storeErrors,
  ...clusterErrors,
  ...membershipErrors,
  ...configurationErrors,
  ...execErrors,
  ...guardErrors,
  ...failsafeErrors,
  ...hostErrors,
  ...hierarchyErrors,
  ...policyErrors,
  ...structureErrors,
  ...postgresqlCheckErrors,
  ...postgresqlErrors,
  ...volumeCheckErrors,
  ...volumeErrors,
  ...ipErrors,
  ...interfaceErrors,
  ...accessErrors,
  ...certificateErrors,
  ...pathErrors,
} as const satisfies Record<string, ErrorEntry>;

type Catalogue = typeof errorCatalogue;
export type ErrorCode = keyof Catalogue;

type NamesOf<C extends ErrorCode> =
  FactNames<Catalogue[C]['message']['en']> | FactNames<Catalogue[C]['remedy']['en']>;

/** The facts of one error: exactly the names that its message and its remedy mention. */
export type FactsOf<C extends ErrorCode> = [NamesOf<C>] extends [never]
  ? Readonly<Record<string, never>>
  : { readonly [Name in NamesOf<C>]: Fact };

/**
 * A broken world: something outside of the program is not as it must be. An expected refusal is a verdict
 * instead.
 */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, facts: Facts, options: ErrorOptions) {
    super(fillTemplate(errorCatalogue[code].message.en, facts), options);
    this.code = code;
    this.facts = facts;
  }
}

/** Makes an error of the catalogue. One fact more or less than its message mentions does not compile. */
export function createError<C extends ErrorCode>(
  code: C,
  facts: FactsOf<C>,
  options: { readonly cause?: unknown } = {},
): HoldfastError {
  return new HoldfastError(code, facts, options);
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

/** An error as it crosses a border: thrown by any part, or read from an answer of the API. */
export interface CodedError {
  readonly code: string;
  readonly facts: Facts;
  /** Said where the catalogue does not know the code, or the facts are not those of its message. */
  readonly message: string;
}

/** Is this an error with a code of the catalogue? Parts of Holdfast may throw classes of their own. */
export function isCodedError(error: unknown): error is CodedError & { readonly code: ErrorCode } {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    isErrorCode(error.code) &&
    'facts' in error &&
    typeof error.facts === 'object'
  );
}

/** What an error says in a language: lower case, no full stop. */
export function describeError(error: CodedError, language: Language): string {
  if (!isErrorCode(error.code)) return printable(error.message);
  const template = errorCatalogue[error.code].message[language];
  const complete = factNames(template).every((name) => Object.hasOwn(error.facts, name));
  return complete ? fillTemplate(template, error.facts) : printable(error.message);
}

/** What to do about an error: one sentence or two. Empty where the catalogue does not know the code. */
export function describeRemedy(error: Pick<CodedError, 'code' | 'facts'>, language: Language): string {
  return isErrorCode(error.code)
    ? fillTemplate(errorCatalogue[error.code].remedy[language], error.facts)
    : '';
}

/** An error for a person: its code and message on the first line, the remedy on the second. */
export function formatError(error: CodedError, language: Language): string {
  const first = `${error.code} ${describeError(error, language)}`;
  const remedy = describeRemedy(error, language);
  return remedy === '' ? first : `${first}\n  ${remedy}`;
}

/** 0 stands for success and is no error's; see {@link errorKinds}. */
export function exitCodeOf(code: ErrorCode): number {
  return errorKinds[kindOf(code)].exitCode;
}

export function httpStatusOf(code: ErrorCode): number {
  return errorKinds[kindOf(code)].httpStatus;
}

function kindOf(code: ErrorCode): ErrorKind {
  return errorCatalogue[code].kind;
}

const codeOfReason: ReadonlyMap<string, ErrorCode> = new Map(
  (Object.keys(errorCatalogue) as ErrorCode[]).flatMap((code) => {
    const entry: ErrorEntry = errorCatalogue[code];
    return (entry.reasons ?? []).map((reason): [string, ErrorCode] => [reason, code]);
  }),
);

/** The error that a reason is when it reaches a person, where the catalogue has one. */
export function errorOfReason(reasonCode: string): ErrorCode | undefined {
  return codeOfReason.get(reasonCode);
}
