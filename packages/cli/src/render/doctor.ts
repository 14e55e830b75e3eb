import type { DoctorAnswer, DoctorFinding } from '@holdfast/contract';
import { renderFindings } from './change.ts';
import type { Style } from './style.ts';
import type { Word } from './words.ts';

const order: readonly DoctorFinding['outcome'][] = ['failed', 'warned', 'passed'];

/** What is wrong first, server by server; what passed is counted, and shown with `all`. */
export function renderDoctor(answer: DoctorAnswer, style: Style, all: boolean): string {
  const { say, paint } = style;
  const sections = answer.servers.map(({ server, findings }) => {
    const sorted = order.flatMap((outcome) => findings.filter((one) => one.outcome === outcome));
    const shown = all ? sorted : sorted.filter(({ outcome }) => outcome !== 'passed');
    const counts = order.map(
      (outcome) =>
        `${String(findings.filter((one) => one.outcome === outcome).length)} ${say(wordOf(outcome))}`,
    );
    const head = `${paint({ text: server, colour: 'bold' })}: ${counts.join(', ')}\n`;
    return `${head}${renderFindings(shown, style)}`;
  });
  return sections.join('\n');
}

function wordOf(outcome: DoctorFinding['outcome']): Word {
  return outcome === 'failed' ? 'findingFailed' : outcome;
}
