import { because } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import type { ProcessView } from '../host.ts';
import { classifyAnswer, isBrokenOff, judgeRefusal } from './answer.ts';
import { loginOf, observeCluster, pause, readLockFile, type Cluster, type Sight } from './cluster.ts';
import type { ClusterLogin, ConnectionKeeper } from './connection-keeper.ts';
import { readControlFile } from './control-file.ts';
import { knock } from './door.ts';
import { readMajorVersion } from './executables.ts';
import { lookAgain } from './identity.ts';
import { postgresPath } from './parameters.ts';
import { askHealth } from './statements.sql.ts';

/** Is the postmaster's process there (K-19)? For one that was seen before, a look at one process answers. */
export async function performQuickCheck(cluster: Cluster): Promise<ActionResult> {
  const sight = await observeCluster(cluster);
  const isStandby =
    sight.kind === 'nothing' && !cluster.state.sightings.has(cluster.parameters.dataDirectory);
  if (isStandby) prepareStart(cluster);
  if (sight.kind !== 'running') return judgeAbsence(cluster, sight);
  if (await isFrozen(cluster, sight.postmaster)) {
    return { state: 'ok', warning: because('postmaster-frozen', { pid: sight.postmaster.pid }) };
  }
  return sight.byHand
    ? { state: 'ok', warning: because('started-by-hand', { pid: sight.postmaster.pid }) }
    : { state: 'ok' };
}

/**
 * Clients wait for a start, which may come at any moment: what it asks once and for all is asked while they do not. Not
 * waited for, because a program may hang on its disk; it ends at its own deadline, and what is wrong the start will say.
 */
function prepareStart({ host, parameters }: Cluster): void {
  void Promise.allSettled([
    readMajorVersion(host, postgresPath(parameters)),
    host.services.get(parameters.service),
  ]);
}

async function judgeAbsence(
  cluster: Cluster,
  sight: Exclude<Sight, { kind: 'running' }>,
): Promise<ActionResult> {
  const failed = (code: string, facts: Record<string, number>): ActionResult => ({
    state: 'failed',
    scope: 'server',
    reason: because(code, facts),
  });
  switch (sight.kind) {
    case 'elsewhere':
      return {
        state: 'not-running',
        reason: because('held-by-another-server', { pid: sight.postmaster.pid }),
      };
    case 'single-user':
      return failed('single-user-session', { pid: sight.process.pid });
    case 'orphans':
      return failed('backends-outlived-postmaster', { count: sight.members.length });
    case 'nothing':
      break;
    default:
      return sight satisfies never;
  }
  const { host, parameters, state } = cluster;
  const seen = state.sightings.get(parameters.dataDirectory);
  if (!seen) return { state: 'not-running', reason: because('stopped') };
  const control = await readControlFile(host.files, parameters.dataDirectory).catch(() => undefined);
  const code = control?.state === 'shut-down' ? 'stopped-by-hand' : 'postmaster-died';
  return failed(code, { pid: seen.postmaster.pid });
}

/** What is kept back of the deadline for saying so. */
const reserveMs = 20;

/** A postmaster ends all its backends when one crashes, new ones too: so soon and so often it is asked again (K-20). */
const askAgainMs = 50;
const mostBroken = 10;

/** Uses the server: a query over the kept session, and a knock that only a working postmaster answers (K-20). */
export async function performDeepCheck(cluster: Cluster, deadline: number): Promise<ActionResult> {
  const { parameters } = cluster;
  const sight = await observeCluster(cluster);
  if (sight.kind !== 'running') return judgeAbsence(cluster, sight);
  if (await isFrozen(cluster, sight.postmaster)) return judgeFrozen(sight.postmaster);
  const login = await loginOf(cluster, await readLockFile(cluster));
  const { knocked, asked } = await useServer(cluster, login, deadline - reserveMs);
  if (asked.status === 'rejected') {
    const refusal = classifyAnswer(asked.reason);
    if (refusal.kind !== 'no-answer') return judgeRefusal(refusal, factsOf(login));
  }
  if (knocked.status === 'rejected') return judgeSilence(cluster, sight.postmaster, login, knocked.reason);
  if (asked.status === 'rejected') return judgeSilence(cluster, sight.postmaster, login, asked.reason);
  const [row] = asked.value;
  if (!(await isOwnBackend(cluster, sight.postmaster, row?.['backend']))) {
    return { state: 'failed', scope: 'server', reason: because('another-cluster-answers', factsOf(login)) };
  }
  if (row?.['recovering'] === true) {
    return { state: 'ok', warning: because('read-only', { port: parameters.port }) };
  }
  return sight.byHand
    ? { state: 'ok', warning: because('started-by-hand', { pid: sight.postmaster.pid }) }
    : { state: 'ok' };
}

