import { eventRecord, recordFormat, type EventRecord, type Keys } from '@holdfast/contract';
import type { EngineEvent, Store, StoreEntry } from '@holdfast/engine/ports';
import { deleteOldest } from './delete-oldest.ts';
import {
  formatEventId,
  isEventWanted,
  isIdWanted,
  sharedIdPrefix,
  type EventFilter,
} from './event-filter.ts';
import { comparePlaces, endOfRevision, type EventPlace } from './event-place.ts';

/** An event as it is kept: its id grows with time and is the same for every reader. */
export interface KeptEvent {
  readonly id: string;
  /** Of the store, which brought it. */
  readonly revision: number;
  readonly record: EventRecord;
}

export interface EventLog {
  /** Keeps an event; it is written soon, and never blocks or throws. */
  add(event: EngineEvent): void;
  /** The last `limit` events that the filter wants, oldest first. */
  read(options: EventFilter & { readonly limit: number }): Promise<readonly KeptEvent[]>;
  /**
   * What has come to the store after `place`, in the order in which it came; without a place the last `limit` that the filter
   * wants. Answers where the reader is then.
   */
  readOn(
    options: EventFilter & { readonly limit: number },
    place: EventPlace | undefined,
  ): Promise<{ readonly events: readonly KeptEvent[]; readonly place: EventPlace }>;
  /** Writes what is still waiting, as far as the store answers. */
  flush(): Promise<void>;
  stop(): void;
}

/** Events waiting for the store; the oldest go first when it is gone for long. */
const mostWaiting = 1_000;
/** Events kept in the store; the oldest are deleted when there are a tenth more. */
const mostKept = 2_000;
const batchSize = 40;
const retryMs = 500;

/** The cluster's event log: written by every server in batches, ordered by time for people (S9: never for deciding). */
export function createEventLog(options: {
  readonly keys: Keys;
  readonly store: Store;
  readonly report: (code: string, facts: Record<string, string | number>) => void;
}): EventLog {
  const { keys, store, report } = options;
  const waiting: { readonly key: string; readonly value: string }[] = [];
  let writing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sequence = 0;
  let dropped = 0;
  let written = 0;
  let stopped = false;

  function add(event: EngineEvent): void {
    sequence += 1;
    const id = formatEventId({ ...event, sequence });
    waiting.push({ key: keys.event(id), value: JSON.stringify({ formatVersion: recordFormat, ...event }) });
    if (waiting.length > mostWaiting) {
      waiting.shift();
      dropped += 1;
    }
    writing ??= write();
  }

  async function write(): Promise<void> {
    try {
      while (waiting.length > 0 && !stopped) {
        const batch = waiting.slice(0, batchSize);
        await store.commit({ compare: [], write: batch.map(({ key, value }) => ({ put: key, value })) });
        const done = new Set(batch);
        while (waiting[0] && done.has(waiting[0])) waiting.shift();
        written += batch.length;
        if (written >= mostKept / 10) await prune();
      }
      if (dropped > 0) report('events-dropped', { dropped });
      dropped = 0;
    } catch (error) {
      report('events-wait', {
        waiting: waiting.length,
        message: error instanceof Error ? error.message : '',
      });
      if (!stopped) timer = setTimeout(writeAgain, retryMs);
      return;
    }
    writing = undefined;
  }

  function writeAgain(): void {
    writing = write();
  }

  function prune(): Promise<void> {
    written = 0;
    return deleteOldest(store, keys.events, mostKept);
  }

  async function read(filter: EventFilter & { readonly limit: number }): Promise<readonly KeptEvent[]> {
    const { entries } = await store.read(`${keys.events}${sharedIdPrefix(filter)}`);
    return pick(entries, filter);
  }

  async function readOn(
    filter: EventFilter & { readonly limit: number },
    place: EventPlace | undefined,
  ): Promise<{ readonly events: readonly KeptEvent[]; readonly place: EventPlace }> {
    const { revision, entries } = await store.read(`${keys.events}${sharedIdPrefix(filter)}`);
    const isNew = ({ key, createRevision }: StoreEntry): boolean =>
      place === undefined ||
      comparePlaces({ revision: createRevision, id: key.slice(keys.events.length) }, place) > 0;
    const wanted = place === undefined ? filter : { ...filter, since: undefined, limit: Infinity };
    const events = pick(entries.filter(isNew), wanted).toSorted(comparePlaces);
    return { events, place: endOfRevision(revision) };
  }

  /** Parses from the newest on, and no more than is wanted. */
  function pick(
    entries: readonly StoreEntry[],
    filter: EventFilter & { readonly limit: number },
  ): readonly KeptEvent[] {
    const found: KeptEvent[] = [];
    for (const entry of entries.toReversed()) {
      if (found.length >= filter.limit) break;
      if (!isIdWanted(entry.key.slice(keys.events.length), filter)) continue;
      found.push(...parseEvent(keys, entry).filter(({ record }) => isEventWanted(record, filter)));
    }
    return found.reverse();
  }

  async function flush(): Promise<void> {
    await writing;
  }

  return {
    add,
    read,
    readOn,
    flush,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** An event that cannot be read is passed over: it informs people, and nothing is decided from it. */
function parseEvent(keys: Keys, entry: StoreEntry): KeptEvent[] {
  try {
    const record = eventRecord.safeParse(JSON.parse(entry.value));
    const id = entry.key.slice(keys.events.length);
    return record.success ? [{ id, revision: entry.createRevision, record: record.data }] : [];
  } catch {
    return [];
  }
}
