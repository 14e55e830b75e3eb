import {
  FormGroup,
  FormHelperText,
  FormSelect,
  FormSelectOption,
  HelperText,
  HelperTextItem,
  TextInput,
} from '@patternfly/react-core';
import { roles, type Role } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';

/** The dialogs of this page, and what they change of it. */
export const overAccess = { page: '/access', changes: ['accounts', 'api-tokens'] } as const;

/** Fewest characters of a password (K-04). */
export const shortestPassword = 10;

export function RoleField(props: {
  readonly value: Role;
  readonly onChange: (role: Role) => void;
  readonly choices?: readonly Role[];
}) {
  const say = useText();
  const { value, onChange, choices = roles } = props;
  return (
    <FormGroup label={say('access.role')} fieldId="role">
      <FormSelect
        id="role"
        value={value}
        onChange={(_, chosen) => onChange(choices.find((one) => one === chosen) ?? 'guest')}
      >
        {choices.map((role) => (
          <FormSelectOption key={role} value={role} label={say(`role.${role}`)} />
        ))}
      </FormSelect>
      <FormHelperText>
        <HelperText>
          <HelperTextItem>{say('access.roleHelp')}</HelperTextItem>
        </HelperText>
      </FormHelperText>
    </FormGroup>
  );
}

/** A new password. */
export function PasswordField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (password: string) => void;
  readonly isNew?: boolean;
}) {
  const say = useText();
  const { label, value, onChange, isNew = true } = props;
  const id = isNew ? 'new-password' : 'current-password';
  return (
    <FormGroup label={label} fieldId={id}>
      <TextInput
        id={id}
        type="password"
        autoComplete={id}
        value={value}
        onChange={(_, typed) => onChange(typed)}
      />
      {isNew && (
        <FormHelperText>
          <HelperText>
            <HelperTextItem>{say('access.passwordHelp', { count: shortestPassword })}</HelperTextItem>
          </HelperText>
        </FormHelperText>
      )}
    </FormGroup>
  );
}
