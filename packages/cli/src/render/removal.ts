import type { ServerRemovalAnswer } from '@holdfast/contract';
import { renderFindings } from './change.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** A server that leaves or is taken out: what to know, and in a dry run what would be done. */
export function renderRemoval(removal: ServerRemovalAnswer, style: Style): string {
  const { say, paint } = style;
  const { dryRun, findings, plan } = removal;
  const noteworthy = dryRun ? findings : findings.filter(({ outcome }) => outcome !== 'passed');
  const steps = plan.map(({ act, server, tag }, index) => [
    { text: `${index + 1}.` },
    { text: server },
    { text: `${say(act)} ${tag ?? ''}`.trim() },
  ]);
  return [
    ...(noteworthy.length > 0 ? [`${say('checks')}\n${renderFindings(noteworthy, style)}`] : []),
    ...(dryRun
      ? [`${say('plan')}\n${renderTable(steps, paint)}`, `${say('dryRun')}\n`]
      : [`${say('done')}\n`]),
  ].join('\n');
}
