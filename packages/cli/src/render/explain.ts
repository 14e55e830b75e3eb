import { describeReason, type ExplainAnswer, type OutageEstimate } from '@holdfast/contract';
import { colourOf, type Style } from './style.ts';
import { renderTable, type Cell } from './table.ts';
import type { Word } from './words.ts';

type OwnerDied = NonNullable<ExplainAnswer['ifOwnerDied']>;

/**
 * Why a hierarchy is where it is, who else could take it, and what would happen if its server died or one of its resources
 * failed now (B-02).
 */
export function renderExplanation(answer: ExplainAnswer, style: Style): string {
  const { say, paint } = style;
  const where = answer.owner === null ? '' : ` ${say('runsOn')} ${answer.owner}`;
  const summary = paint({ text: say(answer.summary), colour: colourOf(answer.summary) });
  const why = answer.why.map((one) => `  ${describe(one, style)}\n`);
  return [
    `${paint({ text: answer.hierarchy, colour: 'bold' })}: ${summary}${where}\n`,
    `${say('why')}\n${why.join('')}`,
    renderCandidates(answer, style),
    ...(answer.ifOwnerDied ? renderLoss(answer.ifOwnerDied, style) : []),
    ...(answer.ifResourceFailed.length > 0 ? [renderFailures(answer.ifResourceFailed, style)] : []),
  ].join('\n');
}

function describe(
  { reason, rule }: Pick<ExplainAnswer['why'][number], 'reason' | 'rule'>,
  { language }: Style,
): string {
  return `${describeReason(reason, language)}${rule === null ? '' : ` (${rule})`}`;
}

function headOf({ say }: Style, ...words: readonly Word[]): readonly Cell[] {
  return words.map((word) => ({ text: say(word), colour: 'bold' }));
}

function renderCandidates(answer: ExplainAnswer, style: Style): string {
  const { say, paint, language } = style;
  const rows = answer.candidates.map(({ server, priority, eligible, reason }): Cell[] => [
    { text: server },
    { text: String(priority) },
    server === answer.owner
      ? { text: say('ownsIt'), colour: 'green' }
      : { text: `${say(eligible ? 'yes' : 'no')}${reason ? `: ${describeReason(reason, language)}` : ''}` },
  ]);
  return renderTable([headOf(style, 'server', 'priority', 'takeOver'), ...rows], paint);
}

function renderLoss(died: OwnerDied, style: Style): readonly string[] {
  const { say, paint } = style;
  const head = `${say('ifOwnerDied')}: ${died.server ?? say('nobody')}\n  ${describe(died, style)}\n`;
  const rows = died.order.map((one): Cell[] => [
    { text: one.server },
    { text: one.afterMs === null ? say('notItself') : `+${seconds(one.afterMs)}` },
    { text: describe(one, style) },
  ]);
  const order =
    rows.length > 0 ? [renderTable([headOf(style, 'server', 'after', 'reason'), ...rows], paint)] : [];
  return [head, ...order, ...(died.outage ? [renderOutage(died.outage, style)] : [])];
}

function renderOutage(outage: OutageEstimate, { say }: Style): string {
  const { leaseMs, turnMs, volumeMs, addressMs, postgresqlMs, walBytes, totalMs } = outage;
  const replay = walBytes === null ? '' : ` (${(walBytes / 1024 / 1024).toFixed(0)} ${say('toReplay')})`;
  const parts = [
    `${say('leaseAtMost')} ${seconds(leaseMs)}`,
    ...(turnMs > 0 ? [`${say('turn')} ${seconds(turnMs)}`] : []),
    ...(volumeMs === null ? [] : [`${say('volume')} ${seconds(volumeMs)}`]),
    ...(addressMs === null || addressMs === 0 ? [] : [`${say('addressPart')} ${seconds(addressMs)}`]),
    ...(postgresqlMs === null ? [] : [`PostgreSQL ${seconds(postgresqlMs)}${replay}`]),
  ];
  return `${say('estimatedOutage')} ${seconds(totalMs)}: ${parts.join(', ')}\n`;
}

function renderFailures(failures: ExplainAnswer['ifResourceFailed'], style: Style): string {
  const { say, paint } = style;
  const name = (outcome: ExplainAnswer['ifResourceFailed'][number]['outcome'], to: string | null): string =>
    `${say(outcome)}${to === null ? '' : ` → ${to}`}`;
  const rows = failures.map((one): Cell[] => [
    { text: one.tag },
    { text: `${name(one.outcome, one.to)} (${one.rule})` },
    { text: one.recoveriesLeft === null ? say('unknown') : String(one.recoveriesLeft) },
    { text: name(one.then.outcome, one.then.to) },
  ]);
  const head = headOf(style, 'resource', 'outcome', 'recoveriesLeft', 'afterThose');
  return `${say('ifResourceFailed')}\n${renderTable([head, ...rows], paint)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
