import {
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import type { ErrorBody, FormField } from '@holdfast/contract';
import type { ReactNode } from 'react';
import { useText } from '../i18n/text.ts';
import { usePreferences } from '../shell/preferences.ts';

/** One field of a kit's form, as its type asks for it. */
export function KitField(props: {
  readonly id: string;
  readonly field: FormField;
  /** As typed; a `boolean` is `true` or `false`. */
  readonly value: string;
  /** What holds when nothing is typed. */
  readonly placeholder?: string;
  /** Where the value comes from. */
  readonly origin?: string | undefined;
  readonly problems?: readonly Pick<ErrorBody, 'code' | 'message' | 'remedy'>[];
  readonly isReadOnly?: boolean;
  readonly onChange: (value: string) => void;
}) {
  const { language } = usePreferences();
  const { id, field, value, placeholder = '', origin, problems = [], isReadOnly = false, onChange } = props;
  const validated = problems.length > 0 ? 'error' : 'default';
  const choices = field.type === 'boolean' ? ['true', 'false'] : field.choices;
  return (
    <FormGroup label={field.label[language]} fieldId={id} isRequired={field.required}>
      {field.type === 'choice' || field.type === 'boolean' ? (
        <ChoiceInput {...{ id, value, choices, placeholder, validated, isReadOnly, onChange }} />
      ) : (
        <TextInput
          id={id}
          value={value}
          placeholder={placeholder}
          validated={validated}
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${id}-help`}
          {...(isReadOnly && { readOnlyVariant: 'plain' as const })}
          {...(field.type === 'integer' && { inputMode: 'numeric' as const })}
          onChange={(_, typed) => onChange(typed)}
        />
      )}
      <FormHelperText>
        <HelperText id={`${id}-help`} isLiveRegion>
          {problems.map(({ code, message, remedy }) => (
            <HelperTextItem key={code} variant="error">
              {message} ({code}). {remedy}
            </HelperTextItem>
          ))}
          <HelperTextItem>
            {field.help[language]}
            {origin !== undefined && <em> ({origin})</em>}
          </HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

function ChoiceInput(props: {
  readonly id: string;
  readonly value: string;
  readonly choices: readonly string[];
  readonly placeholder: string;
  readonly validated: 'error' | 'default';
  readonly isReadOnly: boolean;
  readonly onChange: (value: string) => void;
}): ReactNode {
  const say = useText();
  const { id, value, choices, placeholder, validated, isReadOnly, onChange } = props;
  return (
    <FormSelect
      id={id}
      value={value}
      validated={validated}
      isDisabled={isReadOnly}
      onChange={(_, chosen) => onChange(chosen)}
    >
      {!choices.includes(value) && (
        <FormSelectOption value={value} label={value || placeholder || say('wizard.choose')} />
      )}
      {choices.map((choice) => (
        <FormSelectOption key={choice} value={choice} label={choice} />
      ))}
    </FormSelect>
  );
}
