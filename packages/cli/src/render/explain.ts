import { describeReason, type ExplainAnswer } from '@holdfast/contract';
import { colourOf, type Style } from './style.ts';
import { renderTable, type Cell } from './table.ts';

/**
 * Why a hierarchy is where it is, who else could take it, and what would happen if its server died now
 * (B-02).
 */
export function renderExplanation(answer: ExplainAnswer, style: Style): string {
  const { say, paint, language } = style;
  const where = answer.owner === null ? '' : ` ${say('runsOn')} ${answer.owner}`;
  const summary = paint({ text: say(answer.summary), colour: colourOf(answer.summary) });
  const why = answer.why.map(
    ({ reason, rule }) => `  ${describeReason(reason, language)}${rule === null ? '' : ` (${rule})`}\n`,
  );
  const head: Cell[] = [say('server'), say('priority'), say('takeOver')].map((text) => ({
    text,
    colour: 'bold',
  }));
  const rows = answer.candidates.map(({ server, priority, eligible, reason }): Cell[] => [
    { text: server },
    { text: String(priority) },
    server === answer.owner
      ? { text: say('ownsIt'), colour: 'green' }
      : { text: `${say(eligible ? 'yes' : 'no')}${reason ? `: ${describeReason(reason, language)}` : ''}` },
  ]);
  const parts = [
    `${paint({ text: answer.hierarchy, colour: 'bold' })}: ${summary}${where}\n`,
    `${say('why')}\n${why.join('')}`,
    renderTable([head, ...rows], paint),
  ];
  if (answer.ifOwnerDied) {
    const { server, reason } = answer.ifOwnerDied;
    parts.push(`${say('ifOwnerDied')}: ${server ?? say('nobody')}\n  ${describeReason(reason, language)}\n`);
  }
  return parts.join('\n');
}
