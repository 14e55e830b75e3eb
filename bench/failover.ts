import { writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { ProfileName } from '@holdfast/core';
import { chooseLabMode, instantMs, type LabMode } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';
import { measureCrash, measurePowerLoss, measureSwitchover } from './blows.ts';
import { measureIdle } from './idle.ts';
import { parseOptions, usage, type BenchOptions, type Measure } from './options.ts';
import { measurePlain } from './plain.ts';
import { renderReport, renderSteps } from './render.ts';
import {
  compareCrash,
  comparePowerLoss,
  compareSwitchover,
  formatReport,
  type BenchReport,
  type ProfileReport,
} from './report.ts';
import { createStage } from './stage.ts';
import { peers, targets } from './targets.ts';

const startedMs = instantMs();

function tell(line: string): void {
  process.stderr.write(`${((instantMs() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${line}\n`);
}

/** Clusters that are there, for the end by a signal. */
const clusters = new Set<LabCluster>();

async function main(options: BenchOptions): Promise<BenchReport> {
  const mode = options.mode ?? (await chooseLabMode());
  const [loadBefore = 0] = loadavg();
  const cores = cpus().length;
  if (loadBefore > cores / 2)
    tell(`the load is ${loadBefore.toFixed(1)}: the figures will be those of a busy machine`);
  const profiles: ProfileReport[] = [];
  for (const profile of options.profiles) profiles.push(await measureProfile(profile, mode, options));
  return {
    formatVersion: 1,
    at: new Date().toISOString(),
    machine: {
      cores,
      memoryGb: totalmem() / 1024 ** 3,
      kernel: release(),
      node: process.version,
      loadBefore,
    },
    mode,
    runs: options.runs,
    targets,
    peers,
    profiles,
  };
}

async function measureProfile(
  profile: ProfileName,
  mode: LabMode,
  { runs, only }: BenchOptions,
): Promise<ProfileReport> {
  tell(`--- profile ${profile}`);
  const onCluster = (cluster: LabCluster): unknown => clusters.add(cluster);
  const stage = await createStage({ mode, profile, tell, onCluster });
  const { cluster } = stage;
  const repeat = async <T>(measure: Measure, act: () => Promise<T>): Promise<readonly T[]> => {
    const results: T[] = [];
    for (let run = 1; only.includes(measure) && run <= runs; run += 1) results.push(await act());
    return results;
  };
  try {
    const switchovers = await repeat('switchover', () => measureSwitchover(stage));
    const crashes = await repeat('crash', () => measureCrash(stage));
    const powerLosses = await repeat('powerloss', () => measurePowerLoss(stage));
    for (const [name, blows] of Object.entries({ switchovers, crashes, powerLosses }))
      if (blows.length > 0)
        process.stderr.write(`\n${name}, milliseconds since the outage began\n${renderSteps(blows)}\n`);
    const { owner } = await stage.settle();
    const { committed, lost, duplicated, overlaps } = await stage.close();
    if (only.includes('idle')) tell('looking at what it uses while nothing happens');
    const idle = only.includes('idle') ? await measureIdle(cluster, owner) : null;
    const plain = await measurePlain(cluster, { runs, only, tell });
    return {
      profile,
      powerLoss: comparePowerLoss(powerLosses, plain),
      switchover: compareSwitchover(switchovers, plain),
      crash: compareCrash(crashes, plain),
      idle,
      plain,
      history: { committed, lost: lost.length, duplicated: duplicated.length, overlaps },
    };
  } finally {
    await stage.dispose();
    clusters.delete(cluster);
  }
}

/** What is left when a signal comes twice, or `kill -9`, the next lab removes. */
function endOnSignals(): void {
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (ending) process.exit(1);
      ending = true;
      void Promise.allSettled([...clusters].map((cluster) => cluster.dispose())).finally(() =>
        process.exit(1),
      );
    });
}

/** `undefined` when the command line is not understood. */
function readOptions(): BenchOptions | undefined {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return undefined;
  }
}

const options = readOptions();
if (options) {
  endOnSignals();
  const report = await main(options);
  process.stderr.write(`\n${renderReport(report)}\n`);
  const text = formatReport(report);
  process.stdout.write(text);
  if (options.out !== undefined) writeFileSync(options.out, text);
} else process.exitCode = 2;
