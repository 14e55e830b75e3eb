import {
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';

function Help({ text, isWrong }: { readonly text: string | undefined; readonly isWrong: boolean }) {
  if (text === undefined) return null;
  return (
    <FormHelperText>
      <HelperText>
        <HelperTextItem variant={isWrong ? 'error' : 'default'}>{text}</HelperTextItem>
      </HelperText>
    </FormHelperText>
  );
}

export function TextField(props: {
  readonly id: string;
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly help?: string;
  readonly isWrong?: boolean;
  readonly inputMode?: 'text' | 'decimal';
}) {
  const { id, label, value, onChange, help, isWrong = false, inputMode = 'text' } = props;
  return (
    <FormGroup label={label} fieldId={id}>
      <TextInput
        id={id}
        value={value}
        autoComplete="off"
        inputMode={inputMode}
        validated={isWrong ? 'error' : 'default'}
        onChange={(_, typed) => onChange(typed)}
      />
      <Help text={help} isWrong={isWrong} />
    </FormGroup>
  );
}

export function SelectField<T extends string>(props: {
  readonly id: string;
  readonly label: string;
  readonly value: T;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly onChange: (value: T) => void;
  readonly help?: string;
}) {
  const { id, label, value, choices, onChange, help } = props;
  return (
    <FormGroup label={label} fieldId={id}>
      <FormSelect
        id={id}
        value={value}
        onChange={(_, typed) => {
          const chosen = choices.find((one) => one.value === typed);
          if (chosen) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <FormSelectOption key={choice.value} value={choice.value} label={choice.label} />
        ))}
      </FormSelect>
      <Help text={help} isWrong={false} />
    </FormGroup>
  );
}
