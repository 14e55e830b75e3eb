import { createError, errorOfReason, HoldfastError } from '@holdfast/contract';
import type { Reason } from '@holdfast/core';

/** A refusal as the error that a person meets. A reason without one of its own is told as it is. */
export function refusalError(reason: Reason): HoldfastError {
  const code = errorOfReason(reason.code);
  if (code) return new HoldfastError(code, reason.facts, {});
  const facts = Object.entries(reason.facts).map(([name, value]) => `${name} ${String(value)}`);
  return createError('HF-API-001', { problem: [reason.code, ...facts].join(', ') });
}
