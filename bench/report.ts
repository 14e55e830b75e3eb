import type { BlowRun, PowerLossRun } from './blows.ts';
import type { IdleServer } from './idle.ts';
import { targets, type peers } from './targets.ts';
import type { PlainFigures } from './plain.ts';
import { summarize, type Summary } from './statistics.ts';

/** Medians with what they are compared with. Milliseconds. */
export interface Compared<Run> {
  readonly outageMs: Summary;
  readonly split: { readonly [K in keyof BlowRun['split']]: Summary };
  /** What PostgreSQL itself needs for the same, without Holdfast. */
  readonly ownMs: Summary;
  /** The outage without that, and without the time for which the lease of a lost server still ran. */
  readonly overMs: Summary;
  readonly targetOverMs: number;
  readonly runs: readonly Run[];
}

export interface ComparedPowerLoss extends Compared<PowerLossRun> {
  readonly leaseEndMs: Summary;
}

export interface ProfileReport {
  readonly profile: string;
  readonly powerLoss: ComparedPowerLoss | null;
  readonly switchover: Compared<BlowRun> | null;
  readonly crash: Compared<BlowRun> | null;
  readonly idle: readonly IdleServer[] | null;
  readonly plain: PlainFigures | null;
  readonly history: {
    readonly committed: number;
    readonly lost: number;
    readonly duplicated: number;
    /** Instants with two servers active on the volume. */
    readonly overlaps: number;
  };
}

/** What `npm run bench:failover` prints. */
export interface BenchReport {
  readonly formatVersion: 1;
  /** Wall-clock time, for people. */
  readonly at: string;
  readonly machine: {
    readonly cores: number;
    readonly memoryGb: number;
    readonly kernel: string;
    readonly node: string;
    /** Load of the last minute before the first blow: above the number of cores the figures are worth little. */
    readonly loadBefore: number;
  };
  readonly mode: 'namespaces' | 'loopback';
  readonly runs: number;
  readonly targets: typeof targets;
  readonly peers: typeof peers;
  readonly profiles: readonly ProfileReport[];
}

export function comparePowerLoss(
  runs: readonly PowerLossRun[],
  plain: PlainFigures,
): ComparedPowerLoss | null {
  if (runs.length === 0) return null;
  const ownMs = summarize(plain.crashStartMs);
  const over = runs.map(({ outageMs, leaseEndMs }) => outageMs - leaseEndMs - ownMs.median);
  return {
    ...compare(runs, ownMs, over, targets.powerLossOverMs),
    leaseEndMs: summarize(runs.map(({ leaseEndMs }) => leaseEndMs)),
  };
}

export function compareSwitchover(runs: readonly BlowRun[], plain: PlainFigures): Compared<BlowRun> | null {
  if (runs.length === 0) return null;
  const sums = plain.stopMs.map((stopMs, index) => stopMs + (plain.startMs[index] ?? 0));
  const ownMs = summarize(sums);
  const over = runs.map(({ outageMs }) => outageMs - ownMs.median);
  return compare(runs, ownMs, over, targets.switchoverOverMs);
}

export function compareCrash(runs: readonly BlowRun[], plain: PlainFigures): Compared<BlowRun> | null {
  if (runs.length === 0) return null;
  const ownMs = summarize(plain.restartMs);
  const over = runs.map(({ outageMs }) => outageMs - ownMs.median);
  return compare(runs, ownMs, over, targets.crashOverMs);
}

function compare<Run extends BlowRun>(
  runs: readonly Run[],
  ownMs: Summary,
  over: readonly number[],
  targetOverMs: number,
): Compared<Run> {
  const part = (name: keyof BlowRun['split']): Summary => summarize(runs.map(({ split }) => split[name]));
  return {
    outageMs: summarize(runs.map(({ outageMs }) => outageMs)),
    split: {
      detectionMs: part('detectionMs'),
      arbitrationMs: part('arbitrationMs'),
      volumeMs: part('volumeMs'),
      postgresqlMs: part('postgresqlMs'),
    },
    ownMs,
    overMs: summarize(over),
    targetOverMs,
    runs,
  };
}

/** Milliseconds and percentages with one digit behind the point. */
export function formatReport(report: BenchReport): string {
  const round = (_: string, value: unknown): unknown =>
    typeof value === 'number' ? Math.round(value * 10) / 10 : value;
  return `${JSON.stringify(report, round, 2)}\n`;
}
