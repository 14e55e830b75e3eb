import { because, refuse, type Reason, type Verdict } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import type { KitContext } from '../kit.ts';
import { inServiceMark } from './in-service-mark.ts';
import { limits } from './limits.ts';
import { observeMount } from './mount-state.ts';
import { failed, settled } from './outcome.ts';
import { judgeOwnerRecord, ownerPath, readOwnerRecord, writeOwnerRecord } from './owner-record.ts';
import { rootOf, type DeviceVolume, type DirectoryVolume, type VolumeParameters } from './parameters.ts';

type Context<P = VolumeParameters> = KitContext<P>;

/** Brings the volume in service: mounted where that is ours to do, and recorded as ours on the storage itself. */
export function restoreVolume(context: Context): Promise<ActionResult> {
  const { parameters } = context;
  return settled({ root: rootOf(parameters), signal: context.signal }, () =>
    parameters.type === 'device'
      ? restoreDevice({ ...context, parameters })
      : restoreDirectory({ ...context, parameters }),
  );
}

async function restoreDevice(context: Context<DeviceVolume>): Promise<ActionResult> {
  const { host, parameters } = context;
  const { mountPoint } = parameters;
  const before = await awaitPlace(context);
  if (before.state === 'mounted') {
    const taken = await takeOver(context, mountPoint);
    return taken.state === 'not-running' ? { state: 'unknown', reason: taken.reason } : taken;
  }
  if (before.state !== 'free') return before;
  const mounted = await mountDevice(context, before.signature);
  if (mounted.state !== 'ok') return mounted;
  const result = await takeOver(context, mountPoint);
  // A volume that may not be had is not left mounted. If this fails too, the stop that follows says so.
  if (result.state !== 'ok') await host.volumes.unmount(mountPoint, limits.unmountMs);
  return result;
}

type Place =
  | { readonly state: 'mounted' }
  /** With the look at what stands on the device, which is under way. */
  | { readonly state: 'free'; readonly signature: Promise<Reason | undefined> }
  | ActionResult;

/**
 * Waits until the mount point and the device stand still: a mount that an earlier life of the daemon began may come
 * true, and what had the device mounted in another namespace may be on its way out.
 */
async function awaitPlace(context: Context<DeviceVolume>): Promise<Place> {
  const { host, parameters, signal } = context;
  const { device, mountPoint } = parameters;
  const startedAt = host.clock.now();
  for (let told = false; ; told = true) {
    const seen = await observeMount(host, parameters);
    const waitedMs = Math.round(host.clock.now() - startedAt);
    if (seen.state === 'taken')
      return failed(because('mount-point-taken', { mountPoint, source: seen.source }));
    if (seen.state === 'mounted') {
      if (seen.readOnly) return failed(because('volume-read-only', { volume: mountPoint }));
      return { state: 'mounted' };
    }
    if (seen.state === 'absent') {
      // Clients wait, so the device is looked at meanwhile; again, when somebody has had it until then.
      const early = told ? undefined : findSignatureProblem(context);
      early?.catch(() => undefined);
      const problem = await findProblem(context, seen.elsewhere?.mountPoint);
      if (problem) return failed(problem);
      if (!(await host.volumes.isHeld(device))) {
        return { state: 'free', signature: early ?? findSignatureProblem(context) };
      }
      if (waitedMs >= limits.releaseMs) return failed(because('device-in-use', { device, waitedMs }));
    }
    if (waitedMs >= limits.mountMs) {
      return { state: 'unknown', reason: because('mount-changing', { mountPoint, device }) };
    }
    if (!told) context.progress(because('waiting-for-device', { device }));
    await host.clock.wait(limits.pollMs, signal);
  }
}

