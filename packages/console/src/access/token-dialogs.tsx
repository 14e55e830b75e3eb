import { ClipboardCopy, Content, FormGroup, FormSelect, FormSelectOption } from '@patternfly/react-core';
import { covers, roles, type Role } from '@holdfast/contract';
import { useState } from 'react';
import { useParams } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useCaller } from '../live/session.ts';
import { TextField } from '../shell/fields.tsx';
import { FormDialog } from '../shell/form-dialog.tsx';
import { overAccess, RoleField } from './access-fields.tsx';

const dayMs = 86_400_000;
const validDays = [1, 7, 30, 90, 365] as const;

/** A token for a program; its secret is shown once. */
export function NewTokenDialog() {
  const say = useText();
  const caller = useCaller();
  const [note, setNote] = useState('');
  const [role, setRole] = useState<Role>('guest');
  const [days, setDays] = useState(90);
  return (
    <FormDialog
      {...overAccess}
      title={say('access.newToken')}
      begin={say('dialog.create')}
      isReady
      ask={() => callApi('createApiToken', { body: { note, role, validForMs: days * dayMs } })}
      result={({ secret }) => (
        <Content>
          <p>{say('access.secretOnce')}</p>
          <ClipboardCopy isReadOnly hoverTip={say('access.copy')} clickTip={say('access.copied')}>
            {secret}
          </ClipboardCopy>
        </Content>
      )}
    >
      <TextField id="token-note" label={say('access.note')} value={note} onChange={setNote} />
      <RoleField value={role} onChange={setRole} choices={roles.filter((one) => covers(caller.role, one))} />
      <FormGroup label={say('access.validity')} fieldId="token-days">
        <FormSelect id="token-days" value={days} onChange={(_, value) => setDays(Number(value))}>
          {validDays.map((count) => (
            <FormSelectOption key={count} value={count} label={say('access.days', { count })} />
          ))}
        </FormSelect>
      </FormGroup>
    </FormDialog>
  );
}

export function DeleteTokenDialog() {
  const say = useText();
  const { id = '' } = useParams();
  return (
    <FormDialog
      {...overAccess}
      title={say('access.deleteToken')}
      begin={say('dialog.delete')}
      isReady
      isDangerous
      ask={() => callApi('deleteApiToken', { parameters: [id] })}
    >
      <p>{say('access.deleteTokenWarning')}</p>
    </FormDialog>
  );
}
