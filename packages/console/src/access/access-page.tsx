import { Button, Title } from '@patternfly/react-core';
import { covers, type AccountBody, type ApiTokenBody } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useCaller } from '../live/session.ts';
import { Answered } from '../shell/answered.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { useFormats } from '../words/formats.ts';

/** Who may sign in, and the tokens with which programs ask (S-02). Who is no administrator sees their own. */
export function AccessPage() {
  const say = useText();
  const { role } = useCaller();
  return (
    <PageFrame
      title={say('page.access')}
      actions={<Link to="/access/password">{say('access.changePassword')}</Link>}
    >
      {covers(role, 'administrator') && <Accounts />}
      <Tokens />
    </PageFrame>
  );
}

function Accounts() {
  const say = useText();
  const navigate = useNavigate();
  const { time } = useFormats();
  const query = useQuery({
    queryKey: ['accounts'],
    queryFn: ({ signal }) => callApi('accounts', { signal }),
  });
  const columns: readonly Column<AccountBody>[] = [
    { title: say('access.account'), cell: ({ name }) => name },
    { title: say('access.role'), cell: ({ role }) => say(`role.${role}`) },
    { title: say('access.since'), cell: ({ createdAt }) => time(createdAt), isShort: true },
    {
      title: say('access.actions'),
      cell: ({ name, role }) => (
        <>
          <Link to={`/access/accounts/${encodeURIComponent(name)}?role=${role}`}>{say('access.change')}</Link>{' '}
          <Link to={`/access/accounts/${encodeURIComponent(name)}/delete`}>{say('access.delete')}</Link>
        </>
      ),
    },
  ];
  return (
    <>
      <Title headingLevel="h2">{say('access.accounts')}</Title>
      <Button variant="secondary" onClick={() => void navigate('/access/new-account')}>
        {say('access.newAccount')}
      </Button>
      <Answered query={query}>
        {({ accounts }) => (
          <PlainTable
            label={say('access.accounts')}
            columns={columns}
            rows={accounts}
            keyOf={({ name }) => name}
            empty={say('access.noAccount')}
          />
        )}
      </Answered>
    </>
  );
}

function Tokens() {
  const say = useText();
  const navigate = useNavigate();
  const { time } = useFormats();
  const query = useQuery({
    queryKey: ['api-tokens'],
    queryFn: ({ signal }) => callApi('apiTokens', { signal }),
  });
  const columns: readonly Column<ApiTokenBody>[] = [
    { title: say('access.note'), cell: ({ note }) => note },
    { title: say('access.account'), cell: ({ account }) => account },
    { title: say('access.role'), cell: ({ role }) => say(`role.${role}`) },
    { title: say('access.since'), cell: ({ createdAt }) => time(createdAt), isShort: true },
    { title: say('access.until'), cell: ({ expiresAt }) => time(expiresAt), isShort: true },
    {
      title: say('access.actions'),
      cell: ({ id }) => (
        <Link to={`/access/tokens/${encodeURIComponent(id)}/delete`}>{say('access.delete')}</Link>
      ),
    },
  ];
  return (
    <>
      <Title headingLevel="h2">{say('access.tokens')}</Title>
      <Button variant="secondary" onClick={() => void navigate('/access/new-token')}>
        {say('access.newToken')}
      </Button>
      <Answered query={query}>
        {({ tokens }) => (
          <PlainTable
            label={say('access.tokens')}
            columns={columns}
            rows={tokens}
            keyOf={({ id }) => id}
            empty={say('access.noToken')}
          />
        )}
      </Answered>
    </>
  );
}
