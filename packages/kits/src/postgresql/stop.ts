import { because, type Reason } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import type { ProcessView } from '../host.ts';
import { classifyAnswer } from './answer.ts';
import {
  judgeOwner,
  loginOf,
  observeCluster,
  pause,
  placeOf,
  readLockFile,
  type Cluster,
} from './cluster.ts';
import { readControlFile } from './control-file.ts';
import { lookAgain, membersOf, observeFamily, type Family } from './identity.ts';
import { askHealth, checkpoint } from './statements.sql.ts';

/** The steps of the stop ladder (K-17), gentlest first; a stop begins at one and goes on until nothing is left. */
export type StopStep = 'checkpoint' | 'fast' | 'immediate' | 'kill';

export interface StopOptions {
  readonly first: StopStep;
  /** Aborts the waiting, not the stop: what is left is ended at once. */
  readonly signal?: AbortSignal;
  readonly progress?: (reason: Reason) => void;
}

const pollMs = 5;
const controlPollMs = 50;
const hurriedMs = 500;
const questionTimeoutMs = 1_000;

/**
 * Takes the database cluster out of service: everything of it has ended when this answers `ok`. What has crashed or
 * already stopped is a success.
 */
export async function performRemove(
  cluster: Cluster,
  context: { readonly signal: AbortSignal; readonly progress: (reason: Reason) => void },
): Promise<ActionResult> {
  const { host, parameters } = cluster;
  const sight = await observeCluster(cluster);
  if (sight.kind === 'elsewhere') {
    forget(cluster);
    return { state: 'ok', warning: because('held-by-another-server', { pid: sight.postmaster.pid }) };
  }
  const survivors = await performStop(cluster, {
    first: context.signal.aborted ? 'immediate' : 'checkpoint',
    ...context,
  });
  if (survivors.length > 0) return { state: 'failed', scope: 'server', reason: describeSurvivors(survivors) };
  forget(cluster);
  return settleService(cluster, cluster.limits.serviceMs, parameters.service, host.services);
}

function forget(cluster: Cluster): void {
  cluster.state.connections.drop(cluster.parameters.dataDirectory);
  cluster.state.sightings.delete(cluster.parameters.dataDirectory);
}

/** A service manager may start again what it saw dying: it is told, and then the processes are looked at once more. */
async function settleService(
  cluster: Cluster,
  timeoutMs: number,
  service: string,
  services: Cluster['host']['services'],
): Promise<ActionResult> {
  try {
    if (!(await services.get(service))) return { state: 'ok' };
    await services.settle(service, timeoutMs);
  } catch (error) {
    const reason = because('service-not-settled', { service, problem: String(error) });
    return { state: 'ok', warning: reason };
  }
  if (services.kind === 'direct') return { state: 'ok' };
  const survivors = await performStop(cluster, { first: 'immediate' });
  return survivors.length === 0
    ? { state: 'ok' }
    : { state: 'failed', scope: 'server', reason: describeSurvivors(survivors) };
}

export function describeSurvivors(survivors: readonly ProcessView[]): Reason {
  return because('processes-do-not-end', {
    pids: survivors
      .map((view) => view.pid)
      .slice(0, 20)
      .join(' '),
  });
}

/**
 * Goes down the ladder from `first`, as far as it takes. Answers what could not be ended: processes that hang in the
 * kernel. Where several servers share the machine, another one's postmaster and its family are left alone.
 */
export async function performStop(cluster: Cluster, options: StopOptions): Promise<readonly ProcessView[]> {
  const family = await observeFamily(cluster.host.processes, placeOf(cluster.parameters));
  const [postmaster] = family.postmasters;
  if (!postmaster) return endFamily(cluster);
  if (await isAnotherServers(cluster, postmaster)) {
    const main = await findServiceProcess(cluster);
    if (main) await sendSignal(cluster, main, 'SIGKILL');
    return [];
  }
  await endPostmaster(cluster, postmaster, options);
  return endFamily(cluster, family);
}

async function isAnotherServers(cluster: Cluster, postmaster: ProcessView): Promise<boolean> {
  return cluster.host.processScope === 'own' && (await judgeOwner(cluster, postmaster)) === 'elsewhere';
}

async function endPostmaster(cluster: Cluster, postmaster: ProcessView, options: StopOptions): Promise<void> {
  const { host, state, parameters } = cluster;
  const { limits } = cluster;
  const aborted = (): boolean => options.signal?.aborted === true;
  const isFrozen = async (): Promise<boolean> =>
    (await host.processes.activity(postmaster))?.stopped === true;
  let step = aborted() && options.first !== 'kill' ? 'immediate' : options.first;
  // A stopped process takes no signal but SIGKILL.
  if (step === 'kill' || (await isFrozen())) return;
  let fastStopMs = limits.fastStopMs;
  if (step === 'checkpoint') {
    options.progress?.(because('checkpoint-before-stop'));
    const answers = await performCheckpoint(cluster, options.signal);
    if (!answers) fastStopMs = Math.min(fastStopMs, limits.hungStopMs);
    step = aborted() ? 'immediate' : 'fast';
  }
  state.connections.drop(parameters.dataDirectory);
  if (step === 'fast') {
    options.progress?.(because('fast-shutdown', { pid: postmaster.pid }));
    await sendSignal(cluster, postmaster, 'SIGINT');
    const waited = await awaitEnd(cluster, postmaster, {
      timeoutMs: fastStopMs,
      until: options.signal,
      lingerMs: limits.lingerMs,
    });
    if (waited === 'ended' || waited === 'frozen') return;
    options.progress?.(because('fast-shutdown-given-up', { why: waited }));
  }
  await sendSignal(cluster, postmaster, 'SIGQUIT');
  await awaitEnd(cluster, postmaster, {
    timeoutMs: aborted() ? hurriedMs : limits.immediateStopMs,
    until: undefined,
    lingerMs: undefined,
  });
}

