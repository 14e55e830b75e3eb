import { because } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { HostError } from '../host.ts';
import type { CheckContext } from '../kit.ts';
import { inServiceMark } from './in-service-mark.ts';
import { limits } from './limits.ts';
import { observeMount } from './mount-state.ts';
import { failed, reasonOf, settled } from './outcome.ts';
import { judgeOwnRecord, ownerPath, readOwnerRecord } from './owner-record.ts';
import { rootOf, type VolumeParameters } from './parameters.ts';

type Context = CheckContext<VolumeParameters>;

/** A file that the deep check overwrites each time. */
export const checkFileName = '.holdfast-check';

/** Is the right thing there, writable, and recorded as ours? Costs no process and, from the cache, no disk. */
export function quickCheckVolume(context: Context): Promise<ActionResult> {
  const root = rootOf(context.parameters);
  return settled({ root, signal: context.signal }, async () => {
    const place = await checkPlace(context);
    if (place.state !== 'ok') return place;
    const own = judgeOwnRecord(await readOwnerRecord(context.host, root), context, ownerPath(root));
    return own.allowed ? { state: 'ok' } : failed(own.reason);
  });
}

async function checkPlace({ host, parameters }: Context): Promise<ActionResult> {
  if (parameters.type === 'directory') {
    const mark = await host.files.read(inServiceMark(host, parameters));
    if (mark !== undefined) return { state: 'ok' };
    return { state: 'not-running', reason: because('volume-not-in-service', { path: parameters.path }) };
  }
  const { mountPoint, device } = parameters;
  const seen = await observeMount(host, parameters);
  switch (seen.state) {
    case 'mounted':
      return seen.readOnly ? failed(because('volume-read-only', { volume: mountPoint })) : { state: 'ok' };
    case 'absent':
      return { state: 'not-running', reason: because('volume-not-mounted', { mountPoint, device }) };
    case 'taken':
      return {
        state: 'not-running',
        reason: because('mount-point-taken', { mountPoint, source: seen.source }),
      };
    case 'changing':
      return { state: 'unknown', reason: because('mount-changing', { mountPoint, device }) };
    default:
      return seen satisfies never;
  }
}

/**
 * Uses the volume: a read that the cache does not answer, and a small synced write, side by side, each in a process of
 * its own, because a disk that hangs would hold this one. A disk that reads but is slow to write is busy, not dead.
 */
export async function deepCheckVolume(context: Context): Promise<ActionResult> {
  const { host, parameters, deadline } = context;
  const root = rootOf(parameters);
  const place = await quickCheckVolume(context);
  if (place.state !== 'ok') return place;
  const timeoutMs = Math.max(100, Math.min(limits.ioMs, deadline - host.clock.now() - 200));
  const startedAt = host.clock.now();
  const [read, write] = await Promise.allSettled([
    host.volumes.probe(parameters.type === 'device' ? parameters.device : ownerPath(root), timeoutMs),
    host.volumes.writeSynced(`${root}/${checkFileName}`, `${host.clock.wallTime()}\n`, timeoutMs),
  ]);
  if (read.status === 'rejected') return failed(reasonOf(read.reason, root));
  if (write.status === 'fulfilled') return { state: 'ok' };
  return judgeWrite(write.reason, { root, waitedMs: Math.round(host.clock.now() - startedAt) });
}

function judgeWrite(
  error: unknown,
  facts: { readonly root: string; readonly waitedMs: number },
): ActionResult {
  const { root, waitedMs } = facts;
  const reason = reasonOf(error, root);
  const hangingMs = error instanceof HostError ? Number(error.reason.facts['hangingMs'] ?? 0) : 0;
  const isLate = reason.code === 'disk-hangs' && hangingMs < limits.hangingMs;
  if (isLate) return { state: 'ok', warning: because('volume-slow', { volume: root, waitedMs }) };
  return reason.code === 'volume-full' ? { state: 'ok', warning: reason } : failed(reason);
}
