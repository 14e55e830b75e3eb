import { maintenanceOf } from '@holdfast/core';
import type { Engine } from '@holdfast/engine';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuardLink } from './guard/link.ts';
import { plainEnvironment, runProgram } from './host/linux/program.ts';

const systemctl = '/usr/bin/systemctl';
const questionMs = 5_000;
const lookEveryMs = 20;
/** A stop ends by itself before this; the unit of the daemon allows a little more. */
const leaveMs = 8 * 60_000;
/** Without the store nothing can be handed over: systemd then stops the services, and the lease ends by itself. */
const blindMs = 5_000;

/**
 * Does this server end, and not its daemon alone? It does when the whole machine is shut down or rebooted (systemctl(1),
 * `is-system-running`), and when an administrator stops the service: a restart is another kind of job (`list-jobs`), and a daemon
 * that is killed has none. When in doubt what runs goes on running (C-10).
 */
export async function isServerEnding(): Promise<boolean> {
  if ((await askSystemd(['is-system-running'])).trim() === 'stopping') return true;
  const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const unit = /\/([^/\n]+\.service)$/m.exec(groups)?.[1];
  const jobs = (await askSystemd(['list-jobs', '--no-legend', '--plain', '--full'])).split('\n');
  return jobs.some((line) => {
    const [, name, kind] = line.trim().split(/\s+/);
    return unit !== undefined && name === unit && kind === 'stop';
  });
}

async function askSystemd(args: readonly string[]): Promise<string> {
  const options = { timeoutMs: questionMs, environment: plainEnvironment };
  const answer = await runProgram(systemctl, args, options).catch(() => undefined);
  return answer?.stdout ?? '';
}

/**
 * The end of this server in order (C-07): it takes nothing more, what runs here is stopped and handed to the next server, or let go
 * where there is none or where this server keeps it, as its shutdown strategy says, and then the guard gives the lease back and ends. What is in maintenance stays as it is, and the guard
 * with it. Answers whether nothing of this server's was left.
 */
export async function leaveInOrder(parts: {
  readonly server: string;
  readonly engine: Engine;
  readonly guard: GuardLink;
}): Promise<boolean> {
  const { server, engine, guard } = parts;
  const deadline = performance.now() + leaveMs;
  engine.setAccepting(false);
  let knownAt = performance.now();
  while (hasToLeave(engine, server)) {
    const now = performance.now();
    if (!isBlind(engine)) knownAt = now;
    if (now >= deadline || now - knownAt >= blindMs) return false;
    await delay(lookEveryMs);
  }
  if (owned(engine, server).length > 0) return false;
  await guard.release();
  return true;
}

/** Hierarchies that this server owns, by the last look at the store; old knowledge is no reason to go (S5). */
function owned(engine: Engine, server: string): readonly string[] {
  const view = engine.state().snapshot?.view;
  return Object.entries(view?.owners ?? {}).flatMap(([id, owner]) => (owner.server === server ? [id] : []));
}

function hasToLeave(engine: Engine, server: string): boolean {
  const view = engine.state().snapshot?.view;
  return owned(engine, server).some((id) => {
    const hierarchy = view?.hierarchies[id];
    return view !== undefined && hierarchy !== undefined && maintenanceOf(view, hierarchy) === 'none';
  });
}

function isBlind(engine: Engine): boolean {
  const decided = engine.lastDecision()?.hierarchies ?? [];
  return decided.some(({ reason }) => ['store-unknown', 'failsafe', 'no-lease'].includes(reason.code));
}
