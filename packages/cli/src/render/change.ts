import { describeProblem, type ChangeAnswer, type FindingBody, type PlanStep } from '@holdfast/contract';
import { renderChanges } from './settings.ts';
import { hierarchyRemarks, renderHierarchies } from './status.ts';
import { colourOf, type Style } from './style.ts';
import { renderTable } from './table.ts';

/** Checks, one line each; what did not pass has its code and what to do about it. */
export function renderFindings(findings: readonly FindingBody[], { say, paint, language }: Style): string {
  return findings
    .map(({ outcome, server, tag, check, reason }) => {
      const { code, sentence, remedy } = describeProblem(reason, language);
      const mark = { text: say(outcome === 'failed' ? 'findingFailed' : outcome), colour: colourOf(outcome) };
      const where = `${tag ?? ''} ${server}`.trim();
      const shownCode = outcome === 'passed' || code === undefined ? '' : `${code} `;
      const line = `${paint(mark)}  ${where}  ${check}: ${shownCode}${sentence}\n`;
      return outcome === 'passed' || remedy === undefined ? line : `${line}    ${remedy}\n`;
    })
    .join('');
}

/** What would be done, in order. */
export function renderPlan(plan: readonly PlanStep[], { say, paint }: Style): string {
  if (plan.length === 0) return `${say('nothingToDo')}\n`;
  return renderTable(
    plan.map(({ act, server, tag }, index) => [
      { text: `${index + 1}.` },
      { text: server },
      { text: `${say(act)} ${tag ?? ''}`.trim() },
    ]),
    paint,
  );
}

/** The answer to a change: what was checked, what a dry run would do, and how the hierarchy is afterwards. */
export function renderChange(change: ChangeAnswer, style: Style): string {
  const { say } = style;
  const noteworthy = change.dryRun
    ? change.findings
    : change.findings.filter(({ outcome }) => outcome !== 'passed');
  const parts: string[] = [];
  if (noteworthy.length > 0) parts.push(`${say('checks')}\n${renderFindings(noteworthy, style)}`);
  const plan = change.changes ? renderChanges(change.changes, style) : renderPlan(change.plan, style);
  if (change.dryRun) parts.push(`${say('plan')}\n${plan}`, `${say('dryRun')}\n`);
  else if (change.operation?.state === 'running') parts.push(`${say('goesOn')} ${change.operation.id}\n`);
  else parts.push(`${say('done')}\n`);
  if (change.hierarchy && !change.dryRun) {
    const servers = Object.keys(change.hierarchy.priorities).map((name) => ({ name, role: 'member' }));
    const remarks = hierarchyRemarks(change.hierarchy, style).map((line) => `! ${line}\n`);
    parts.push(`${renderHierarchies([change.hierarchy], servers, style)}${remarks.join('')}`);
  }
  return parts.join('\n');
}
