import { profileName, type SettingBody, type SettingsAnswer, type SettingsRequest } from '@holdfast/contract';

/** Settings of the cluster as somebody has them in a form. */
export interface SettingsDraft {
  readonly profile: string;
  readonly maintenance: boolean;
  /** By name, as typed; an empty text takes the value of the cluster back. */
  readonly tunables: Readonly<Record<string, string>>;
}

/** The settings that are limits with a name of the defaults file. */
export function listTunables({ settings }: Pick<SettingsAnswer, 'settings'>): readonly SettingBody[] {
  return settings.filter(({ name, value }) => /^[A-Z][A-Z0-9_]*$/.test(name) && typeof value === 'number');
}

/** What the form begins with: what is set in the cluster. The rest is empty, and shows what holds without it. */
export function createSettingsDraft(answer: SettingsAnswer): SettingsDraft {
  const set = listTunables(answer).filter(({ source }) => source === 'cluster');
  return {
    profile: answer.profile,
    maintenance: answer.settings.some(({ name, value }) => name === 'maintenance' && value === true),
    tunables: Object.fromEntries(set.map(({ name, value }) => [name, String(value)])),
  };
}

/** The names whose text is no whole number from 0 on. */
export function listWrongTunables({ tunables }: Pick<SettingsDraft, 'tunables'>): readonly string[] {
  return Object.entries(tunables).flatMap(([name, text]) => (/^\d{0,15}$/.test(text.trim()) ? [] : [name]));
}

/** What differs from what is set; nothing when there is no difference. */
export function describeSettingsChange(answer: SettingsAnswer, draft: SettingsDraft): SettingsRequest {
  const before = createSettingsDraft(answer);
  const tunables = Object.entries(draft.tunables).flatMap(([name, typed]): [string, number | null][] => {
    const text = typed.trim();
    return text === (before.tunables[name] ?? '') ? [] : [[name, text === '' ? null : Number(text)]];
  });
  const profile = profileName.safeParse(draft.profile).data;
  return {
    ...(profile !== undefined && profile !== before.profile && { profile }),
    ...(draft.maintenance !== before.maintenance && { maintenance: draft.maintenance }),
    ...(tunables.length > 0 && { tunables: Object.fromEntries(tunables) }),
  };
}
