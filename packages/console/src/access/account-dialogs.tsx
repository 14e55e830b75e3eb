import { role as roleSchema, type Role } from '@holdfast/contract';
import { useState } from 'react';
import { useParams, useSearchParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { TextField } from '../shell/fields.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { overAccess, PasswordField, RoleField, shortestPassword } from './access-fields.tsx';

export function NewAccountDialog() {
  const say = useText();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('guest');
  const [password, setPassword] = useState('');
  return (
    <FormDialog
      {...overAccess}
      title={say('access.newAccount')}
      begin={say('dialog.create')}
      isReady={name !== '' && password.length >= shortestPassword}
      ask={() => callApi('createAccount', { body: { name, role, password } })}
    >
      <TextField id="account-name" label={say('access.account')} value={name} onChange={setName} />
      <RoleField value={role} onChange={setRole} />
      <PasswordField label={say('access.password')} value={password} onChange={setPassword} />
    </FormDialog>
  );
}

export function ChangeAccountDialog() {
  const say = useText();
  const { name = '' } = useParams();
  const [query] = useSearchParams();
  const before = roleSchema.safeParse(query.get('role')).data;
  const [role, setRole] = useState<Role>(before ?? 'guest');
  const [password, setPassword] = useState('');
  const change = {
    ...(role !== before && { role }),
    ...(password !== '' && { password }),
  };
  return (
    <FormDialog
      {...overAccess}
      title={say('access.changeTitle', { name })}
      begin={say('dialog.save')}
      isReady={Object.keys(change).length > 0 && (password === '' || password.length >= shortestPassword)}
      ask={() => callApi('changeAccount', { parameters: [name], body: change })}
    >
      <RoleField value={role} onChange={setRole} />
      <PasswordField label={say('access.newPassword')} value={password} onChange={setPassword} />
    </FormDialog>
  );
}

export function DeleteAccountDialog() {
  const say = useText();
  const { name = '' } = useParams();
  return (
    <FormDialog
      {...overAccess}
      title={say('access.deleteTitle', { name })}
      begin={say('dialog.delete')}
      isReady
      isDangerous
      ask={() => callApi('deleteAccount', { parameters: [name] })}
    >
      <p>{say('access.deleteWarning')}</p>
    </FormDialog>
  );
}

/** The own password; whoever changes it proves the old one, and signs in again. */
export function ChangePasswordDialog() {
  const say = useText();
  const [old, setOld] = useState('');
  const [password, setPassword] = useState('');
  return (
    <FormDialog
      {...overAccess}
      title={say('access.changePassword')}
      begin={say('dialog.save')}
      isReady={old !== '' && password.length >= shortestPassword}
      ask={() => callApi('changePassword', { body: { old, password } })}
    >
      <p>{say('access.passwordWarning')}</p>
      <PasswordField label={say('access.oldPassword')} value={old} onChange={setOld} isNew={false} />
      <PasswordField label={say('access.newPassword')} value={password} onChange={setPassword} />
    </FormDialog>
  );
}