async function mountDevice(
  context: Context<DeviceVolume>,
  signature: Promise<Reason | undefined>,
): Promise<ActionResult> {
  const { host, parameters, signal } = context;
  const { device, mountPoint, fsType, options } = parameters;
  const wrong = await signature;
  if (wrong) return failed(wrong);
  const verdict = mayGoOn(context);
  if (!verdict.allowed) return { state: 'not-running', reason: verdict.reason };
  context.progress(because('mounting', { device, mountPoint }));
  const mounting = host.volumes.mount({
    device,
    mountPoint,
    type: fsType,
    options,
    timeoutMs: limits.mountMs,
  });
  await orAborted(mounting, signal);
  const after = await observeMount(host, parameters);
  if (after.state === 'mounted' && !after.readOnly) return { state: 'ok' };
  // The kernel falls back to read-only for a device that cannot be written.
  await host.volumes.unmount(mountPoint, limits.unmountMs);
  return failed(because('volume-read-only', { volume: mountPoint }));
}

async function findProblem(
  { host, parameters }: Context<DeviceVolume>,
  elsewhere: string | undefined,
): Promise<Reason | undefined> {
  const { device, mountPoint } = parameters;
  if (elsewhere !== undefined) return because('volume-mounted-elsewhere', { device, elsewhere });
  if ((await host.volumes.deviceNumber(device)) === undefined) return because('device-missing', { device });
  const real = await host.files.realPath(mountPoint);
  if (real === undefined) return because('mount-point-missing', { mountPoint });
  // The kernel's table shows real paths: through a link the mount would not be recognised.
  return real === mountPoint ? undefined : because('mount-point-is-link', { mountPoint, real });
}

async function findSignatureProblem({
  host,
  parameters,
}: Context<DeviceVolume>): Promise<Reason | undefined> {
  const { device, uuid } = parameters;
  if (uuid === undefined) return undefined;
  const found = await host.volumes.signature(device, limits.ioMs);
  if (found?.uuid.toLowerCase() === uuid.toLowerCase()) return undefined;
  return because('device-not-this-volume', { device, expected: uuid, found: found?.uuid ?? '' });
}

async function restoreDirectory(context: Context<DirectoryVolume>): Promise<ActionResult> {
  const { host, parameters } = context;
  const { path } = parameters;
  const real = await host.files.realPath(path);
  const found = real === undefined ? undefined : await host.files.stat(real);
  if (found?.kind !== 'directory') return failed(because('directory-missing', { path }));
  // What is mounted there is not ours to say: without the record of an earlier owner it is another folder of the same name.
  if (context.isFirst !== true && (await readOwnerRecord(host, path)).state === 'absent')
    return failed(because('volume-record-missing', { path: ownerPath(path) }));
  const wasInService = (await host.files.read(inServiceMark(host, parameters))) !== undefined;
  const taken = await takeOver(context, path);
  if (taken.state === 'not-running' && wasInService) return { state: 'unknown', reason: taken.reason };
  if (taken.state !== 'ok') return taken;
  await host.files.makeDirectory(`${host.runDirectory}/volumes`, 0o700);
  await host.files.write(inServiceMark(host, parameters), `${context.term}\n`);
  return taken;
}

/**
 * Takes the volume in the storage's own books. The permit is asked before the record is written, and once more when it
 * is on the disk: the write may have taken longer than the lease.
 */
async function takeOver(context: Context, root: string): Promise<ActionResult> {
  const path = ownerPath(root);
  const barrier = judgeOwnerRecord(await readOwnerRecord(context.host, root), context, path);
  if (!barrier.allowed) return failed(barrier.reason);
  const before = mayGoOn(context);
  if (!before.allowed) return { state: 'not-running', reason: before.reason };
  await writeOwnerRecord(context, root, limits.ioMs);
  const after = mayGoOn(context);
  return after.allowed ? { state: 'ok' } : { state: 'not-running', reason: after.reason };
}

function mayGoOn({ signal, permit }: Pick<KitContext<unknown>, 'signal' | 'permit'>): Verdict {
  return signal.aborted ? refuse('aborted') : permit();
}

/** Ends the wait on abort; what was begun goes on, and the host knows that it does. */
async function orAborted<T>(action: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    return await Promise.race([action, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    action.catch(() => undefined);
  }
}
