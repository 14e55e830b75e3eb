import { createError, describeReason, errorOfReason, HoldfastError } from '@holdfast/contract';
import type { Reason } from '@holdfast/core';

/** A refusal as the error that a person meets. A reason without one of its own is told in words. */
export function refusalError(reason: Reason): HoldfastError {
  const code = errorOfReason(reason.code);
  if (code) return new HoldfastError(code, reason.facts, {});
  return createError('HF-HIER-023', { cause: describeReason(reason, 'en') });
}
