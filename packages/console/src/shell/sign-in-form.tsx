import { ActionGroup, Button, Form, FormGroup, TextInput } from '@patternfly/react-core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { callerKey, noteSession } from '../live/session.ts';
import { Problem } from './problem.tsx';

/** Signs in; with success everything that is shown is asked again. */
export function SignInForm({ account: known = '' }: { readonly account?: string | undefined }) {
  const say = useText();
  const queries = useQueryClient();
  const [account, setAccount] = useState(known);
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    // A wrong password must not say that a session has ended.
    mutationFn: async () => callApi('login', { body: { account, password } }).then(() => undefined),
    onSuccess: async () => {
      setPassword('');
      await queries.fetchQuery({ queryKey: callerKey, queryFn: () => callApi('me'), staleTime: 0 });
      noteSession('good');
      await queries.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== callerKey[0] });
    },
  });
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        if (!signIn.isPending) signIn.mutate();
      }}
    >
      {signIn.error && <Problem error={signIn.error} />}
      <FormGroup label={say('signIn.account')} fieldId="sign-in-account" isRequired>
        <TextInput
          id="sign-in-account"
          value={account}
          onChange={(_, value) => setAccount(value)}
          autoComplete="username"
          autoFocus={known === ''}
          isRequired
        />
      </FormGroup>
      <FormGroup label={say('signIn.password')} fieldId="sign-in-password" isRequired>
        <TextInput
          id="sign-in-password"
          type="password"
          value={password}
          onChange={(_, value) => setPassword(value)}
          autoComplete="current-password"
          autoFocus={known !== ''}
          isRequired
        />
      </FormGroup>
      <ActionGroup>
        <Button type="submit" isLoading={signIn.isPending} isDisabled={signIn.isPending}>
          {say('signIn.submit')}
        </Button>
      </ActionGroup>
    </Form>
  );
}
