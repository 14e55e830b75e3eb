import {
  createError,
  createErrorAnswer,
  exitCodeOf,
  formatError,
  isCodedError,
  isErrorCode,
  type CodedError,
  type ErrorBody,
  type Language,
} from '@holdfast/contract';

/** An error that the daemon answered with. */
export class AnsweredError extends Error {
  override readonly name = 'AnsweredError';
  readonly body: ErrorBody;
  readonly status: number;

  constructor(status: number, body: ErrorBody) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

/** How a command ended that did not succeed: what to print, and the exit code. */
export interface Failure {
  readonly exitCode: number;
  readonly text: string;
  readonly body: ErrorBody;
}

const exitCodesOfStatus: Readonly<Record<number, number>> = { 400: 2, 404: 2, 409: 3, 504: 5 };

/**
 * Puts any error into words. An answered one whose code this version does not know is told in the daemon's
 * words.
 */
export function describeFailure(error: unknown, language: Language): Failure {
  if (error instanceof AnsweredError) {
    const { body, status } = error;
    const known = isErrorCode(body.code) ? body.code : undefined;
    return {
      exitCode: known ? exitCodeOf(known) : (exitCodesOfStatus[status] ?? 1),
      text: known ? formatError(body, language) : `${body.code} ${body.message}\n  ${body.remedy}`,
      body,
    };
  }
  const coded: CodedError = isCodedError(error) ? error : unexpected(error);
  return {
    exitCode: isErrorCode(coded.code) ? exitCodeOf(coded.code) : 1,
    text: formatError(coded, language),
    body: createErrorAnswer(coded, language).body,
  };
}

function unexpected(error: unknown): CodedError {
  const problem = error instanceof Error ? error.message : String(error);
  return createError('HF-CLI-007', { problem }, { cause: error });
}
