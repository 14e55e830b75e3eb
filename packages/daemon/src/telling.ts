import type { Keys, ServerFile } from '@holdfast/contract';
import type { EngineEvent, Store } from '@holdfast/engine';
import type { Reporter } from '@holdfast/engine/ports';
import type { Host } from '@holdfast/kits';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createEventLog, type EventLog } from './event-log.ts';
import { createJournal } from './journal.ts';
import type { PathKeeper } from './paths/index.ts';
import type { ReportRecorder } from './reports/recorder.ts';
import type { ReportLog } from './reports/report-log.ts';
import { createReporting } from './reports/reporting.ts';
import { writeLog } from './write-log.ts';

/** Everything by which this daemon tells what happens: log, events, reports, journal. Nothing of it is waited for. */
export interface Telling {
  readonly events: EventLog;
  readonly reports: ReportLog;
  readonly recorder: ReportRecorder;
  /** Where the engine tells. */
  readonly reporter: Reporter;
  /** Tells an event of this server. */
  tell(event: Pick<EngineEvent, 'code' | 'severity' | 'facts' | 'tag'>): void;
}

/** Puts it together; it ends with `ending`. */
export function createTelling(
  parts: {
    readonly file: ServerFile;
    readonly keys: Keys;
    readonly store: Store;
    readonly host: Host;
    readonly paths: PathKeeper;
    readonly log: Logger;
    readonly stateDirectory: string;
  },
  ending: AsyncDisposableStack,
): Telling {
  const { file, keys, store, host, paths, log, stateDirectory } = parts;
  const report = (code: string, facts: Record<string, string | number>): void => log.info(facts, code);
  const events = createEventLog({ keys, store, report });
  ending.defer(() => events.stop());
  const now = (): number => host.clock.now();
  const { recorder, log: reports } = createReporting({
    file,
    keys,
    store,
    events,
    now,
    paths: () => paths.states(),
    report,
  });
  ending.defer(() => reports.stop());
  const journal = createJournal(join(stateDirectory, 'journal'), (error) =>
    log.warn({ error }, 'journal not written'),
  );
  const keep = (event: EngineEvent): void => {
    if (event.code !== 'progress') events.add(event);
    recorder.event(event);
    writeLog(log, event.severity, event, { hierarchy: event.hierarchy, tag: event.tag });
  };
  const tell: Telling['tell'] = (event) =>
    keep({ ...event, server: file.server, at: host.clock.wallTime(), instant: now() });
  paths.onChange(({ code, path }) =>
    tell({
      code,
      severity: code === 'path-dead' ? 'warning' : 'info',
      facts: { path: path.id, peer: path.peer },
    }),
  );
  const reporter: Reporter = {
    event: keep,
    journal: (entry) => {
      recorder.decided(entry.decision, entry.observation.now);
      journal.write(entry);
    },
  };
  return { events, reports, recorder, reporter, tell };
}
