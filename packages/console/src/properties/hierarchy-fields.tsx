import {
  FormGroup,
  FormHelperText,
  FormSection,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  Switch,
  TextInput,
} from '@patternfly/react-core';
import { settingTexts } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { usePreferences } from '../shell/preferences.ts';
import { recoveryProperties, type PropertiesDraft } from './draft.ts';
import { NumberField } from './number-field.tsx';

export interface FieldsProps {
  readonly draft: PropertiesDraft;
  readonly wrong: readonly string[];
  readonly isReadOnly: boolean;
  readonly onChange: (draft: PropertiesDraft) => void;
}

/** What holds for a hierarchy as a whole. */
export function HierarchyFields(props: FieldsProps) {
  const say = useText();
  const { language } = usePreferences();
  const { draft, isReadOnly, onChange } = props;
  return (
    <>
      <FormSection title={say('properties.general')} titleElement="h2">
        <FormGroup>
          <Switch
            id="property-maintenance"
            label={settingTexts.maintenance.label[language]}
            isChecked={draft.maintenance}
            isDisabled={isReadOnly}
            onChange={(_, maintenance) => onChange({ ...draft, maintenance })}
          />
          <Hint text={settingTexts.maintenance.help[language]} />
        </FormGroup>
      </FormSection>
      <Priorities {...props} />
      <Switchback {...props} />
      <Recovery {...props} />
    </>
  );
}

function Hint({ text, isWrong = false }: { readonly text: string; readonly isWrong?: boolean }) {
  return (
    <FormHelperText>
      <HelperText>
        <HelperTextItem variant={isWrong ? 'error' : 'default'}>{text}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}

function Priorities({ draft, wrong, isReadOnly, onChange }: FieldsProps) {
  const say = useText();
  return (
    <FormSection title={say('properties.priorities')} titleElement="h2">
      {Object.entries(draft.priorities).map(([server, value]) => {
        const isWrong = wrong.includes(`priority ${server}`);
        return (
          <FormGroup key={server} label={server} fieldId={`priority-${server}`}>
            <TextInput
              id={`priority-${server}`}
              inputMode="numeric"
              value={value}
              validated={isWrong ? 'error' : 'default'}
              {...(isReadOnly && { readOnlyVariant: 'plain' as const })}
              onChange={(_, typed) =>
                onChange({ ...draft, priorities: { ...draft.priorities, [server]: typed } })
              }
            />
            {isWrong && <Hint isWrong text={say('wizard.priority')} />}
          </FormGroup>
        );
      })}
      <Hint text={say('wizard.priorityHelp')} />
    </FormSection>
  );
}

function Switchback({ draft, wrong, isReadOnly, onChange }: FieldsProps) {
  const say = useText();
  const { language } = usePreferences();
  const { label, help } = settingTexts.switchback;
  return (
    <FormSection title={label[language]} titleElement="h2">
      <FormGroup label={label[language]} fieldId="property-switchback">
        <FormSelect
          id="property-switchback"
          value={draft.switchback}
          isDisabled={isReadOnly}
          onChange={(_, kind) =>
            onChange({ ...draft, switchback: kind === 'automatic' ? 'automatic' : 'intelligent' })
          }
        >
          <FormSelectOption value="intelligent" label={say('switchback.intelligent')} />
          <FormSelectOption value="automatic" label={say('switchback.automatic')} />
        </FormSelect>
        <Hint text={help[language]} />
      </FormGroup>
      {draft.switchback === 'automatic' && (
        <NumberField
          id="property-healthy"
          setting="healthy"
          kind="seconds"
          value={draft.healthySeconds}
          isWrong={wrong.includes('healthySeconds')}
          isReadOnly={isReadOnly}
          onChange={(healthySeconds) => onChange({ ...draft, healthySeconds })}
        />
      )}
    </FormSection>
  );
}

function Recovery({ draft, wrong, isReadOnly, onChange }: FieldsProps) {
  const say = useText();
  const { language } = usePreferences();
  const { label, help } = settingTexts['local-recovery'];
  return (
    <FormSection title={say('properties.recovery')} titleElement="h2">
      <FormGroup>
        <Switch
          id="property-local-recovery"
          label={label[language]}
          isChecked={draft.localRecovery}
          isDisabled={isReadOnly}
          onChange={(_, localRecovery) => onChange({ ...draft, localRecovery })}
        />
        <Hint text={help[language]} />
      </FormGroup>
      {recoveryProperties.map(({ name, setting, kind }) => (
        <NumberField
          key={name}
          id={`property-${name}`}
          setting={setting}
          kind={kind}
          value={draft.recovery[name] ?? ''}
          isWrong={wrong.includes(name)}
          isReadOnly={isReadOnly}
          onChange={(typed) => onChange({ ...draft, recovery: { ...draft.recovery, [name]: typed } })}
        />
      ))}
    </FormSection>
  );
}
