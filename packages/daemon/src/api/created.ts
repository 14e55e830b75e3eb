import { changeAnswer, HoldfastError, isErrorCode, planStep, type ChangeAnswer } from '@holdfast/contract';
import { z } from 'zod';
import { ChangeError, codedError, parsePlacedFindings, placedFindings } from './findings.ts';

const created = z.discriminatedUnion('state', [
  z.object({ state: z.literal('done'), answer: changeAnswer }),
  z.object({
    state: z.literal('failed'),
    code: z.string(),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    findings: placedFindings,
    undone: z.array(planStep),
  }),
]);

/** A creation for another server's client as it crosses the path: also why it failed, and what was taken back. */
export async function describeCreated(create: () => Promise<ChangeAnswer>): Promise<z.input<typeof created>> {
  try {
    return { state: 'done', answer: await create() };
  } catch (error) {
    const { code, facts } = codedError(error);
    const { findings = [], undone = [] } = error instanceof ChangeError ? error : {};
    return {
      state: 'failed',
      code,
      facts: { ...facts },
      findings: findings.map(({ reason, ...finding }) => ({
        ...finding,
        reason: { code: reason.code, facts: { ...reason.facts } },
      })),
      undone: [...undone],
    };
  }
}

/** The other way round. Rejects with why it failed there. */
export function parseCreated(answer: unknown, server: string): ChangeAnswer {
  const parsed = created.parse(answer);
  if (parsed.state === 'done') return parsed.answer;
  const { code, facts, undone } = parsed;
  const error = isErrorCode(code) ? new HoldfastError(code, facts, {}) : codedError(new Error(code));
  throw new ChangeError(error, { findings: parsePlacedFindings(parsed.findings, server), undone });
}
