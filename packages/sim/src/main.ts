import { parseArgs } from 'node:util';
import {
  generateFailsafe,
  generateForgetful,
  generateLeaderless,
  generateNewcomer,
} from './failsafe-schedules.ts';
import { generateScenario } from './generate.ts';
import { lastLines, replayText } from './replay.ts';
import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';
import { createTrace } from './trace.ts';

/** So many failures say enough. */
const mostFailures = 20;

const kinds: Readonly<Record<string, (seed: number) => Scenario>> = {
  random: generateScenario,
  failsafe: generateFailsafe,
  leaderless: generateLeaderless,
  forgetful: generateForgetful,
  newcomer: generateNewcomer,
};

/** `npm run sim -- --runs N --seed S [--kind failsafe]`: random schedules from a base seed; `--seed S --trace`: one run, every line of it. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '1000' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
      kind: { type: 'string', default: 'random' },
      trace: { type: 'boolean', default: false },
      'keep-going': { type: 'boolean', default: false },
    },
  });
  const seed = Number(values.seed);
  const schedule = kinds[values.kind];
  if (!schedule) throw new RangeError(`--kind is one of ${Object.keys(kinds).join(', ')}`);
  if (values.trace) return replay(schedule(seed));
  return runMany({ seed, schedule, runs: Number(values.runs), keepGoing: values['keep-going'] });
}

async function replay(scenario: Scenario): Promise<number> {
  console.log(JSON.stringify(scenario, undefined, 1));
  const trace = createTrace({ keep: lastLines, print: (line) => console.log(line) });
  const { failure, events } = await runScenario(scenario, { trace });
  console.log(`${events} events, trace ${trace.hash()}`);
  console.log(failure ? `violated ${failure.text}` : 'no rule was violated');
  return failure ? 1 : 0;
}

async function runMany({
  seed,
  schedule,
  runs,
  keepGoing,
}: {
  readonly seed: number;
  readonly schedule: (seed: number) => Scenario;
  readonly runs: number;
  readonly keepGoing: boolean;
}): Promise<number> {
  const startedAt = performance.now();
  let events = 0;
  let simulatedMs = 0;
  let failed = 0;
  for (let run = 0; run < runs; run += 1) {
    const result = await runScenario(schedule(seed + run));
    events += result.events;
    simulatedMs += result.tookMs;
    if (!result.failure) continue;
    failed += 1;
    const [gist] = result.failure.text.split('\n');
    console.log(`seed ${seed + run} violated ${gist} at ${result.failure.at.toFixed(0)}`);
    if (keepGoing && failed < mostFailures) continue;
    console.log(await replayText(schedule(seed + run)));
    return 1;
  }
  const seconds = (performance.now() - startedAt) / 1000;
  console.log(
    `${runs} runs from seed ${seed}, ${failed} violated: ${(runs / seconds).toFixed(1)} runs/s, ` +
      `${(events / runs).toFixed(0)} events and ${(simulatedMs / runs / 1000).toFixed(0)} s each`,
  );
  return failed > 0 ? 1 : 0;
}

// Whoever reads a trace may stop reading.
process.stdout.on('error', () => process.exit(1));
process.exitCode = await main();
