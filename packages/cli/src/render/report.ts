import {
  describeEvent,
  describeReason,
  reportPhases,
  type ReportAnswer,
  type ReportKind,
  type ReportPhase,
  type ReportSummary,
  type Text,
} from '@holdfast/contract';
import { renderEvent } from './events.ts';
import type { Style } from './style.ts';
import { renderTable, type Cell } from './table.ts';

/** Columns of the longest bar. */
const barColumns = 40;

const kindTexts: Readonly<Record<ReportKind, Text>> = {
  failover: { en: 'failover', ja: 'フェールオーバー' },
  'local-recovery': { en: 'local recovery', ja: 'ローカルリカバリー' },
  switchover: { en: 'switchover', ja: 'スイッチオーバー' },
  'failed-move': { en: 'failed move', ja: '移動の失敗' },
  rest: { en: 'rests out of service', ja: '停止したまま待機' },
  start: { en: 'start', ja: '起動' },
};

const phaseTexts: Readonly<Record<ReportPhase, Text>> = {
  detection: { en: 'detection', ja: '検出' },
  arbitration: { en: 'arbitration', ja: '調停' },
  volume: { en: 'volume', ja: 'ボリューム' },
  address: { en: 'address', ja: 'アドレス' },
  postgresql: { en: 'PostgreSQL', ja: 'PostgreSQL' },
  other: { en: 'other', ja: 'その他' },
};

/** The newest reports, one line each. */
export function renderReports(reports: readonly ReportSummary[], { say, paint, language }: Style): string {
  if (reports.length === 0) return `${say('noReport')}\n`;
  const head = [say('at'), say('hierarchy'), say('event'), say('server'), say('seconds'), say('report')];
  const rows = reports.map((report): Cell[] => [
    { text: report.at },
    { text: report.hierarchy },
    { text: kindTexts[report.kind][language], ...(report.outcome === 'resting' && { colour: 'red' }) },
    { text: wayOf(report) },
    { text: seconds(report.totalMs) },
    { text: report.id },
  ]);
  return renderTable([head.map((text): Cell => ({ text, colour: 'bold' })), ...rows], paint);
}

/** One report: what it was, what the time was spent on, and the timeline. */
export function renderReport(report: ReportAnswer, style: Style): string {
  const { paint, language } = style;
  const kind = kindTexts[report.kind][language];
  const title = paint({ text: `${report.hierarchy}: ${kind} ${wayOf(report)}`, colour: 'bold' });
  const cause = report.cause ? `  ${describeReason(report.cause, language)}\n` : '';
  const parts = [
    `${title}  ${seconds(report.totalMs)} s\n  ${report.at}  ${report.id}\n${cause}`,
    renderPhases(report, style),
    renderSteps(report, style),
  ];
  if (report.skipped.length > 0) {
    const skipped = report.skipped.map(
      ({ server, reason }) => `  ${server}: ${describeReason(reason, language)}\n`,
    );
    parts.push(`${style.say('skipped')}\n${skipped.join('')}`);
  }
  if (report.lastWords.length > 0) {
    const words = report.lastWords.map((event) => `  ${renderEvent({ ...event, id: '' }, style)}`);
    parts.push(`${style.say('lastWords')}\n${words.join('')}`);
  }
  return parts.join('\n');
}

function wayOf({ from, server }: Pick<ReportSummary, 'from' | 'server'>): string {
  return from === null || from === server ? server : `${from} → ${server}`;
}

function renderPhases({ phases, totalMs }: ReportAnswer, { paint, language }: Style): string {
  const rows = reportPhases
    .filter((phase) => phase !== 'other' || phases[phase] > 0)
    .map((phase): Cell[] => {
      const columns = totalMs > 0 ? Math.round((phases[phase] / totalMs) * barColumns) : 0;
      const atLeast = phases[phase] > 0 ? 1 : 0;
      return [
        { text: phaseTexts[phase][language] },
        { text: seconds(phases[phase]).padStart(9) },
        { text: '#'.repeat(Math.max(columns, atLeast)) },
      ];
    });
  return renderTable(rows, paint);
}

function renderSteps(report: ReportAnswer, { paint, language, say }: Style): string {
  const { hierarchy, omitted } = report;
  const rows = report.steps.map(({ afterMs, server, tag, code, facts }): Cell[] => {
    const sentence = describeEvent({ code, facts, server, hierarchy, tag }, language);
    const named = tag === null || sentence.includes(tag) ? sentence : `${tag}: ${sentence}`;
    return [{ text: `+${seconds(afterMs)}`.padStart(10) }, { text: server }, { text: named }];
  });
  const table = renderTable(rows, paint);
  return omitted === 0 ? table : `${table}  (${say('omitted')}: ${omitted})\n`;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
