import type { ErrorBody } from './api.ts';
import { describeError, describeRemedy, httpStatusOf, isErrorCode, type CodedError } from './errors.ts';
import type { Language } from './text.ts';

/** The answer of the API for an error: HTTP status and body, in the language that the client asked for. */
export function createErrorAnswer(
  error: CodedError,
  language: Language,
  details: Pick<ErrorBody, 'findings' | 'undone'> = {},
): { readonly status: number; readonly body: ErrorBody } {
  return {
    status: isErrorCode(error.code) ? httpStatusOf(error.code) : 500,
    body: {
      code: error.code,
      message: describeError(error, language),
      facts: { ...error.facts },
      remedy: describeRemedy(error, language),
      ...details,
    },
  };
}

/** `en` or `ja`: what the header `Accept-Language` names first. */
export function languageOfHeader(header: string | undefined): Language {
  return /^\s*ja\b/i.test(header ?? '') ? 'ja' : 'en';
}
