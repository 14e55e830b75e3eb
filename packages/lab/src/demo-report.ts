import { renameSync, writeFileSync } from 'node:fs';
import type { PlayedDemo, PlayedEvent } from './demo-once.ts';

/** The report of a played demo (`--report FILE`). */
export interface DemoReport extends PlayedDemo {
  readonly formatVersion: 1;
  /** Wall-clock time, for people. */
  readonly at: string;
  readonly mode: 'namespaces' | 'loopback';
  readonly profile: string;
  readonly setUpMs: number;
  readonly totalMs: number;
}

/** True when no row was lost or doubled, no two servers wrote at once, and every event ended in service. */
export function isFlawless(demo: PlayedDemo): boolean {
  const { lost, duplicated, invented, overlaps, events } = demo;
  const isClean = [lost, duplicated, invented, overlaps].every((count) => count === 0);
  return isClean && events.every(({ inService }) => inService);
}

export function writeReport(file: string, report: DemoReport): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(report, roundMs, 2)}\n`);
  renameSync(`${file}.new`, file);
}

function roundMs(name: string, value: unknown): unknown {
  return typeof value === 'number' && name.endsWith('Ms') ? Math.round(value * 10) / 10 : value;
}

/** A table for people: milliseconds of write outage of each event, and the history's verdict. */
export function renderTable(demo: PlayedDemo): string {
  const head = ['event', 'from', 'to', 'outage', 'detection', 'arbitration', 'volume', 'PostgreSQL', ''];
  const rows = [head, ...demo.events.map(renderEvent)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const { committed, lost, duplicated, overlaps } = demo;
  const counts = { committed, lost, duplicated, 'two writers at once': overlaps };
  return [
    ...lines,
    '(milliseconds without an acknowledged write, as the client saw them)',
    '',
    Object.entries(counts)
      .map(([name, count]) => `${name}: ${count === null ? 'unknown' : String(count)}`)
      .join(', '),
    '',
  ].join('\n');
}

function renderEvent({ name, from, to, inService, outageMs, split }: PlayedEvent): readonly string[] {
  const cell = (ms: number | undefined | null): string =>
    ms === undefined || ms === null ? '-' : ms.toFixed(0);
  const parts = [split?.detectionMs, split?.arbitrationMs, split?.volumeMs, split?.postgresqlMs];
  return [name, from, to, cell(outageMs), ...parts.map(cell), inService ? '' : 'NOT IN SERVICE'];
}
