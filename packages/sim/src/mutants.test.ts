import { expect, test } from 'vitest';
import { generateScenario } from './generate.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';
import { replayText } from './replay.ts';
import { runScenario, type RunResult } from './run.ts';

const limitMs = 120_000;
const firstSeed = 500_000;
const mostRuns = 2_000;
const harmlessRuns = 120;

async function firstFailure(mutant: Mutant, runs: number): Promise<RunResult | undefined> {
  const schedule = mutant.schedule ?? generateScenario;
  for (let run = 0; run < runs; run += 1) {
    const result = await runScenario(schedule(firstSeed + run), { rules: mutant.rules() });
    if (result.failure) return result;
  }
  return undefined;
}

for (const mutant of mutants) {
  const { name, seen } = mutant;
  if ('as' in seen) {
    test(
      `${seen.as.join(' ')} mutant "${name}" is caught`,
      async () => {
        const found = await firstFailure(mutant, mostRuns);
        expect(found?.failure?.rule, `what ${mostRuns} runs have shown`).toBeOneOf([...seen.as]);
      },
      limitMs,
    );
  } else {
    test(
      `mutant "${name}" does no harm: ${seen.harmless}`,
      async () => {
        const found = await firstFailure(mutant, harmlessRuns);
        if (found)
          throw new Error(`${found.failure?.text}\n${await replayText(found.scenario, mutant.rules())}`);
      },
      limitMs,
    );
  }
}
