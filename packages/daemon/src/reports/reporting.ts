import type { Keys, ServerFile } from '@holdfast/contract';
import type { InstantMs, ServerName } from '@holdfast/core';
import type { Store } from '@holdfast/engine';
import type { EventLog } from '../event-log.ts';
import type { PathState } from '../paths/path.ts';
import { createReportLog, type ReportLog } from './report-log.ts';
import { createReportRecorder, type ReportRecorder } from './recorder.ts';

export interface Reporting {
  readonly recorder: ReportRecorder;
  readonly log: ReportLog;
}

/** The reports of this server: made from what it sees, kept in the store. */
export function createReporting(options: {
  readonly file: ServerFile;
  readonly keys: Keys;
  readonly store: Store;
  readonly events: EventLog;
  readonly now: () => InstantMs;
  readonly paths: () => readonly PathState[];
  readonly report: (code: string, facts: Record<string, string | number>) => void;
}): Reporting {
  const { file, keys, store, events, now, paths, report } = options;
  const log = createReportLog({ keys, store, events, report });
  const recorder = createReportRecorder({
    server: file.server,
    now,
    heardAt: () => newestAnswers(paths()),
    onReport: (made) => log.add(made),
    onProblem: (error) =>
      report('report-not-made', { message: error instanceof Error ? error.message : String(error) }),
  });
  return { recorder, log };
}

function newestAnswers(paths: readonly PathState[]): Readonly<Record<ServerName, InstantMs>> {
  const newest: Record<ServerName, InstantMs> = {};
  for (const { peer, answeredAt } of paths)
    if (answeredAt !== undefined) newest[peer] = Math.max(newest[peer] ?? answeredAt, answeredAt);
  return newest;
}
