import { createError } from '@holdfast/contract';
import type { z } from 'zod';

/** Parses what came in by its schema. Throws HF-API-001, which names the field. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.map(String).join('.') ?? '';
  throw createError('HF-API-001', { problem: `${field === '' ? '' : `${field}: `}${issue?.message ?? ''}` });
}
