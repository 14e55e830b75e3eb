import { because, type Reason, type Verdict } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { HostError, type ProcessView } from '../host.ts';
import { classifyAnswer, judgeRefusal } from './answer.ts';
import {
  loginOf,
  observeCluster,
  pause,
  placeOf,
  readLockFile,
  recordSighting,
  type Cluster,
} from './cluster.ts';
import { measureRecovery } from './estimate.ts';
import { forgetMajorVersions } from './executables.ts';
import { isFamilyMember, isPostmaster, lookAgain } from './identity.ts';
import type { LockFile } from './lock-file.ts';
import { describeStart, isProgress, sampleStart, type StartSample } from './progress.ts';
import { createMissingService, takeOverProcess } from './service.ts';
import { judgeStart } from './start-conditions.ts';
import { explainStartFailure, type StartFailure } from './start-failure.ts';
import { askHealth } from './statements.sql.ts';
import { describeSurvivors, endFamily, performStop } from './stop.ts';

export interface StartContext {
  readonly signal: AbortSignal;
  readonly permit: () => Verdict;
  readonly progress: (reason: Reason) => void;
}

const shortestPollMs = 5;
const longestPollMs = 20;
const questionTimeoutMs = 2_000;
const looksAtMost = 2;

/**
 * Brings the database cluster in service: what runs already is taken over, what is left of an earlier life is ended,
 * and a start is waited for as long as something moves (K-14 to K-16). Answers once a query has been answered.
 */
export async function performRestore(cluster: Cluster, context: StartContext): Promise<ActionResult> {
  return restoreWhatIsThere(cluster, context, 1);
}

async function restoreWhatIsThere(
  cluster: Cluster,
  context: StartContext,
  look: number,
): Promise<ActionResult> {
  const sight = await observeCluster(cluster);
  switch (sight.kind) {
    case 'elsewhere':
      return failed('server', because('held-by-another-server', { pid: sight.postmaster.pid }));
    case 'single-user':
      return failed('server', because('single-user-session', { pid: sight.process.pid }));
    case 'running': {
      if ((await readLockFile(cluster))?.status !== 'stopping') {
        const adopted = await adoptRunning(cluster, context, sight);
        if (adopted !== 'ended') return adopted;
        // It was dying when it was seen: what is there now is looked at once more.
        return look < looksAtMost
          ? restoreWhatIsThere(cluster, context, look + 1)
          : explain(cluster, 'ended');
      }
      context.progress(because('ends-first', { pid: sight.postmaster.pid }));
      const survivors = await performStop(cluster, { first: 'fast', signal: context.signal });
      return survivors.length > 0
        ? failed('server', describeSurvivors(survivors))
        : startAnew(cluster, context);
    }
    case 'orphans': {
      context.progress(because('ending-orphans', { count: sight.members.length }));
      const survivors = await endFamily(cluster);
      return survivors.length > 0
        ? failed('server', describeSurvivors(survivors))
        : startAnew(cluster, context);
    }
    case 'nothing':
      return startAnew(cluster, context);
    default:
      return sight satisfies never;
  }
}

function failed(scope: 'server' | 'data', reason: Reason): ActionResult {
  return { state: 'failed', scope, reason };
}

/** A postmaster that runs is left running, whoever started it; the service manager is told where it can be. */
async function adoptRunning(
  cluster: Cluster,
  context: StartContext,
  sight: { readonly postmaster: ProcessView; readonly byHand: boolean },
): Promise<ActionResult | 'ended'> {
  // Where the service manager cannot be told, the warning stays.
  if (sight.byHand) await takeOverProcess(cluster, sight.postmaster).catch(() => undefined);
  const result = await awaitReady(cluster, context, sight.postmaster);
  if (result === 'ended' || result.state !== 'ok' || !sight.byHand || result.warning) return result;
  return { state: 'ok', warning: because('started-by-hand', { pid: sight.postmaster.pid }) };
}

async function startAnew(cluster: Cluster, context: StartContext): Promise<ActionResult> {
  const { host, parameters, state } = cluster;
  state.sightings.delete(parameters.dataDirectory);
  const [refused, lock] = await Promise.all([
    judgeStart(cluster).catch((error: unknown) => ofError(cluster, error)),
    readLockFile(cluster),
  ]);
  if (refused) return { state: 'failed', ...refused };
  const noteRecovery = await measureRecovery(cluster);
  let problem = '';
  try {
    await createMissingService(cluster);
    const environment = await environmentOf(cluster, lock);
    const permitted = context.permit();
    if (!permitted.allowed) return failed('server', permitted.reason);
    if (context.signal.aborted) return failed('server', because('aborted'));
    await host.services.start(parameters.service, { environment, timeoutMs: cluster.limits.serviceMs });
  } catch (error) {
    problem = describeError(error);
  }
  const result = problem === '' ? await awaitStarted(cluster, context) : 'ended';
  if (result === 'ended') return undoStart(cluster, await explain(cluster, problem || 'ended'));
  if (result.state !== 'ok') return undoStart(cluster, result);
  await noteRecovery();
  return result;
}

/** What was started must not be left alone because a look at it failed. */
async function awaitStarted(cluster: Cluster, context: StartContext): Promise<ActionResult | 'ended'> {
  try {
    return await awaitReady(cluster, context, undefined);
  } catch (error) {
    return { state: 'failed', ...ofError(cluster, error) };
  }
}

function ofError(cluster: Cluster, error: unknown): StartFailure {
  if (error instanceof HostError) return { scope: 'server', reason: error.reason };
  const { service } = cluster.parameters;
  return {
    scope: 'server',
    reason: because('start-failed', { service, problem: describeError(error), line: '' }),
  };
}

