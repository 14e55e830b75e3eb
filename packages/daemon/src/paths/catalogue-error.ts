import { createError, HoldfastError, isErrorCode } from '@holdfast/contract';
import type { ServerName } from '@holdfast/core';
import type { PathRequestError } from './wire.ts';

/**
 * The error of the catalogue that a failed request amounts to, for the API and for people: the other
 * server's own, if its handler threw one, else HF-CLUSTER-012 (no answer) or HF-CLUSTER-015 (an answer that
 * is of no use).
 */
export function toCatalogueError(
  error: PathRequestError,
  asked: { readonly server: ServerName; readonly waitedMs: number },
): HoldfastError {
  const { server } = asked;
  const { code, facts } = error.reason;
  switch (error.code) {
    case 'path-none':
    case 'path-lost':
    case 'request-timeout':
    case 'request-aborted':
      return createError(
        'HF-CLUSTER-012',
        { server, waitedMs: Math.round(asked.waitedMs) },
        { cause: error },
      );
    case 'path-busy':
    case 'path-protocol':
    case 'body-too-large':
      return createError('HF-CLUSTER-015', { server, status: code, detail: error.message }, { cause: error });
    case 'handler-refused':
      if (isErrorCode(code)) return new HoldfastError(code, facts, { cause: error });
      return createError(
        'HF-CLUSTER-015',
        { server, status: code, detail: JSON.stringify(facts) },
        { cause: error },
      );
    default:
      return error.code satisfies never;
  }
}
