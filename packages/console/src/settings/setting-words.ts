import type { SettingBody } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { usePreferences } from '../shell/preferences.ts';

export function settingsKey(tag: string): readonly string[] {
  return ['settings', tag];
}

/** The value of a setting with its unit, and where it comes from. */
export function useSettingWords(): {
  readonly value: (setting: Pick<SettingBody, 'value' | 'unit'>) => string;
  readonly source: (setting: Pick<SettingBody, 'source'>) => string;
} {
  const say = useText();
  const { language } = usePreferences();
  return {
    value: ({ value, unit }) =>
      typeof value === 'boolean'
        ? say(value ? 'settings.on' : 'settings.off')
        : `${String(value)}${unit ? formatUnit(unit[language]) : ''}`,
    source: ({ source }) => say(`settingSource.${source}`),
  };
}

/** A unit with a number of its own, such as steps of 5 s, stands apart from the value. */
function formatUnit(unit: string): string {
  return /\d/.test(unit) ? ` (${unit})` : ` ${unit}`;
}
