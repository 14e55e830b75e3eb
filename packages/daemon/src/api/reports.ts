import {
  createError,
  type ReportAnswer,
  type ReportsAnswer,
  type ReportSummary,
  type reportsQuery,
} from '@holdfast/contract';
import { hierarchyOfTag } from '@holdfast/engine';
import type { z } from 'zod';
import type { KeptReport } from '../reports/report-log.ts';
import type { ApiContext } from './context.ts';

/** GET /reports. A tag names its hierarchy; one that is no longer configured is looked for as it stands. */
export async function answerReports(
  { reports, engine }: ApiContext,
  { hierarchy: tag, limit }: z.output<typeof reportsQuery>,
): Promise<ReportsAnswer> {
  const view = engine.state().snapshot?.view;
  const id = tag === undefined ? undefined : ((view && hierarchyOfTag(view, tag)?.id) ?? tag);
  const hierarchies = id === undefined ? undefined : new Set([id]);
  const kept = await reports.read({ limit, hierarchies });
  return { reports: kept.map(summarizeReport) };
}

/** GET /reports/:id. Rejects with HF-API-010 when there is none. */
export async function answerReport({ reports }: ApiContext, id: string): Promise<ReportAnswer> {
  const kept = await reports.get(id);
  if (!kept) throw createError('HF-API-010', { report: id });
  const { instant, steps, omitted, skipped, lastWords } = kept.record;
  return {
    ...summarizeReport(kept),
    instant,
    omitted,
    skipped,
    steps: steps.map((step) => ({ ...step, tag: step.tag ?? null })),
    lastWords: lastWords.map((event) => ({
      ...event,
      hierarchy: event.hierarchy ?? null,
      tag: event.tag ?? null,
    })),
  };
}

/** What a list of reports has of one. */
export function summarizeReport({ id, record }: KeptReport): ReportSummary {
  const { at, hierarchy, kind, outcome, from, server, term, totalMs, phases, cause } = record;
  return {
    id,
    at,
    hierarchy,
    kind,
    outcome,
    from: from ?? null,
    server,
    term,
    totalMs,
    phases,
    cause: cause ?? null,
  };
}
