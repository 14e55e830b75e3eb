import type { ChangeRequest, FormField, HierarchyAnswer, KitForm, SettingName } from '@holdfast/contract';
import { formatValue, isPriority, parseAnswer } from '../wizards/draft.ts';

type Resource = HierarchyAnswer['resources'][number];
type Texts = Readonly<Record<string, string>>;

/** A number that can be set, with the name of its setting. Durations are typed in seconds. */
export interface NumberProperty<N extends string> {
  readonly name: N;
  readonly setting: SettingName;
  readonly kind: 'count' | 'seconds';
}

export const recoveryProperties = [
  { name: 'attempts', setting: 'attempts', kind: 'count' },
  { name: 'windowMs', setting: 'window', kind: 'seconds' },
  { name: 'restMs', setting: 'rest', kind: 'seconds' },
  { name: 'failovers', setting: 'failovers', kind: 'count' },
  { name: 'failoverWindowMs', setting: 'failover-window', kind: 'seconds' },
] as const satisfies readonly NumberProperty<keyof HierarchyAnswer['recovery']>[];

export const checkProperties = [
  { name: 'quickEveryMs', setting: 'quick-check', kind: 'seconds' },
  { name: 'quickDeadlineMs', setting: 'quick-deadline', kind: 'seconds' },
  { name: 'badQuick', setting: 'bad-quick-checks', kind: 'count' },
  { name: 'deepEveryMs', setting: 'deep-check', kind: 'seconds' },
  { name: 'deepDeadlineMs', setting: 'deep-deadline', kind: 'seconds' },
  { name: 'badDeep', setting: 'bad-deep-checks', kind: 'count' },
] as const satisfies readonly NumberProperty<keyof Resource['checks']>[];

export interface ResourceProperties {
  readonly checks: Texts;
  /** An empty text takes the limit back. */
  readonly tunables: Texts;
  readonly parameters: Texts;
  /** By server. */
  readonly perServer: Readonly<Record<string, Texts>>;
}

/** The properties of a hierarchy as somebody has them in a form; numbers as typed. */
export interface PropertiesDraft {
  readonly maintenance: boolean;
  readonly priorities: Texts;
  readonly switchback: 'intelligent' | 'automatic';
  readonly healthySeconds: string;
  readonly localRecovery: boolean;
  readonly recovery: Texts;
  /** By tag. */
  readonly resources: Readonly<Record<string, ResourceProperties>>;
}

const usualHealthySeconds = '300';

export function createPropertiesDraft(hierarchy: HierarchyAnswer): PropertiesDraft {
  const { maintenance, priorities, switchback, recovery, resources } = hierarchy;
  return {
    maintenance,
    priorities: mapValues(priorities, String),
    switchback: switchback.kind,
    healthySeconds:
      switchback.kind === 'automatic' ? String(switchback.healthyForMs / 1000) : usualHealthySeconds,
    localRecovery: recovery.localRecovery,
    recovery: Object.fromEntries(recoveryProperties.map((one) => [one.name, show(one, recovery[one.name])])),
    resources: Object.fromEntries(
      resources.map(({ tag, checks, tunables, parameters, perServer }) => [
        tag,
        {
          checks: Object.fromEntries(checkProperties.map((one) => [one.name, show(one, checks[one.name])])),
          tunables: mapValues(tunables, String),
          parameters: mapValues(parameters, formatValue),
          perServer: mapValues(perServer, (own) => mapValues(own, formatValue)),
        },
      ]),
    ),
  };
}

/** Names of what is typed wrong: `priority server1`, `attempts`, `pgsql quickEveryMs`. */
export function listWrongProperties(draft: PropertiesDraft): readonly string[] {
  const wrong = (properties: readonly NumberProperty<string>[], typed: Texts, lead: string): string[] =>
    properties
      .filter((one) => parse(one, typed[one.name] ?? '') === undefined)
      .map(({ name }) => `${lead}${name}`);
  return [
    ...Object.entries(draft.priorities).flatMap(([server, text]) =>
      isPriority(text) ? [] : [`priority ${server}`],
    ),
    ...(draft.switchback === 'automatic' && parseSeconds(draft.healthySeconds) === undefined
      ? ['healthySeconds']
      : []),
    ...wrong(recoveryProperties, draft.recovery, ''),
    ...Object.entries(draft.resources).flatMap(([tag, { checks, tunables }]) => [
      ...wrong(checkProperties, checks, `${tag} `),
      ...Object.entries(tunables).flatMap(([name, text]) =>
        /^\d{0,15}$/.test(text.trim()) ? [] : [`${tag} ${name}`],
      ),
    ]),
  ];
}

