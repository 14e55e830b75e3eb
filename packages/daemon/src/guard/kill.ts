import { existsSync, readFileSync, unlinkSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { HierarchyId, InstantMs, Reason, Term } from '@holdfast/core';
import type { Killer, KillPlan, PlannedStep } from '@holdfast/engine/kill-plans';
import type { KillStep } from '@holdfast/engine/ports';
import { monotonicNow, pause } from './clock.ts';
import { endProcesses, findFamily, findUnitMembers, findUsers, type ProcessStat } from './processes.ts';
import { findProgram, runProgram } from './programs.ts';

const realPathTimeoutMs = 500;
const minimumMs = 500;

/** What a program may take: a step that comes late is still tried. */
function timeLeft(deadline: InstantMs): number {
  return Math.max(minimumMs, deadline - monotonicNow());
}

/** Makes a plan ready: from now on its paths are known without asking the disks. */
export async function preparePlan(
  hierarchy: HierarchyId,
  term: Term,
  steps: readonly KillStep[],
): Promise<KillPlan> {
  const planned = steps.map(async (step): Promise<PlannedStep> => {
    const paths = pathsOf(step);
    const late = pause(realPathTimeoutMs).then(() => paths);
    return { step, realPaths: await Promise.race([Promise.all(paths.map(realPathOf)), late]) };
  });
  return { hierarchy, term, steps: await Promise.all(planned) };
}

function pathsOf(step: KillStep): readonly string[] {
  switch (step.kind) {
    case 'processes':
      return [step.executable, step.directory];
    case 'unmount':
      return [step.mountPoint];
    case 'forget':
    case 'address':
    case 'unit':
      return [];
    default:
      return step satisfies never;
  }
}

/** Follows links as far as the path exists: what lies on a volume is not there before that is mounted. */
async function realPathOf(path: string): Promise<string> {
  const missing: string[] = [];
  for (let known = path; known !== '/'; known = dirname(known)) {
    try {
      return join(await realpath(known), ...missing);
    } catch {
      missing.unshift(basename(known));
    }
  }
  return path;
}

export function createKiller(): Killer {
  const hangingUnmounts = new Set<string>();

  async function performStep(planned: PlannedStep, deadline: InstantMs): Promise<Reason | undefined> {
    const { step, realPaths } = planned;
    switch (step.kind) {
      case 'address':
        return await dropAddress(step.address, step.device, deadline);
      case 'processes':
        return await endFamily(step, realPaths, deadline);
      case 'unit':
        return await endUnit(step.unit, deadline);
      case 'unmount':
        return await unmount(step.mountPoint, realPaths, hangingUnmounts, deadline);
      case 'forget':
        return forget(step.file);
      default:
        return step satisfies never;
    }
  }

  return {
    async perform(plan, deadline) {
      const startedAt = monotonicNow();
      const left: Reason[] = [];
      for (const planned of plan.steps) {
        const stepDeadline = Math.max(deadline, monotonicNow() + minimumMs / 2);
        const trouble = await performStep(planned, stepDeadline).catch((error: unknown) =>
          failed(planned.step, error),
        );
        if (trouble !== undefined) left.push(trouble);
      }
      const tookMs = Math.round(monotonicNow() - startedAt);
      return { hierarchy: plan.hierarchy, complete: left.length === 0, tookMs, left };
    },
  };
}

function failed(step: KillStep, error: unknown): Reason {
  return { code: 'kill-step-failed', facts: { step: step.kind, why: String(error) } };
}

async function endFamily(
  { executable, directory, mark }: Extract<KillStep, { readonly kind: 'processes' }>,
  realPaths: readonly string[],
  deadline: InstantMs,
): Promise<Reason | undefined> {
  const [realExecutable = executable, realDirectory = directory] = realPaths;
  const family = {
    executables: [executable, realExecutable],
    directories: [directory, realDirectory],
    mark,
  };
  const find = (): readonly ProcessStat[] => findFamily(family);
  const resolving = resolveLate(executable, directory);
  const isEnded = await endProcesses(find, { deadline, withDescendants: true });
  // Links on the volume itself can be followed only since it is mounted, and only while its disk answers.
  const [lateExecutable = executable, lateDirectory = directory] = await resolving;
  family.executables.push(lateExecutable);
  family.directories.push(lateDirectory);
  if (isEnded && (await endProcesses(find, { deadline, withDescendants: true }))) return undefined;
  const pids = findFamily(family).map(({ pid }) => pid);
  return { code: 'processes-left', facts: { directory, pids: pids.join(' ') } };
}

const resolveTimeoutMs = 50;
const resolvingAtOnce = 2;
let resolvingNow = 0;

/** Follows the paths' links now, or answers nothing: each call that hangs keeps one of a few threads busy. */
async function resolveLate(...paths: readonly string[]): Promise<readonly string[]> {
  if (resolvingNow >= resolvingAtOnce) return [];
  resolvingNow += 1;
  const resolved = Promise.all(paths.map(async (path) => await realpath(path)))
    .catch(() => [])
    .finally(() => {
      resolvingNow -= 1;
    });
  return await Promise.race([resolved, pause(resolveTimeoutMs).then(() => [])]);
}

async function dropAddress(
  address: string,
  device: string,
  deadline: InstantMs,
): Promise<Reason | undefined> {
  const ip = findProgram('ip');
  if (ip === undefined) return { code: 'program-missing', facts: { program: 'ip' } };
  const bare = address.replace(/\/\d+$/, '');
  for (;;) {
    const shown = await runProgram(ip, ['-j', 'address', 'show', 'dev', device], timeLeft(deadline));
    if (shown.code !== 0 && /does not exist|Cannot find device/.test(shown.output)) return undefined;
    if (shown.code !== 0) return { code: 'address-unknown', facts: { address, device, why: shown.output } };
    const [prefix] = prefixesOf(shown.output, bare);
    if (prefix === undefined) return undefined;
    if (monotonicNow() >= deadline) return { code: 'address-left', facts: { address, device } };
    const args = ['address', 'delete', `${bare}/${prefix}`, 'dev', device];
    const deleted = await runProgram(ip, args, timeLeft(deadline));
    if (deleted.code !== 0) await pause(retryPauseMs);
  }
}

/** The prefix lengths with which `ip -j address show` says that the address is up. */
function prefixesOf(json: string, address: string): readonly number[] {
  const interfaces: unknown = JSON.parse(json);
  if (!Array.isArray(interfaces)) throw new Error('ip answered no list');
  return interfaces.flatMap((device: { addr_info?: { local?: unknown; prefixlen?: unknown }[] }) =>
    (device.addr_info ?? []).flatMap(({ local, prefixlen }) =>
      local === address && typeof prefixlen === 'number' ? [prefixlen] : [],
    ),
  );
}

/**
 * The processes are ended by their control group, without waiting for a service manager that may hang; it is told
 * as well, so that it does not start the service again.
 */
async function endUnit(unit: string, deadline: InstantMs): Promise<Reason | undefined> {
  const name = /\.[a-z]+$/.test(unit) ? unit : `${unit}.service`;
  const ended = await endProcesses(() => findUnitMembers(name), { deadline, withDescendants: true });
  const systemctl = existsSync('/run/systemd/system') ? findProgram('systemctl') : undefined;
  if (systemctl === undefined) return ended ? undefined : unitLeft(name);
  await runProgram(systemctl, ['kill', '--signal=KILL', name], timeLeft(deadline));
  const stopped = await runProgram(systemctl, ['stop', name], timeLeft(deadline));
  const isKnown = !/not loaded|could not be found/.test(stopped.output);
  if (stopped.code !== 0 && isKnown)
    return { code: 'unit-not-stopped', facts: { unit: name, why: stopped.output.slice(0, 200) } };
  return (await endProcesses(() => findUnitMembers(name), { deadline, withDescendants: true }))
    ? undefined
    : unitLeft(name);
}

function unitLeft(unit: string): Reason {
  return {
    code: 'unit-left',
    facts: {
      unit,
      pids: findUnitMembers(unit)
        .map(({ pid }) => pid)
        .join(' '),
    },
  };
}

const retryPauseMs = 20;

async function unmount(
  mountPoint: string,
  realPaths: readonly string[],
  hanging: Set<string>,
  deadline: InstantMs,
): Promise<Reason | undefined> {
  const umount = findProgram('umount');
  if (umount === undefined) return { code: 'program-missing', facts: { program: 'umount' } };
  const paths = [mountPoint, ...realPaths];
  let why = '';
  for (;;) {
    const target = mountedAt().findLast((path) => paths.includes(path));
    if (target === undefined) return undefined;
    if (hanging.has(target)) return { code: 'unmount-hangs', facts: { mountPoint } };
    if (why !== '' && monotonicNow() >= deadline)
      return { code: 'still-mounted', facts: { mountPoint, why } };
    // The path comes from the kernel's own list: looking at it again could hang.
    const result = await runProgram(umount, ['--no-canonicalize', target], timeLeft(deadline));
    if (result.timedOut) {
      hanging.add(target);
      void result.ended.then(() => hanging.delete(target));
    } else if (result.code !== 0) {
      why = result.output.slice(0, 200);
      if (!(await endProcesses(() => findUsers(target), { deadline, withDescendants: false })))
        why += ' (users left)';
      await pause(retryPauseMs);
    }
  }
}

/** Mount points of this process's mount namespace, the newest last (proc(5), mountinfo). */
function mountedAt(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? [])
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    );
}

/** Run files lie in memory: this is done at once, without the threads that a hung disk may keep busy. */
function forget(file: string): undefined {
  try {
    unlinkSync(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return undefined;
}
