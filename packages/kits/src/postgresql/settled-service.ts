import type { InstantMs } from '@holdfast/core';
import type { Host, ServiceView } from '../host.ts';

const pollMs = 50;
/** Debian's pg_ctlcluster reports a start up to 2.4 s after the database has answered (measured). */
const restMs = 6_000;

/**
 * The service once its start or stop is over: while a start is under way, a unit whose process forks does not say yet which
 * process is its main one. After 6 s, or at the deadline, it is answered as it is: PostgreSQL may be in a long crash recovery.
 */
export async function getSettledService(
  host: Host,
  name: string,
  deadline: InstantMs = Infinity,
): Promise<ServiceView | undefined> {
  const until = Math.min(deadline, host.clock.now() + restMs);
  for (;;) {
    const service = await host.services.get(name);
    if (!service || !isMoving(service) || host.clock.now() >= until) return service;
    await host.clock.wait(pollMs);
  }
}

function isMoving(service: ServiceView): boolean {
  return isStillStarting(service) || service.state === 'stopping';
}

/** Its start is under way, and which process is its own cannot be told. */
export function isStillStarting({ state, mainPid }: ServiceView): boolean {
  return state === 'starting' && mainPid === undefined;
}
