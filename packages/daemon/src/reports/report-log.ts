import { recordFormat, reportRecord, type Keys, type ReportRecord } from '@holdfast/contract';
import type { Report } from '@holdfast/engine';
import type { Store, StoreEntry } from '@holdfast/engine/ports';
import { deleteOldest } from '../delete-oldest.ts';
import type { EventLog } from '../event-log.ts';

/** A report as it is kept; ids grow with the wall clock of the servers that made them. */
export interface KeptReport {
  readonly id: string;
  readonly record: ReportRecord;
}

export interface ReportLog {
  /** Keeps a report; it is written soon, and never blocks or throws. */
  add(report: Report): void;
  /** The newest `limit` reports, the newest first. `hierarchies`: only of these. */
  read(options: {
    readonly limit: number;
    readonly hierarchies: ReadonlySet<string> | undefined;
  }): Promise<readonly KeptReport[]>;
  get(id: string): Promise<KeptReport | undefined>;
  stop(): void;
}

/** Reports kept in the store, cluster-wide. */
const mostKept = 200;
/** Reports waiting for a store that does not answer; the oldest go first. */
const mostWaiting = 20;
const retryMs = 1_000;
const mostLastWords = 10;
/** How far back the old owner's last words may lie, by the wall clocks of both: for people only (S9). */
const lastWordsMs = 10_000;

/** The cluster's failover reports, beside the prefix that decisions are made from. */
export function createReportLog(options: {
  readonly keys: Keys;
  readonly store: Store;
  readonly events: Pick<EventLog, 'read'>;
  readonly report: (code: string, facts: Record<string, string | number>) => void;
}): ReportLog {
  const { keys, store, events, report } = options;
  const waiting: { readonly id: string; readonly report: Report }[] = [];
  let writing = false;
  let timer: NodeJS.Timeout | undefined;
  let sequence = 0;
  let stopped = false;

  function add(made: Report): void {
    sequence += 1;
    const time = String(Date.parse(made.at)).padStart(15, '0');
    waiting.push({ id: `${time}-${made.server}-${String(sequence).padStart(6, '0')}`, report: made });
    if (waiting.length > mostWaiting) waiting.shift();
    void write();
  }

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    try {
      for (let next = waiting[0]; next && !stopped; next = waiting[0]) {
        const lastWords = await readLastWords(next.report);
        const record = { formatVersion: recordFormat, ...next.report, lastWords };
        await store.commit({
          compare: [],
          write: [{ put: keys.report(next.id), value: JSON.stringify(record) }],
        });
        if (waiting[0] === next) waiting.shift();
      }
      await deleteOldest(store, keys.reports, mostKept);
    } catch (error) {
      report('report-waits', { message: error instanceof Error ? error.message : String(error) });
      if (!stopped && waiting.length > 0) timer = setTimeout(() => void write(), retryMs);
    } finally {
      writing = false;
    }
  }

  /** Best effort: what cannot be read is left out. */
  async function readLastWords(made: Report): Promise<ReportRecord['lastWords']> {
    const { kind, from, server, hierarchy, at, totalMs } = made;
    if (kind === 'switchover' || from === undefined || from === server) return [];
    const span = { from: new Date(Date.parse(at) - totalMs - lastWordsMs).toISOString(), to: at };
    const found = await events.read({
      ...span,
      limit: mostLastWords,
      server: from,
      severity: 'warning',
      about: hierarchy,
    });
    return found.map(({ record }) => {
      const { formatVersion: _, ...event } = record;
      return event;
    });
  }

  async function read({
    limit,
    hierarchies,
  }: Parameters<ReportLog['read']>[0]): Promise<readonly KeptReport[]> {
    const { entries } = await store.read(keys.reports);
    return entries
      .flatMap((entry) => parseReport(keys, entry))
      .filter(({ record }) => hierarchies?.has(record.hierarchy) ?? true)
      .reverse()
      .slice(0, limit);
  }

  async function get(id: string): Promise<KeptReport | undefined> {
    const { entries } = await store.read(keys.report(id));
    return entries.flatMap((entry) => parseReport(keys, entry)).find((kept) => kept.id === id);
  }

  return {
    add,
    read,
    get,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** A report that cannot be read is passed over: it informs people, and nothing is decided from it. */
function parseReport(keys: Keys, entry: StoreEntry): KeptReport[] {
  try {
    const record = reportRecord.safeParse(JSON.parse(entry.value));
    return record.success ? [{ id: entry.key.slice(keys.reports.length), record: record.data }] : [];
  } catch {
    return [];
  }
}