interface Used {
  readonly knocked: PromiseSettledResult<void>;
  readonly asked: PromiseSettledResult<Awaited<ReturnType<ConnectionKeeper['ask']>>>;
}

async function useServer(cluster: Cluster, login: ClusterLogin, until: number): Promise<Used> {
  const { host, state } = cluster;
  for (let broken = 0; ; broken += 1) {
    const leftMs = Math.max(1, until - host.clock.now());
    const [knocked, asked] = await Promise.allSettled([
      knock(login.door, leftMs),
      state.connections.ask(login, askHealth, leftMs),
    ]);
    const isBroken = [knocked, asked].some((one) => one.status === 'rejected' && isBrokenOff(one.reason));
    if (!isBroken || broken >= mostBroken || host.clock.now() + askAgainMs >= until)
      return { knocked, asked };
    await pause(host, askAgainMs);
  }
}

function factsOf(login: ClusterLogin): Record<string, string | number> {
  return { host: login.door.host, port: login.door.port, user: login.user };
}

/** Held by SIGSTOP or a debugger: its backends may answer, but nobody new gets in. */
async function isFrozen(cluster: Cluster, postmaster: ProcessView): Promise<boolean> {
  return (await cluster.host.processes.activity(postmaster))?.stopped === true;
}

function judgeFrozen(postmaster: ProcessView): ActionResult {
  return { state: 'failed', scope: 'server', reason: because('postmaster-frozen', { pid: postmaster.pid }) };
}

async function judgeSilence(
  cluster: Cluster,
  postmaster: ProcessView,
  login: ClusterLogin,
  error: unknown,
): Promise<ActionResult> {
  if (await isFrozen(cluster, postmaster)) return judgeFrozen(postmaster);
  // A postmaster that is starting or stopping has no socket for a moment: that is no failure (K-20).
  const status = (await readLockFile(cluster))?.status;
  if (status === 'starting' || status === 'stopping') {
    return { state: 'ok', warning: because('starting-or-stopping', { ...factsOf(login), status }) };
  }
  const { code, message } = classifyAnswer(error);
  const reason = because('no-answer', { ...factsOf(login), sqlstate: code, message: message.slice(0, 300) });
  return { state: 'failed', scope: 'server', reason };
}

/** Another database cluster on the same port would answer just as well: the backend must be the postmaster's child. */
async function isOwnBackend(cluster: Cluster, postmaster: ProcessView, backend: unknown): Promise<boolean> {
  if (typeof backend !== 'number') return false;
  const view = await cluster.host.processes.get(backend);
  return view === undefined || view.parent === postmaster.pid;
}

/**
 * Calls back once when the postmaster that runs now has ended. The kept session's end is the fastest sign of it (its
 * backend goes within milliseconds of the postmaster); the host looks at the process itself, too.
 */
export function watchPostmaster(cluster: Cluster, onEnd: () => void): () => void {
  const { host, parameters, state } = cluster;
  let over = false;
  const releases: (() => void)[] = [];
  const cancel = (): void => {
    over = true;
    for (const release of releases.splice(0)) release();
  };
  const end = (): void => {
    if (over) return;
    cancel();
    onEnd();
  };
  const begin = async (): Promise<void> => {
    const wasSeen = state.sightings.has(parameters.dataDirectory);
    const sight = await observeCluster(cluster);
    if (over) return;
    if (sight.kind !== 'running') {
      if (wasSeen) end();
      return;
    }
    const { postmaster } = sight;
    const look = async (): Promise<void> => {
      if (!over && !(await lookAgain(host.processes, postmaster))) end();
    };
    releases.push(host.processes.onEnd(postmaster, end));
    releases.push(state.connections.onLost(parameters.dataDirectory, () => void look()));
  };
  // A process table that cannot be read now is looked at again by the next check.
  begin().catch(() => undefined);
  return cancel;
}
