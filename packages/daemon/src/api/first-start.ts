import { createError, errorOfReason, HoldfastError, type PlanStep } from '@holdfast/contract';
import {
  allow,
  refuse,
  startOrder,
  type Hierarchy,
  type Reason,
  type Resource,
  type Tag,
  type Term,
  type Verdict,
} from '@holdfast/core';
import { instanceRef, reserveRequest, returnRequest, type ActionContext } from '@holdfast/engine';
import { commitRequest } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { settleAll, settleOne, withUndone, type Passwords } from './findings.ts';

/** Milliseconds for the whole of a creation's first start; PostgreSQL runs already, so hardly any of it is needed. */
const firstStartLimitMs = 90_000;
/** How often, and how far apart in milliseconds, a reservation is given back while the store does not answer. */
const returnAttempts = 60;
const returnEveryMs = 2_000;

export interface FirstStart {
  /** As it will be recorded. */
  readonly hierarchy: Hierarchy;
  /** What of it is new; all of it where the hierarchy is new itself. */
  readonly resources: readonly Resource[];
  /** The term in which this server owns the hierarchy already, where only resources are added to it. */
  readonly owned?: Term;
  readonly by: string;
  readonly passwords: Passwords;
  /** Aborts when nobody waits for the creation any more (K-09). */
  readonly signal: AbortSignal;
  /** Records the hierarchy, which this server owns in this term already. */
  record(term: Term): Promise<unknown>;
}

/**
 * Brings a new hierarchy in service before anybody knows of it, and records it once it runs: a creation whose first start
 * fails, or that is cancelled, leaves nothing behind (K-09). The order keeps the safety rules: the guard can end all of it
 * (S3), then what runs already is taken into care, then ownership is taken in a new term (S1), and only then anything
 * is started (S4).
 */
export async function startAndRecord(context: ApiContext, first: FirstStart): Promise<void> {
  const { engine, file } = context;
  const { hierarchy, by, owned } = first;
  const started: Resource[] = [];
  let term: Term | undefined;
  const release = context.care.hold(first.resources.map(({ tag }) => tag));
  try {
    goOn(first);
    await engine.protect(hierarchy);
    await settleAll(
      context,
      { ...hierarchy, resources: first.resources },
      file.server,
      'adopt',
      first.passwords,
    );
    goOn(first);
    term = owned ?? (await reserve(context, hierarchy, by));
    await startAll(context, first, { term, started });
    goOn(first);
    await first.record(term);
  } catch (error) {
    if (term !== undefined && (await isRecorded(context, first, term))) return;
    const { undone, left } = await undo(context, first, started);
    if (term !== undefined && owned === undefined) await giveBack(context, hierarchy, by);
    if (left.length === 0) throw withUndone(error, undone);
    const facts = { problem: messageOf(error), left: left.join('; ') };
    throw withUndone(createError('HF-SRV-006', facts, { cause: error }), undone);
  } finally {
    release();
  }
}

function goOn({ hierarchy, signal }: FirstStart): void {
  if (signal.aborted) throw createError('HF-HIER-040', { hierarchy: hierarchy.id });
}

/** Takes ownership of a hierarchy that is not recorded yet, in a new term. */
async function reserve(context: ApiContext, hierarchy: Hierarchy, by: string): Promise<Term> {
  const { server } = context.file;
  await commitRequest(context, by, (request) => reserveRequest(request, { hierarchy, server }), {
    dryRun: false,
  });
  const { view } = await context.engine.refresh();
  return view.owners[hierarchy.id]?.term ?? 0;
}

interface Starting {
  readonly term: Term;
  /** What did not run before, the last one last. */
  readonly started: Resource[];
}

async function startAll(context: ApiContext, first: FirstStart, { term, started }: Starting): Promise<void> {
  const { instances, file, care } = context;
  const { hierarchy } = first;
  const act = actionContext(context, first, term);
  for (const resource of startOrder(first.resources)) {
    goOn(first);
    const ref = instanceRef(hierarchy, resource, file.server);
    if ((await instances.quickCheck(ref)).state === 'not-running') {
      started.push(resource);
      const record = care.get(resource.tag);
      if (record) await care.write({ ...record, started: true });
    }
    const result = await instances.restore(ref, act);
    goOn(first);
    if (result.state !== 'ok') throw startError(resource, result.reason);
  }
}

