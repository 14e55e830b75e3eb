import { runScenario } from './run.ts';
import type { Scenario } from './scenario.ts';
import { createTrace } from './trace.ts';
import type { Rules } from './world.ts';

/** Lines of a trace that are shown of a failing run. */
export const lastLines = 60;

/** Runs a schedule again and tells its end: the last lines of its trace, and how to see all of them. */
export async function replayText(scenario: Scenario, rules?: Rules): Promise<string> {
  const trace = createTrace({ keep: lastLines });
  await runScenario(scenario, rules ? { trace, rules } : { trace });
  const kind = ['failsafe', 'leaderless', 'forgetful', 'newcomer'].includes(scenario.name)
    ? ` --kind ${scenario.name}`
    : '';
  return [...trace.lines(), `replay with: npm run sim -- --seed ${scenario.seed}${kind} --trace`].join('\n');
}
