import { settingTexts, type SettingBody, type SettingChange, type SettingText } from '@holdfast/contract';
import type { Hierarchy, Resource, Settings, Tunables } from '@holdfast/core';
import type { Kit } from '@holdfast/kits';
import { ofChecks, ofHierarchy } from './setting-bodies.ts';

type Value = SettingChange['from'];

type Text = SettingText['label'];
interface Words {
  readonly label: Text;
  readonly help: Text;
  readonly unit?: Text | null | undefined;
}

/** What a change of the cluster's settings changes: from what, to what, and what each means (H-06). */
export function compareSettings(
  before: Settings,
  after: Settings,
  kits: readonly Kit[],
): readonly SettingChange[] {
  const plain = (['profile', 'maintenance', 'failsafe'] as const).map((name) =>
    describe(name, settingTexts[name], { tag: null, from: before[name] ?? null, to: after[name] ?? null }),
  );
  return [...plain, ...compareTunables(before.tunables, after.tunables, kits, null)].filter(isChange);
}

/** The same for a hierarchy and its resources. */
export function compareHierarchies(
  before: Hierarchy,
  after: Hierarchy,
  kits: ReadonlyMap<string, Kit>,
): readonly SettingChange[] {
  const resources = after.resources.flatMap((resource) => {
    const old = before.resources.find(({ tag }) => tag === resource.tag);
    const kit = kits.get(resource.kit);
    return old ? compareResources(old, resource, kit) : [];
  });
  const own = [
    ...comparePriorities(before, after),
    ...compareBodies(ofHierarchy(before), ofHierarchy(after)),
  ];
  return [...own, ...resources].filter(isChange);
}

function isChange({ from, to }: SettingChange): boolean {
  return from !== to;
}

function comparePriorities(before: Hierarchy, after: Hierarchy): readonly SettingChange[] {
  return Object.entries(after.priorities).map(([server, to]) => ({
    ...describe('priority', settingTexts.priority, {
      tag: null,
      from: before.priorities[server] ?? null,
      to,
    }),
    server,
  }));
}

function compareResources(before: Resource, after: Resource, kit: Kit | undefined): readonly SettingChange[] {
  const { tag } = after;
  const servers = Object.keys(after.instances);
  return [
    ...compareBodies(ofChecks(before), ofChecks(after)),
    ...compareTunables(before.tunables, after.tunables, kit ? [kit] : [], tag),
    ...compareParameters(before.parameters, after.parameters, { kit, tag, server: null }),
    ...servers.flatMap((server) =>
      compareParameters(before.instances[server] ?? {}, after.instances[server] ?? {}, { kit, tag, server }),
    ),
  ];
}

function compareBodies(
  before: readonly SettingBody[],
  after: readonly SettingBody[],
): readonly SettingChange[] {
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const [old, now] = [before, after].map((all) => all.find((one) => one.name === name));
    const text = now ?? old;
    if (!text) return [];
    return [describe(name, text, { tag: text.tag, from: old?.value ?? null, to: now?.value ?? null })];
  });
}

function compareTunables(
  before: Tunables,
  after: Tunables,
  kits: readonly Kit[],
  tag: string | null,
): readonly SettingChange[] {
  const known = new Map<string, Words>(Object.entries(settingTexts));
  for (const tunable of kits.flatMap(({ tunables = [] }) => tunables)) known.set(tunable.name, tunable);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) =>
    describe(name, known.get(name), { tag, from: before[name] ?? null, to: after[name] ?? null }),
  );
}

function compareParameters(
  before: Resource['parameters'],
  after: Resource['parameters'],
  of: { readonly kit: Kit | undefined; readonly tag: string; readonly server: string | null },
): readonly SettingChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.map((name) => ({
    ...describe(name, of.kit?.fields[name], {
      tag: of.tag,
      from: toValue(before[name]),
      to: toValue(after[name]),
    }),
    server: of.server,
  }));
}

function toValue(value: unknown): Value {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

/** What nobody knows any more has its name alone. */
function describe(
  name: string,
  words: Words | undefined,
  change: { readonly tag: string | null; readonly from: Value; readonly to: Value },
): SettingChange {
  const { label, help, unit }: Words = words ?? {
    label: { en: name, ja: name },
    help: { en: '', ja: '' },
  };
  const shown = { label: { ...label }, help: { ...help }, unit: unit ? { ...unit } : null };
  return { name, server: null, ...shown, ...change };
}
