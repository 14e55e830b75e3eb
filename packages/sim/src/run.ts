import { Violation, type Rule } from './checkers.ts';
import { judgeEnd, judgeQuiet, settlement } from './endings.ts';
import { scheduleFaults } from './faults.ts';
import { switchOn, updateStore } from './life.ts';
import { scheduleWishes } from './operator.ts';
import type { Scenario } from './scenario.ts';
import { silentTrace, type Trace } from './trace.ts';
import { createWorld, shippedRules, writeConfiguration, type Node, type Rules, type World } from './world.ts';

export interface RunResult {
  readonly scenario: Scenario;
  readonly events: number;
  /** Simulated milliseconds. */
  readonly tookMs: number;
  readonly failure: { readonly rule: Rule | 'crash'; readonly text: string; readonly at: number } | undefined;
}

/** After the faults the cluster has this long to come to rest, and then must stay at rest for the quiet time. */
const settleMs = 90_000;
const quietMs = 8_000;
/** Operators who were told to try again have done so by then. */
const earliestRestMs = 4_000;
const resetMs = [1_000, 8_000] as const;

/** Runs one schedule to its end or to the first violation. The same scenario gives the same run, always. */
export async function runScenario(
  scenario: Scenario,
  options: { readonly rules?: Rules; readonly trace?: Trace } = {},
): Promise<RunResult> {
  const trace = options.trace ?? silentTrace;
  const world: World = createWorld(scenario, options.rules ?? shippedRules, trace, (node) =>
    rebootLater(world, node),
  );
  const { scheduler } = world;
  const result = (failure: RunResult['failure']): RunResult => ({
    scenario,
    events: scheduler.count(),
    tookMs: scheduler.now(),
    failure,
  });
  try {
    begin(world);
    await runUntil(world, scenario.healAt + 1);
    let restSince: number | undefined;
    const until = scenario.healAt + settleMs + quietMs;
    while (scheduler.now() < until) {
      await runUntil(world, scheduler.now() + 500);
      const unsettled = settlement(world);
      if (unsettled === undefined && scheduler.now() > scenario.healAt + earliestRestMs)
        restSince ??= scheduler.now();
      if (restSince !== undefined || scheduler.now() > scenario.healAt + settleMs) judgeEnd(world);
      if (restSince !== undefined) judgeQuiet(world, restSince);
      throwViolation(world);
      if (restSince !== undefined && scheduler.now() >= restSince + quietMs) break;
    }
    judgeEnd(world);
    throwViolation(world);
    return result(undefined);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const rule = error instanceof Violation ? error.rule : 'crash';
    const text = error instanceof Violation ? error.message : (error.stack ?? error.message);
    trace.add(() => `violated: ${text}`);
    return result({ rule, text, at: scheduler.now() });
  }
}

async function runUntil(world: World, until: number): Promise<void> {
  await world.scheduler.run(until, () => world.checkers.violation() !== undefined);
  throwViolation(world);
}

function throwViolation({ checkers }: World): void {
  const violation = checkers.violation();
  if (violation) throw violation;
}

function begin(world: World): void {
  const { scheduler, nodes } = world;
  updateStore(world);
  writeConfiguration(world);
  for (const node of nodes.values()) scheduler.after(node.plan.onAfterMs, () => switchOn(world, node));
  scheduleFaults(world);
  scheduleWishes(world);
}

function rebootLater(world: World, node: Node): void {
  node.daemon = undefined;
  updateStore(world);
  world.scheduler.after(node.machine.random.between(...resetMs), () => switchOn(world, node));
}