function startError({ tag }: Resource, reason: Reason): HoldfastError {
  const code = errorOfReason(reason.code);
  if (code) return new HoldfastError(code, reason.facts, {});
  return createError('HF-HIER-041', { tag, cause: reason.code });
}

function actionContext(context: ApiContext, { hierarchy, signal }: FirstStart, term: Term): ActionContext {
  const incarnation = context.guard.state()?.incarnation;
  return {
    term,
    isFirst: true,
    signal: AbortSignal.any([signal, AbortSignal.timeout(firstStartLimitMs)]),
    permit: () => judgePermit(context, { hierarchy: hierarchy.id, term, incarnation }),
    progress: () => {},
  };
}

/** Asked immediately before every act: is the lease still good, and is the reservation still ours (S2, S4)? */
function judgePermit(
  { guard, engine, host, file }: ApiContext,
  act: { readonly hierarchy: string; readonly term: Term; readonly incarnation: string | undefined },
): Verdict {
  const lease = guard.state();
  const now = host.clock.now();
  if (!lease || lease.incarnation !== act.incarnation) return refuse('lease-lost');
  if (now >= lease.goodUntil) return refuse('lease-not-good', { overdueMs: now - lease.goodUntil });
  const owner = engine.state().snapshot?.view.owners[act.hierarchy];
  const isMine = owner?.server === file.server && owner.incarnation === act.incarnation;
  return isMine && owner.term === act.term ? allow() : refuse('term-over', { term: act.term });
}

/** An answer that was lost on the way says nothing of what took place: then only a look does. */
async function isRecorded(
  { engine }: ApiContext,
  { hierarchy, resources }: FirstStart,
  term: Term,
): Promise<boolean> {
  const view = await engine.refresh().then(
    (snapshot) => snapshot.view,
    () => undefined,
  );
  const recorded = new Set(view?.hierarchies[hierarchy.id]?.resources.map(({ tag }) => tag));
  return resources.every(({ tag }) => recorded.has(tag)) && view?.owners[hierarchy.id]?.term === term;
}

/**
 * Makes it as it was: everything is let go, parents first, and what this creation has started is stopped again. Answers
 * what was undone, and in words what could not be; nothing of that keeps the rest from being undone.
 */
async function undo(
  context: ApiContext,
  { hierarchy, resources }: FirstStart,
  started: readonly Resource[],
): Promise<{ readonly undone: readonly PlanStep[]; readonly left: readonly string[] }> {
  const { engine, instances, file, care } = context;
  const { server } = file;
  const inCare = new Set(resources.map(({ tag }) => tag).filter((tag) => care.get(tag)));
  const undone: PlanStep[] = [];
  const left: string[] = [];
  const attempt = (tag: Tag, step: 'let-go' | 'stop', act: () => Promise<unknown>): Promise<unknown> =>
    act().then(
      () => (inCare.has(tag) ? undone.push({ act: step, server, tag }) : undefined),
      (error: unknown) => left.push(`${tag}: ${messageOf(error)}`),
    );
  for (const resource of startOrder(resources).toReversed()) {
    const settling = { hierarchy, resource, server, kind: 'let-go' } as const;
    await attempt(resource.tag, 'let-go', () => settleOne(context, settling));
    if (!started.includes(resource)) continue;
    await attempt(resource.tag, 'stop', async () => {
      const act = { term: 0, signal: AbortSignal.timeout(firstStartLimitMs), progress: () => {} };
      const result = await instances.remove(instanceRef(hierarchy, resource, file.server), act);
      if (result.state === 'failed' || result.state === 'unknown') throw startError(resource, result.reason);
    });
  }
  // A guard that does not answer now is told with the next look at the store what it is to keep.
  await engine.unprotect(hierarchy.id).catch(() => undefined);
  return { undone, left };
}

/** Gives the reservation back; while the store is away, again and again until the lease has ended anyway. */
async function giveBack(context: ApiContext, hierarchy: Hierarchy, by: string): Promise<void> {
  const attempt = async (): Promise<boolean> => {
    try {
      const { server } = context.file;
      await commitRequest(
        context,
        by,
        (request) => returnRequest(request, { hierarchy: hierarchy.id, server }),
        {
          dryRun: false,
        },
      );
      return true;
    } catch {
      return false;
    }
  };
  if (await attempt()) return;
  const later = (left: number): void => {
    const timer = setTimeout(() => {
      void attempt().then((done) => {
        if (!done && left > 1) later(left - 1);
      });
    }, returnEveryMs);
    timer.unref();
  };
  later(returnAttempts);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
