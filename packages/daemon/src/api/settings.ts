import {
  createError,
  describeReason,
  type SettingBody,
  type SettingsAnswer,
  type SettingsChangeAnswer,
  type settingsRequest,
} from '@holdfast/contract';
import { confirmationDefaults, judgeProfile, profiles, type Settings, type Tunables } from '@holdfast/core';
import {
  hierarchyOfTag,
  setSettingsRequest,
  type RequestContext,
  type Requested,
  type Snapshot,
} from '@holdfast/engine';
import type { Kit, ResolvedTunable } from '@holdfast/kits';
import type { z } from 'zod';
import { defaultsFilePath, replacementOf } from '../tunables.ts';
import { commitRequest } from './commit-change.ts';
import type { ApiContext } from './context.ts';
import { copyReason } from './hierarchy-view.ts';
import { ofChecks, ofHierarchy, setting } from './setting-bodies.ts';
import { compareSettings } from './setting-changes.ts';

/** GET /settings: every setting with its value, its source and when it takes effect (K-18, R-01). */
export async function answerSettings(context: ApiContext, tag: string | undefined): Promise<SettingsAnswer> {
  const snapshot = await context.engine.refresh();
  const settings =
    tag === undefined ? await ofCluster(context, snapshot) : await ofTag(context, snapshot, tag);
  const { server, defaultsFile = defaultsFilePath } = context.file;
  return { profile: currentOf(context, snapshot).profile, server, defaultsFile, settings: [...settings] };
}

export const confirmationNames = Object.keys(confirmationDefaults) as (keyof typeof confirmationDefaults)[];

/** What holds for the whole cluster, also before anybody has set anything. */
export function currentOf(context: ApiContext, snapshot: Snapshot): Settings {
  return snapshot.settings ?? { profile: context.profile(), maintenance: false, tunables: {} };
}

async function ofCluster(context: ApiContext, snapshot: Snapshot): Promise<readonly SettingBody[]> {
  const { profile, maintenance, failsafe = true } = currentOf(context, snapshot);
  const plain = [
    setting('profile', profile, { source: 'cluster' }),
    setting('maintenance', maintenance, { source: maintenance ? 'cluster' : 'default' }),
    setting('failsafe', failsafe, { source: failsafe ? 'default' : 'cluster' }),
    ...confirmationNames.map((name) => {
      const own = currentOf(context, snapshot).tunables[name];
      return setting(name, own ?? confirmationDefaults[name], {
        source: own === undefined ? 'default' : 'cluster',
      });
    }),
  ];
  const kits = [...context.kits.values()];
  const tunables = await Promise.all(kits.map((kit) => context.tunables.resolve({ kit, own: {} })));
  return [...plain, ...tunables.flat().map((one) => ofTunable(one, null))];
}

async function ofTag(context: ApiContext, snapshot: Snapshot, tag: string): Promise<readonly SettingBody[]> {
  const hierarchy = hierarchyOfTag(snapshot.view, tag);
  const resource = hierarchy?.resources.find((one) => one.tag === tag);
  if (!hierarchy || !resource) throw createError('HF-HIER-001', { tag });
  const kit = context.kits.get(resource.kit);
  const tunables = await context.tunables.resolve({ kit, own: resource.tunables });
  return [...ofHierarchy(hierarchy), ...ofChecks(resource), ...tunables.map((one) => ofTunable(one, tag))];
}

function ofTunable(resolved: ResolvedTunable, tag: string | null): SettingBody {
  const { tunable, value, source } = resolved;
  const { name, unit, effect, label, help, minimum } = tunable;
  const warning = replacementOf(resolved);
  return {
    name,
    tag,
    value,
    unit: { ...unit },
    source,
    effect: { ...effect },
    label: { ...label },
    help: { ...help },
    minimum,
    warning: warning ? copyReason(warning) : null,
  };
}

/**
 * PATCH /settings: what holds for the whole cluster. A dry run says what would change (H-06). A timing profile is checked as a whole before it is kept (C-12).
 * Rejects with HF-CFG-007, HF-CFG-008, or HF-STORE-006 when another change came between.
 */
export async function changeSettings(
  context: ApiContext,
  asked: z.output<typeof settingsRequest>,
  by: string,
): Promise<SettingsChangeAnswer> {
  if (asked.profile !== undefined) refuseProfile(asked.profile);
  refuseUnknownTunables([...context.kits.values()], asked.tunables, confirmationNames);
  const kits = [...context.kits.values()];
  const changed = (initial: Settings): Settings => ({
    profile: asked.profile ?? initial.profile,
    maintenance: asked.maintenance ?? initial.maintenance,
    failsafe: asked.failsafe ?? initial.failsafe,
    tunables: applyTunables(initial.tunables, asked.tunables),
  });
  let changes: SettingsChangeAnswer['changes'] = [];
  const judge = (request: RequestContext): Requested => {
    const initial = currentOf(context, request.snapshot);
    const settings = changed(initial);
    changes = [...compareSettings(initial, settings, kits)];
    return setSettingsRequest(request, { settings, initial });
  };
  const { dryRun } = asked;
  await commitRequest(context, by, judge, { dryRun });
  return { ...(await answerSettings(context, undefined)), dryRun, changes };
}

/** Throws HF-CFG-007. */
export function refuseProfile(profile: Settings['profile']): void {
  const verdict = judgeProfile(profiles[profile]);
  if (!verdict.allowed)
    throw createError('HF-CFG-007', { profile, problem: describeReason(verdict.reason, 'en') });
}

/** Sets and takes back; `null` takes one back. */
export function applyTunables(
  tunables: Tunables,
  change: Readonly<Record<string, number | null>> = {},
): Tunables {
  const changed = Object.entries({ ...tunables, ...change });
  return Object.fromEntries(changed.filter((entry): entry is [string, number] => entry[1] !== null));
}

/** Throws HF-CFG-008, which lists what there is. What is unknown may always be taken back. */
export function refuseUnknownTunables(
  kits: readonly Kit[],
  change: Readonly<Record<string, number | null>> = {},
  others: readonly string[] = [],
): void {
  const known = [...kits.flatMap(({ tunables = [] }) => tunables.map(({ name }) => name)), ...others];
  const unknown = Object.keys(change).find((name) => change[name] !== null && !known.includes(name));
  if (unknown === undefined) return;
  throw createError('HF-CFG-008', { name: unknown, known: known.length === 0 ? '-' : known.join(', ') });
}
