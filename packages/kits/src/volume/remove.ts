import { because, type Reason } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { HostError, type Host, type ProcessView } from '../host.ts';
import type { KitContext } from '../kit.ts';
import { inServiceMark } from './in-service-mark.ts';
import { limits } from './limits.ts';
import { observeMount } from './mount-state.ts';
import { failed, settled } from './outcome.ts';
import { rootOf, type DeviceVolume, type VolumeParameters } from './parameters.ts';

type Context<P = VolumeParameters> = Omit<KitContext<P>, 'permit'>;

/** Takes the volume out of service. The owner's record stays: it is the barrier for whoever comes late. */
export function removeVolume(context: Context): Promise<ActionResult> {
  const { parameters } = context;
  return settled({ root: rootOf(parameters), signal: context.signal }, async () => {
    if (parameters.type === 'device') return removeDevice({ ...context, parameters });
    await context.host.files.delete(inServiceMark(context.host, parameters));
    return { state: 'ok' };
  });
}

/**
 * Unmounts. Users of a busy volume are named and ended, politely first. A lazy unmount is never used: it would say
 * "stopped" of a file system that is still written to.
 */
async function removeDevice(context: Context<DeviceVolume>): Promise<ActionResult> {
  const { host, parameters, signal } = context;
  const { mountPoint, device } = parameters;
  const deadline = host.clock.now() + limits.freeMs;
  let rung: 'ask' | 'terminate' | 'kill' = 'ask';
  const ended = new Map<number, ProcessView>();
  for (;;) {
    const seen = await observeMount(host, parameters);
    if (seen.state === 'absent' || seen.state === 'taken') return judgeAbsent(context);
    const isLate = host.clock.now() >= deadline;
    if (seen.state === 'mounted') {
      const busy = await unmount(context);
      if (!busy) return withEnded(await judgeUnmounted(context), mountPoint, [...ended.values()]);
      const users = await host.processes.usersOf(mountPoint);
      const reason = busyReason(mountPoint, users, busy);
      if (isLate) return failed(reason);
      context.progress(reason);
      if (rung !== 'ask') {
        await endUsers(context, users, rung === 'terminate' ? 'SIGTERM' : 'SIGKILL');
        for (const view of users) ended.set(view.pid, view);
      }
      rung = rung === 'ask' ? 'terminate' : 'kill';
    } else if (isLate) {
      return { state: 'unknown', reason: because('mount-changing', { mountPoint, device }) };
    }
    await host.clock.wait(limits.pollMs, signal);
  }
}

/** `undefined` when it is unmounted; the reason when somebody uses it. Other failures are thrown. */
async function unmount({ host, parameters }: Context<DeviceVolume>): Promise<Reason | undefined> {
  try {
    await host.volumes.unmount(parameters.mountPoint, limits.unmountMs);
    return undefined;
  } catch (error) {
    if (error instanceof HostError && error.reason.code === 'volume-busy') return error.reason;
    throw error;
  }
}

function busyReason(mountPoint: string, users: readonly ProcessView[], busy: Reason): Reason {
  return because('volume-busy', {
    ...busy.facts,
    mountPoint,
    users: users.length,
    processes: namesOf(users),
  });
}

/** Number and command line, as a person looks for them. */
function namesOf(users: readonly ProcessView[]): string {
  const names = users.slice(0, 10).map(({ pid, title, executable }) => `${pid} ${title || executable}`);
  return names.join(', ').slice(0, 500);
}

/** Whoever was ended for the volume's sake is named: they may be somebody's backup or shell (K-17). */
function withEnded(result: ActionResult, mountPoint: string, ended: readonly ProcessView[]): ActionResult {
  if (result.state !== 'ok' || ended.length === 0) return result;
  const warning = because('volume-users-ended', {
    mountPoint,
    users: ended.length,
    processes: namesOf(ended),
  });
  return { state: 'ok', warning };
}

/** Ends those that use the volume, and waits for it a limited time. Never this daemon, nor the first process. */
async function endUsers(
  { host, signal }: Context<DeviceVolume>,
  users: readonly ProcessView[],
  how: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  const targets = users.filter(({ pid }) => pid !== 1 && pid !== process.pid);
  for (const { pid, startTicks } of targets) await host.processes.signal(pid, how, startTicks);
  const deadline = host.clock.now() + (how === 'SIGTERM' ? limits.politeMs : limits.killMs);
  let left = targets;
  while (left.length > 0 && host.clock.now() < deadline) {
    await host.clock.wait(limits.pollMs, signal);
    const found = await Promise.all(left.map(({ pid }) => host.processes.get(pid)));
    left = left.filter(({ startTicks }, index) => found[index]?.startTicks === startTicks);
  }
}

/**
 * The kernel lets the device go when the last mount of it has ended, and there may be one in another mount namespace:
 * then the file system is still written to, and "stopped" would be false (S1).
 */
async function judgeUnmounted(context: Context<DeviceVolume>): Promise<ActionResult> {
  if (await isReleased(context)) return { state: 'ok' };
  const { device, mountPoint } = context.parameters;
  return failed(because('volume-held-elsewhere', { device, mountPoint }));
}

/** An unmount that somebody else began may still be writing. A claim that stays is not of a mount of ours. */
async function judgeAbsent(context: Context<DeviceVolume>): Promise<ActionResult> {
  if (await isReleased(context)) return { state: 'ok' };
  return { state: 'ok', warning: because('device-in-use', { device: context.parameters.device }) };
}

async function isReleased({ host, parameters, signal }: Context<DeviceVolume>): Promise<boolean> {
  const deadline = host.clock.now() + limits.releaseMs;
  while (await isHeld(host, parameters.device)) {
    if (host.clock.now() >= deadline) return false;
    await host.clock.wait(limits.pollMs, signal);
  }
  return true;
}

/** A device that is gone, or cannot even be opened, is not written to. */
async function isHeld(host: Host, device: string): Promise<boolean> {
  try {
    const isThere = (await host.volumes.deviceNumber(device)) !== undefined;
    return isThere && (await host.volumes.isHeld(device));
  } catch (error) {
    if (error instanceof HostError && error.reason.code === 'device-failed') return false;
    throw error;
  }
}
