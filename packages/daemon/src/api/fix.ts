import type { PlanStep } from '@holdfast/contract';
import { because } from '@holdfast/core';
import type { FixResult } from '@holdfast/kits';
import type { PlacedFinding, Prepared } from './assemble.ts';
import { createCheckContext, type ApiContext } from './context.ts';

/** Milliseconds for putting one finding right: a stop, a start and what may have to be taken back. */
export const fixLimitMs = 120_000;

/** What was put right, with how to take it back when the creation fails later (K-06, K-09). */
export interface Fixes {
  readonly findings: readonly PlacedFinding[];
  /** Answers what it took back. */
  undo(): Promise<readonly PlanStep[]>;
}

/** Failed findings that the kits can put right. */
export function fixableOf(findings: readonly PlacedFinding[]): readonly PlacedFinding[] {
  return findings.filter(({ outcome, fixable }) => outcome === 'failed' && fixable === true);
}

/** The findings of a dry run: what would be put right is a warning that says what that costs. */
export function rehearseFixes(
  findings: readonly PlacedFinding[],
  fixable: readonly PlacedFinding[],
): readonly PlacedFinding[] {
  return findings.map((finding) => {
    if (!fixable.includes(finding)) return finding;
    const { code, facts } = finding.reason;
    return { ...finding, outcome: 'warned', reason: because('would-be-fixed', { ...facts, cause: code }) };
  });
}

/** Puts findings right, one after the other, up to one that cannot be: it is among the findings as failed. */
export async function performFixes(
  context: ApiContext,
  prepared: readonly Prepared[],
  fixable: readonly PlacedFinding[],
): Promise<Fixes> {
  const undos: { readonly step: PlanStep; readonly undo: () => Promise<void> }[] = [];
  const findings: PlacedFinding[] = [];
  const undo = async (): Promise<readonly PlanStep[]> => {
    const taken = undos.splice(0).reverse();
    for (const one of taken) await one.undo();
    return taken.map(({ step }) => step);
  };
  for (const finding of fixable) {
    const result = await performFix(context, prepared, finding);
    if (!result) continue;
    const { server } = finding;
    const place = { server, tag: finding.tag };
    if (result.state === 'failed') {
      return { findings: [{ ...result.finding, ...place }], undo };
    }
    findings.push(...result.findings.map((one) => ({ ...one, ...place })));
    undos.push({ step: { act: 'put-back', ...place }, undo: () => result.undo() });
  }
  return { findings, undo };
}

async function performFix(
  context: ApiContext,
  prepared: readonly Prepared[],
  finding: PlacedFinding,
): Promise<FixResult | undefined> {
  const found = prepared.find(({ resource }) => resource.tag === finding.tag);
  if (!found) return undefined;
  const { kit, parameters, resource, password } = found;
  const check = createCheckContext(context, resource.tag, parameters, password);
  return kit.fix?.(
    {
      ...check,
      signal: AbortSignal.timeout(fixLimitMs),
      deadline: context.host.clock.now() + fixLimitMs,
      progress: () => undefined,
    },
    finding,
  );
}