/** What differs from `hierarchy`; an empty object when nothing does. Of what is typed wrong nothing is said. */
export function describePropertiesChange(
  hierarchy: HierarchyAnswer,
  draft: PropertiesDraft,
  forms: readonly KitForm[],
): Omit<ChangeRequest, 'dryRun'> {
  const before = createPropertiesDraft(hierarchy);
  const recovery = {
    ...changedNumbers(recoveryProperties, before.recovery, draft.recovery),
    ...(draft.localRecovery !== before.localRecovery && { localRecovery: draft.localRecovery }),
  };
  const isSwitched =
    draft.switchback !== before.switchback ||
    (draft.switchback === 'automatic' && draft.healthySeconds.trim() !== before.healthySeconds);
  const resources = Object.fromEntries(
    hierarchy.resources.flatMap((resource) => {
      const change = describeResourceChange(resource, { before, draft, forms });
      return Object.keys(change).length > 0 ? [[resource.tag, change] as const] : [];
    }),
  );
  // The server takes all priorities together: two may change places.
  const isReordered = Object.entries(draft.priorities).some(
    ([server, text]) => text.trim() !== before.priorities[server],
  );
  return {
    ...(draft.maintenance !== before.maintenance && { maintenance: draft.maintenance }),
    ...(isReordered && { priorities: mapValues(draft.priorities, Number) }),
    ...(isSwitched && {
      switchback:
        draft.switchback === 'automatic'
          ? { kind: 'automatic', healthyForMs: parseSeconds(draft.healthySeconds) ?? 0 }
          : { kind: 'intelligent' },
    }),
    ...(Object.keys(recovery).length > 0 && { recovery }),
    ...(Object.keys(resources).length > 0 && { resources }),
  };
}

function describeResourceChange(
  { tag, kit }: Resource,
  context: {
    readonly before: PropertiesDraft;
    readonly draft: PropertiesDraft;
    readonly forms: readonly KitForm[];
  },
): NonNullable<ChangeRequest['resources']>[string] {
  const old = context.before.resources[tag];
  const now = context.draft.resources[tag];
  if (!old || !now) return {};
  const fields = context.forms.find(({ name }) => name === kit)?.fields ?? [];
  const checks = changedNumbers(checkProperties, old.checks, now.checks);
  const tunables = Object.fromEntries(
    Object.entries(now.tunables).flatMap(([name, typed]): [string, number | null][] => {
      const text = typed.trim();
      return text === (old.tunables[name] ?? '') ? [] : [[name, text === '' ? null : Number(text)]];
    }),
  );
  const parameters = changedParameters(fields, old.parameters, now.parameters);
  const perServer = Object.fromEntries(
    Object.entries(now.perServer).flatMap(([server, own]) => {
      const changed = changedParameters(fields, old.perServer[server] ?? {}, own);
      return Object.keys(changed).length > 0 ? [[server, changed] as const] : [];
    }),
  );
  return {
    ...(Object.keys(checks).length > 0 && { checks }),
    ...(Object.keys(tunables).length > 0 && { tunables }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(Object.keys(perServer).length > 0 && { perServer }),
  };
}

/** A parameter can get another value, and never none. */
function changedParameters(fields: readonly FormField[], before: Texts, now: Texts): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(now).flatMap(([name, text]): [string, unknown][] => {
      const field = fields.find((one) => one.name === name);
      const isChanged = text.trim() !== '' && text !== (before[name] ?? '');
      return field && isChanged ? [[name, parseAnswer(field, text)]] : [];
    }),
  );
}

function changedNumbers<N extends string>(
  properties: readonly NumberProperty<N>[],
  before: Texts,
  now: Texts,
): Partial<Record<N, number>> {
  const changed: Partial<Record<N, number>> = {};
  for (const property of properties) {
    const { name } = property;
    const value = parse(property, now[name] ?? '');
    if (value !== undefined && now[name]?.trim() !== before[name]) changed[name] = value;
  }
  return changed;
}

function show({ kind }: Pick<NumberProperty<string>, 'kind'>, value: number): string {
  return String(kind === 'seconds' ? value / 1000 : value);
}

/** The value in the unit of the API; `undefined` for what is no number from 0 on. */
function parse({ kind }: Pick<NumberProperty<string>, 'kind'>, text: string): number | undefined {
  if (kind === 'seconds') return parseSeconds(text);
  return /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

function parseSeconds(text: string): number | undefined {
  return /^\d{1,9}(\.\d{1,3})?$/.test(text.trim()) ? Math.round(Number(text) * 1000) : undefined;
}

function mapValues<A, B>(values: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