/**
 * The process that a left-over lock file names is none of this cluster: the look before has shown that. PostgreSQL takes
 * the number given here for its own (miscinit.c, CreateLockFile), also when a zombie or a thread has it now (K-16).
 * systemd has to be told in a costly way, so there only where the number is in use.
 */
async function environmentOf(cluster: Cluster, lock: LockFile | undefined): Promise<Record<string, string>> {
  const { services, files } = cluster.host;
  if (!lock) return {};
  const isUsed = services.kind === 'direct' || (await files.stat(`/proc/${lock.pid}`)) !== undefined;
  return isUsed ? { PG_GRANDPARENT_PID: String(lock.pid) } : {};
}

function describeError(error: unknown): string {
  if (error instanceof HostError) return error.reason.code;
  return error instanceof Error ? error.message.slice(0, 300) : String(error);
}

async function explain(cluster: Cluster, problem: string): Promise<ActionResult> {
  forgetMajorVersions();
  return { state: 'failed', ...(await explainStartFailure(cluster, problem)) };
}

/** Nothing of a start that failed or was taken back stays. */
async function undoStart(cluster: Cluster, result: ActionResult): Promise<ActionResult> {
  const { host, parameters, state } = cluster;
  state.sightings.delete(parameters.dataDirectory);
  const survivors = await performStop(cluster, { first: 'immediate', signal: AbortSignal.abort() });
  if (survivors.length > 0) return failed('server', describeSurvivors(survivors));
  await host.services.settle(parameters.service, cluster.limits.serviceMs).catch(() => undefined);
  return result;
}

/** What a start has shown so far. */
interface Watch {
  postmaster: ProcessView | undefined;
  sample: StartSample | undefined;
  sampledAt: number;
  movedAt: number;
  readySince: number | undefined;
}

/** Waits until a query is answered. Without that it ends when the server has ended, stands still, or the signal aborts. */
async function awaitReady(
  cluster: Cluster,
  context: StartContext,
  postmaster: ProcessView | undefined,
): Promise<ActionResult | 'ended'> {
  const { host } = cluster;
  const startedAt = host.clock.now();
  const watch: Watch = {
    postmaster,
    sample: undefined,
    sampledAt: startedAt,
    movedAt: startedAt,
    readySince: undefined,
  };
  for (;;) {
    if (context.signal.aborted) return failed('server', because('aborted'));
    if (!(await isAlive(cluster, watch))) return 'ended';
    const now = host.clock.now();
    const answered = await askWhenReady(cluster, watch, now);
    if (answered) return answered;
    const { limits } = cluster;
    if (watch.readySince !== undefined && now - watch.readySince > limits.connectMs) {
      return failed(
        'server',
        because('ready-but-no-answer', { waitedMs: Math.round(now - watch.readySince) }),
      );
    }
    if (now - watch.sampledAt >= Math.min(1_000, limits.startStandstillMs / 5)) {
      await takeSample(cluster, watch, now);
      const stillMs = now - watch.movedAt;
      if (watch.sample) context.progress(describeStart(watch.sample, now - startedAt, stillMs));
      if (stillMs > limits.startStandstillMs) {
        const facts = {
          stillMs: Math.round(stillMs),
          doing: watch.sample?.doing ?? '',
          redo: watch.sample?.redo ?? '',
        };
        return failed('server', because('start-stands-still', facts));
      }
    }
    const pollMs = Math.min(longestPollMs, Math.max(shortestPollMs, (now - startedAt) / 20));
    await pause(host, pollMs, context.signal);
  }
}

/** Recognises the postmaster as soon as its lock file names it; until then the service's own process must live. */
async function isAlive(cluster: Cluster, watch: Watch): Promise<boolean> {
  const { host, parameters } = cluster;
  if (watch.postmaster) return (await lookAgain(host.processes, watch.postmaster)) !== undefined;
  const lock = await readLockFile(cluster);
  const named = lock && (await host.processes.get(lock.pid));
  if (named && isFamilyMember(named, placeOf(parameters)) && isPostmaster(named)) {
    const sight = await recordSighting(cluster, named);
    if (sight.kind === 'running') {
      watch.postmaster = named;
      return true;
    }
  }
  const service = await host.services.get(parameters.service);
  return service !== undefined && service.state !== 'stopped' && service.state !== 'failed';
}

async function askWhenReady(cluster: Cluster, watch: Watch, now: number): Promise<ActionResult | undefined> {
  if (!watch.postmaster) return undefined;
  const lock = await readLockFile(cluster);
  if (lock?.pid !== watch.postmaster.pid || (lock.status !== 'ready' && lock.status !== 'standby'))
    return undefined;
  watch.readySince ??= now;
  try {
    const login = await loginOf(cluster, lock);
    const [row] = await cluster.state.connections.ask(login, askHealth, questionTimeoutMs);
    return row?.['recovering'] === true
      ? { state: 'ok', warning: because('read-only', { port: cluster.parameters.port }) }
      : { state: 'ok' };
  } catch (error) {
    const refusal = classifyAnswer(error);
    // Nobody there yet, or starting: the limit decides. Everything else is an answer.
    if (refusal.kind === 'not-yet' || refusal.kind === 'no-answer') return undefined;
    return judgeRefusal(refusal, { port: cluster.parameters.port });
  }
}

async function takeSample(cluster: Cluster, watch: Watch, now: number): Promise<void> {
  const { host, parameters } = cluster;
  const mainPid = watch.postmaster ? undefined : (await host.services.get(parameters.service))?.mainPid;
  const first = mainPid === undefined ? watch.postmaster : await host.processes.get(mainPid);
  const sample = await sampleStart(cluster, first);
  if (watch.sample && isProgress(watch.sample, sample)) watch.movedAt = now;
  watch.sample = sample;
  watch.sampledAt = now;
}
