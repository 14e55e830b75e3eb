import type { Outage } from './history.ts';

/** What a write outage was spent on, in milliseconds; the parts make up the whole. */
export interface OutageSplit {
  /** Until the cluster knew. */
  readonly detectionMs: number;
  /** Until it was settled who goes on. */
  readonly arbitrationMs: number;
  /** Letting go and taking the volume and the address. */
  readonly volumeMs: number;
  /** Stopping and starting PostgreSQL, its crash recovery, and the client's way back. */
  readonly postgresqlMs: number;
}

/** What the split is made from: an event of the cluster, on this machine's monotonic clock. */
export interface TimedEvent {
  readonly code: string;
  readonly tag: string | null;
  readonly instant: number;
}

type Phase = keyof OutageSplit;

export interface HierarchyTags {
  readonly postgresql: string;
  readonly volume: string;
  readonly address: string;
}

/** Splits an outage by the events that the cluster told meanwhile, in the order of time. */
export function splitOutage(
  outage: Pick<Outage, 'fromMs'> & { readonly untilMs: number },
  events: readonly TimedEvent[],
  tags: HierarchyTags,
): OutageSplit {
  const spent: Record<Phase, number> = { detectionMs: 0, arbitrationMs: 0, volumeMs: 0, postgresqlMs: 0 };
  const moved = new Set<string>();
  let phase: Phase = 'detectionMs';
  let sinceMs = outage.fromMs;
  const inside = events
    .filter(({ instant }) => instant > outage.fromMs && instant < outage.untilMs)
    .toSorted((one, other) => one.instant - other.instant);
  for (const event of inside) {
    const next = nextPhase(event, { tags, moved, phase });
    spent[phase] += event.instant - sinceMs;
    sinceMs = event.instant;
    phase = next;
  }
  spent[phase] += outage.untilMs - sinceMs;
  return spent;
}

/**
 * The phase that begins with an event. `moved` collects what of volume and address has been let go or taken.
 */
function nextPhase(
  { code, tag }: TimedEvent,
  state: { readonly tags: HierarchyTags; readonly moved: Set<string>; readonly phase: Phase },
): Phase {
  const { tags, moved, phase } = state;
  const isBeneath = tag === tags.volume || tag === tags.address;
  switch (code) {
    case 'server-lost':
      return phase === 'detectionMs' ? 'arbitrationMs' : phase;
    case 'owner-acquired':
    case 'handed-over':
      moved.clear();
      return phase === 'postgresqlMs' ? phase : 'volumeMs';
    case 'resource-failed':
    case 'recover-started':
      return tag === tags.postgresql ? 'postgresqlMs' : phase;
    case 'restore-started':
    case 'remove-started':
      if (isBeneath) moved.delete(tag);
      return tag === tags.postgresql ? 'postgresqlMs' : 'volumeMs';
    case 'removed':
      return isBeneath && isComplete(moved, tag, tags) ? 'arbitrationMs' : phase;
    case 'restored':
      return isBeneath && isComplete(moved, tag, tags) ? 'postgresqlMs' : phase;
    default:
      return phase;
  }
}

function isComplete(moved: Set<string>, tag: string, tags: HierarchyTags): boolean {
  moved.add(tag);
  return moved.has(tags.volume) && moved.has(tags.address);
}
