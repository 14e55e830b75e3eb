import { List, ListItem } from '@patternfly/react-core';
import type { SettingChange } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useSettingWords } from '../settings/setting-words.ts';
import { usePreferences } from '../shell/preferences.ts';

/** What a change of properties or settings changes: from what, to what, and what each means (H-06). */
export function ChangeList({ changes }: { readonly changes: readonly SettingChange[] }) {
  const say = useText();
  const words = useSettingWords();
  const { language } = usePreferences();
  if (changes.length === 0) return <p>{say('plan.nothing')}</p>;
  const valueOf = ({ unit }: SettingChange, value: SettingChange['from']): string =>
    value === null ? say('properties.notSet') : words.value({ value, unit });
  return (
    <List isPlain aria-label={say('plan.title')}>
      {changes.map((change) => {
        const { name, tag, server, from, to, label, help } = change;
        const place = [tag, server].filter((one) => one !== null).join(' ');
        const step = say('plan.fromTo', {
          name: label[language],
          from: valueOf(change, from),
          to: valueOf(change, to),
        });
        return (
          <ListItem key={`${place} ${name}`}>
            {place === '' ? step : say('plan.ofTag', { tag: place, step })}
            {help[language] !== '' && <div className="hf-subtle">{help[language]}</div>}
          </ListItem>
        );
      })}
    </List>
  );
}
