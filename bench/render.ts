import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BlowRun } from './blows.ts';
import type { BenchReport, Compared, ProfileReport } from './report.ts';
import type { Summary } from './statistics.ts';
import { summarize } from './statistics.ts';

const begin = '<!-- results: made by `node bench/render.ts`, do not edit -->';
const end = '<!-- end of results -->';

/** The report as Markdown, for bench/README.md. */
export function renderReport(report: BenchReport): string {
  const { machine, runs, mode } = report;
  const lines = [
    `${report.at.slice(0, 10)}, ${String(machine.cores)} cores, ${machine.memoryGb.toFixed(0)} GiB, ` +
      `Linux ${machine.kernel}, Node ${machine.node}, servers as ${mode}, ${String(runs)} runs each, ` +
      `load ${machine.loadBefore.toFixed(1)} before the first. Milliseconds: median (smallest to largest).`,
    '',
    '| | outage | lease end | PostgreSQL itself | **over** | target | |',
    '|---|---|---|---|---|---|---|',
    ...report.profiles.flatMap(renderProfile),
    ...report.peers.map(
      ({ name, settings, powerLossMs }) =>
        `| power loss, ${name} (${settings}) | ${String(powerLossMs)} | | | | | |`,
    ),
    ...report.peers.map(
      ({ name, switchoverMs }) => `| switchover, ${name} | ${String(switchoverMs)} | | | | | |`,
    ),
    '',
    'Where the time goes (medians):',
    '',
    '| | detection | arbitration | volume and address | PostgreSQL and the way back |',
    '|---|---|---|---|---|',
    ...report.profiles.flatMap(renderSplits),
    '',
    ...renderIdle(report),
    ...report.profiles.map(renderHistory),
  ];
  return `${lines.join('\n')}\n`;
}

function renderProfile({ profile, powerLoss, switchover, crash }: ProfileReport): readonly string[] {
  const row = (name: string, compared: Compared<BlowRun> | null, lease?: Summary): readonly string[] => {
    if (!compared) return [];
    const { outageMs, ownMs, overMs, targetOverMs } = compared;
    const reached = overMs.median <= targetOverMs ? 'reached' : '**missed**';
    const cells = [outageMs, lease, ownMs, overMs].map((one) => (one ? renderSummary(one) : ''));
    return [`| ${name}, \`${profile}\` | ${cells.join(' | ')} | ${String(targetOverMs)} | ${reached} |`];
  };
  return [
    ...row('power loss', powerLoss, powerLoss?.leaseEndMs),
    ...row('switchover', switchover),
    ...row('kill -9 of the postmaster', crash),
  ];
}

function renderSummary({ median, min, max }: Summary): string {
  return `${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)})`;
}

function renderSplits({ profile, powerLoss, switchover, crash }: ProfileReport): readonly string[] {
  const row = (name: string, compared: Compared<BlowRun> | null): readonly string[] => {
    if (!compared) return [];
    const { detectionMs, arbitrationMs, volumeMs, postgresqlMs } = compared.split;
    const cells = [detectionMs, arbitrationMs, volumeMs, postgresqlMs].map(({ median }) => median.toFixed(0));
    return [`| ${name}, \`${profile}\` | ${cells.join(' | ')} |`];
  };
  return [
    ...row('power loss', powerLoss),
    ...row('switchover', switchover),
    ...row('kill -9 of the postmaster', crash),
  ];
}

function renderIdle({ profiles, targets }: BenchReport): readonly string[] {
  const rows = profiles.flatMap(({ profile, idle }) =>
    (idle ?? []).map(({ part, holdfast, etcd }) => {
      const own = `${holdfast.residentMb.toFixed(0)} | ${holdfast.rssMb.toFixed(0)} | ${holdfast.pssMb.toFixed(0)} | ${holdfast.cpuPercent.toFixed(1)}`;
      const member = `${etcd.rssMb.toFixed(0)} | ${etcd.cpuPercent.toFixed(1)}`;
      return `| ${part}, \`${profile}\` | ${own} | ${member} |`;
    }),
  );
  if (rows.length === 0) return [];
  return [
    `Idle, daemon and guard together (target: under ${String(targets.residentMb)} MiB resident and ` +
      `${String(targets.cpuPercent)} % of one core), the etcd member apart:`,
    '',
    '| | resident together, MiB | RSS summed, MiB | PSS summed, MiB | CPU, % of one core | etcd RSS, MiB | etcd CPU, % |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function renderHistory({ profile, history }: ProfileReport): string {
  const { committed, lost, duplicated, overlaps } = history;
  return (
    `- \`${profile}\`: ${String(committed)} rows acknowledged, ${String(lost)} lost, ${String(duplicated)} ` +
    `duplicated; ${String(overlaps)} instants with two servers active on the volume.`
  );
}

/** The steps of all runs in the order of their medians, for people who look for lost time. Milliseconds since the outage began. */
export function renderSteps(runs: readonly BlowRun[]): string {
  const instants = new Map<string, number[]>();
  for (const { what, atMs } of runs.flatMap(({ steps }) => steps))
    instants.set(what, [...(instants.get(what) ?? []), atMs]);
  return [...instants]
    .map(([what, values]) => ({ what, times: values.length, ...summarize(values) }))
    .toSorted((one, other) => one.median - other.median)
    .map(
      ({ what, times, median, min, max }) =>
        `  ${median.toFixed(0).padStart(6)} (${min.toFixed(0)} to ${max.toFixed(0)}, ${String(times)}×)  ${what}\n`,
    )
    .join('');
}

function renderIntoReadme(resultsFile: string): void {
  const readme = fileURLToPath(new URL('README.md', import.meta.url));
  const report = JSON.parse(readFileSync(resultsFile, 'utf8')) as BenchReport;
  const text = readFileSync(readme, 'utf8');
  const [before, after] = [text.indexOf(begin), text.indexOf(end)];
  if (before < 0 || after < before) throw new Error(`${readme} has no place for results`);
  writeFileSync(readme, `${text.slice(0, before)}${begin}\n\n${renderReport(report)}\n${text.slice(after)}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  renderIntoReadme(process.argv[2] ?? path.join(import.meta.dirname, 'results', 'failover.json'));
