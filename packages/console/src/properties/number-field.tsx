import { FormGroup, FormHelperText, HelperText, HelperTextItem, TextInput } from '@patternfly/react-core';
import { settingTexts, type SettingName, type SettingText } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { usePreferences } from '../shell/preferences.ts';

/** One number that can be set, with the words of the settings page. */
export function NumberField(props: {
  readonly id: string;
  readonly setting: SettingName;
  readonly kind: 'count' | 'seconds';
  readonly value: string;
  readonly isWrong: boolean;
  readonly isReadOnly: boolean;
  readonly onChange: (value: string) => void;
}) {
  const say = useText();
  const { language } = usePreferences();
  const { id, setting, kind, value, isWrong, isReadOnly, onChange } = props;
  const { label, help }: SettingText = settingTexts[setting];
  const name = label[language];
  return (
    <FormGroup label={kind === 'seconds' ? say('properties.inSeconds', { name }) : name} fieldId={id}>
      <TextInput
        id={id}
        inputMode="decimal"
        value={value}
        validated={isWrong ? 'error' : 'default'}
        {...(isReadOnly && { readOnlyVariant: 'plain' as const })}
        onChange={(_, typed) => onChange(typed)}
      />
      <FormHelperText>
        <HelperText>
          <HelperTextItem variant={isWrong ? 'error' : 'default'}>
            {isWrong ? say('properties.notNumber') : help[language]}
          </HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}
