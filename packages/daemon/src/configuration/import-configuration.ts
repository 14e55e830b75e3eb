import {
  createError,
  describeError,
  isCodedError,
  type ConfigurationFile,
  type ImportAnswer,
  type Language,
} from '@holdfast/contract';
import type { Settings } from '@holdfast/core';
import { combineRequests, type RequestContext, type Requested } from '@holdfast/engine';
import { commitRequest } from '../api/commit-change.ts';
import type { ApiContext } from '../api/context.ts';
import { refuseUnfit } from '../api/changes.ts';
import { refusalError } from '../api/refusal.ts';
import { confirmationNames, currentOf, refuseProfile, refuseUnknownTunables } from '../api/settings.ts';
import { compareConfiguration, type Change } from './compare-configuration.ts';
import { configurationOf, formatConfiguration } from './export-configuration.ts';
import { formatPlace, parseConfiguration, type ParsedConfiguration } from './parse-configuration.ts';

/** GET /configuration (C-11). */
export async function exportConfiguration(context: ApiContext): Promise<{ readonly text: string }> {
  const snapshot = await context.engine.refresh();
  const { cluster, server } = context.file;
  const file = configurationOf(snapshot, { cluster, settings: currentOf(context, snapshot) });
  return { text: formatConfiguration(file, { server, at: context.host.clock.wallTime() }) };
}

/** Writes and comparisons of one transaction: of our own members, and of an etcd with its own limits (--max-txn-ops). */
const mostOperations = { own: 1024, existing: 128 };

/**
 * POST /configuration (C-11): the whole file is judged and committed as one transaction, or nothing of it. Rejects with
 * HF-CFG-020 to HF-CFG-024, or HF-STORE-006.
 */
export async function importConfiguration(
  context: ApiContext,
  body: { readonly text: string; readonly dryRun: boolean },
  asked: { readonly by: string; readonly language: Language },
): Promise<ImportAnswer> {
  const parsed = parseConfiguration(body.text);
  const { cluster } = parsed.file;
  if (cluster !== undefined && cluster !== context.file.cluster)
    throw createError('HF-CFG-020', {
      line: parsed.lineOf(['cluster']),
      field: 'cluster',
      problem: `this cluster is ${context.file.cluster}`,
    });
  let changes: readonly Change[] = [];
  const judge = (request: RequestContext): Requested => {
    changes = findChanges(context, request, parsed);
    return judgeAll(context, request, { changes, parsed, language: asked.language });
  };
  await commitRequest(context, asked.by, judge, { dryRun: true });
  if (!body.dryRun && changes.length > 0) await commitRequest(context, asked.by, judge, { dryRun: false });
  const differences = changes.flatMap((change) => change.differences);
  return {
    dryRun: body.dryRun,
    differences: differences.map(({ place, before, after, command }) => ({
      ...{ line: parsed.lineOf(place), field: formatPlace(place), before, after, command: command ?? null },
    })),
    next: changes.flatMap(({ hierarchy, isRestored }) =>
      hierarchy && isRestored ? [`holdfast in-service ${hierarchy.id}`] : [],
    ),
  };
}

function findChanges(
  context: ApiContext,
  { snapshot }: RequestContext,
  { file, lineOf }: ParsedConfiguration,
): readonly Change[] {
  const initial: Settings = currentOf(context, snapshot);
  const isLive = (kit: string, field: string): boolean =>
    context.kits.get(kit)?.live?.includes(field) ?? false;
  return compareConfiguration(snapshot, file, { initial, lineOf, isLive });
}

function judgeAll(
  context: ApiContext,
  request: RequestContext,
  what: {
    readonly changes: readonly Change[];
    readonly parsed: ParsedConfiguration;
    readonly language: Language;
  },
): Requested {
  const { changes, parsed, language } = what;
  const refused = (change: Change, error: unknown): unknown => {
    if (!isCodedError(error)) return error;
    const { place } = change.differences.length === 1 ? (change.differences[0] ?? change) : change;
    const problem = `${error.code} ${describeError(error, language)}`;
    const facts = { line: parsed.lineOf(place), field: formatPlace(place), problem };
    return createError('HF-CFG-022', facts, { cause: error });
  };
  for (const change of changes) {
    try {
      refuseUnknown(context, change, parsed.file);
    } catch (error) {
      throw refused(change, error);
    }
  }
  const combined = combineRequests(
    request,
    changes.map((change) => change.judge.bind(change)),
  );
  if (!combined.allowed) {
    const change = changes[combined.refusedAt ?? 0];
    throw change ? refused(change, refusalError(combined.reason)) : refusalError(combined.reason);
  }
  const { compare, write } = combined.transaction;
  const operations = Math.max(compare.length, write.length);
  const most = mostOperations[context.file.etcd.kind === 'existing' ? 'existing' : 'own'];
  if (operations > most) throw createError('HF-CFG-024', { operations, most });
  return combined;
}

/** What the engine's rules cannot know: kits, the form of their parameters, and the limits that there are. */
function refuseUnknown(context: ApiContext, change: Change, { settings = {} }: ConfigurationFile): void {
  const kits = [...context.kits.values()];
  if (change.place[0] === 'settings') {
    if (settings.profile !== undefined) refuseProfile(settings.profile);
    refuseUnknownTunables(kits, settings.tunables, confirmationNames);
  }
  for (const resource of change.hierarchy?.resources ?? []) {
    const kit = context.kits.get(resource.kit);
    if (!kit) throw createError('HF-HIER-017', { kit: resource.kit });
    refuseUnknownTunables([kit], resource.tunables);
    refuseUnfit(context, resource);
  }
}