/**
 * What the shutdown's own checkpoint need not write any more shortens the outage. Answers false when the server does not
 * even answer a small question: then no checkpoint is waited for, and less is hoped of a fast shutdown.
 */
async function performCheckpoint(cluster: Cluster, signal: AbortSignal | undefined): Promise<boolean> {
  const { connections } = cluster.state;
  const lock = await readLockFile(cluster);
  if (lock?.status !== 'ready') return true;
  const login = await loginOf(cluster, lock);
  const aborted = Promise.withResolvers<boolean>();
  const onAbort = (): void => aborted.resolve(true);
  signal?.addEventListener('abort', onAbort);
  const work = connections.ask(login, askHealth, questionTimeoutMs).then(
    () => connections.ask(login, checkpoint, cluster.limits.checkpointMs).then(toTrue, toTrue),
    (error: unknown) => classifyAnswer(error).kind !== 'no-answer',
  );
  const answers = await Promise.race([work, aborted.promise]);
  signal?.removeEventListener('abort', onAbort);
  return answers;
}

function toTrue(): boolean {
  return true;
}

interface WaitOptions {
  readonly timeoutMs: number;
  readonly until: AbortSignal | undefined;
  /** How long it may go on after the control file says "shut down". */
  readonly lingerMs: number | undefined;
}

type WaitResult = 'ended' | 'time-over' | 'aborted' | 'lingers' | 'frozen';

/** Waits for the end of a postmaster, and sees what keeps it. The control file is never waited for: its disk may hang. */
async function awaitEnd(
  cluster: Cluster,
  postmaster: ProcessView,
  options: WaitOptions,
): Promise<WaitResult> {
  const { host } = cluster;
  const startedAt = host.clock.now();
  let shutDownAt: number | undefined;
  let nextControlAt = startedAt + controlPollMs;
  let reading = false;
  for (;;) {
    if (!(await lookAgain(host.processes, postmaster))) return 'ended';
    if (options.until?.aborted) return 'aborted';
    const now = host.clock.now();
    if (now - startedAt > options.timeoutMs) return 'time-over';
    if (shutDownAt !== undefined && now - shutDownAt > (options.lingerMs ?? options.timeoutMs))
      return 'lingers';
    if (now >= nextControlAt) {
      nextControlAt = now + controlPollMs;
      if ((await host.processes.activity(postmaster))?.stopped) return 'frozen';
      if (shutDownAt === undefined && !reading && options.lingerMs !== undefined) {
        reading = true;
        void isShutDown(cluster).then((is) => {
          reading = false;
          if (is) shutDownAt = host.clock.now();
        });
      }
    }
    await pause(host, pollMs, options.until);
  }
}

async function isShutDown(cluster: Cluster): Promise<boolean> {
  const control = await readControlFile(cluster.host.files, cluster.parameters.dataDirectory).catch(
    () => undefined,
  );
  return control?.state === 'shut-down' || control?.state === 'shut-down-in-recovery';
}

/**
 * Kills whatever of the family is left, until a look at the process table finds nothing. The postmaster is held first,
 * so that it does not start again what is being killed; programs of backends are known from before only, because they
 * lose their parent. What another server of the machine has started meanwhile is left alone. Answers the survivors when
 * the limit passes.
 */
export async function endFamily(cluster: Cluster, before?: Family): Promise<readonly ProcessView[]> {
  const { host, parameters } = cluster;
  const deadline = host.clock.now() + cluster.limits.killMs;
  const programs = new Map((before?.programs ?? []).map((view) => [view.pid, view]));
  for (;;) {
    const family = await observeFamily(host.processes, placeOf(parameters));
    const [postmaster] = family.postmasters;
    if (postmaster && (await isAnotherServers(cluster, postmaster))) return [];
    for (const view of family.programs) programs.set(view.pid, view);
    const left = new Map(membersOf(family).map((view) => [view.pid, view]));
    for (const view of programs.values()) {
      if (await lookAgain(host.processes, view)) left.set(view.pid, view);
    }
    const main = await findServiceProcess(cluster);
    if (main) left.set(main.pid, main);
    if (left.size === 0) return [];
    if (host.clock.now() > deadline) return [...left.values()];
    const heads = new Set([...family.postmasters, ...family.singleUser].map((view) => view.pid));
    for (const view of left.values()) if (heads.has(view.pid)) await sendSignal(cluster, view, 'SIGSTOP');
    for (const view of left.values()) if (!heads.has(view.pid)) await sendSignal(cluster, view, 'SIGKILL');
    for (const view of left.values()) if (heads.has(view.pid)) await sendSignal(cluster, view, 'SIGKILL');
    await pause(host, pollMs);
  }
}

/**
 * The process of a service of our own making. In the moment before it becomes `postgres`, while it changes the account,
 * it looks like none of the family; a stop that passed it over would see the server come up afterwards.
 */
async function findServiceProcess(cluster: Cluster): Promise<ProcessView | undefined> {
  const { services, processes } = cluster.host;
  if (services.kind !== 'direct' && cluster.parameters.serviceOrigin !== 'created') return undefined;
  const service = await services.get(cluster.parameters.service).catch(() => undefined);
  return service?.mainPid === undefined ? undefined : processes.get(service.mainPid);
}

/** A process that cannot be signalled, because it is another user's, shows as a survivor. */
async function sendSignal(cluster: Cluster, view: ProcessView, signal: NodeJS.Signals): Promise<void> {
  await cluster.host.processes.signal(view.pid, signal, view.startTicks).catch(() => undefined);
}
