import { waitFor } from '@holdfast/lab';
import type { LabCluster } from '@holdfast/lab/cluster';

/** One event of the cluster, in milliseconds since the outage began. */
export interface Step {
  /** Its code with the tag of the resource, and whether it comes from the server the service left or where it came to. */
  readonly what: string;
  readonly atMs: number;
}

/** An event on this machine's monotonic clock, which all servers of the lab share. */
export interface TimedEvent {
  readonly code: string;
  readonly tag: string | null;
  readonly server: string;
  readonly instant: number;
}

/** The cluster's events since an instant, once the last of them is there: they are written a moment after they happened. */
export async function eventsSince(
  cluster: LabCluster,
  { sinceMs, until }: { readonly sinceMs: number; readonly until: (event: TimedEvent) => boolean },
): Promise<readonly TimedEvent[]> {
  return waitFor(
    async () => {
      const found = (await cluster.events().catch(() => [])).flatMap(({ code, tag, server, instant }) =>
        instant === undefined || instant < sinceMs ? [] : [{ code, tag, server, instant }],
      );
      return found.some(until) && found.toSorted((one, other) => one.instant - other.instant);
    },
    { what: 'the events of an outage', timeoutMs: 30_000, everyMs: 100 },
  );
}

/** Events as steps. One that comes twice has its first instant. */
export function stepsOf(
  events: readonly TimedEvent[],
  { sinceMs, to }: { readonly sinceMs: number; readonly to: string },
): readonly Step[] {
  const first = new Map<string, number>();
  for (const { code, tag, server, instant } of events) {
    const what = `${code}${tag === null ? '' : ` ${tag}`} (${server === to ? 'to' : server === 'witness' ? 'witness' : 'from'})`;
    if (!first.has(what)) first.set(what, instant - sinceMs);
  }
  return [...first].map(([what, atMs]) => ({ what, atMs }));
}
