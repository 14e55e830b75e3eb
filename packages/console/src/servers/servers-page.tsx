import { Flex, Label, PageSection, Title } from '@patternfly/react-core';
import type { ServerBody } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Answered } from '../shell/answered.tsx';
import { Loading } from '../shell/loading.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { Problem } from '../shell/problem.tsx';
import { RoleButton } from '../shell/role-button.tsx';
import { RowActions } from '../shell/row-actions.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { useReasonWords } from '../words/reasons.ts';
import { ServerState } from '../words/states.tsx';
import { CertificatesTable, useCertificates } from './certificates-table.tsx';
import { listLinks } from './links.ts';
import { PathsTable } from './paths-table.tsx';
import { ServersPicture } from './servers-picture.tsx';
import { usePaths } from './use-paths.ts';

/** Who sees whom, over which path, as a picture and as tables; and the certificates by which they know each other. */
export function ServersPage() {
  const say = useText();
  const { status, connection, error } = useLive();
  const paths = usePaths();
  const certificates = useCertificates();
  if (!status) return <PageSection>{error ? <Problem error={error} /> : <Loading />}</PageSection>;
  const isCurrent = connection === 'live' && paths.error === null;
  const links = paths.data ? listLinks(paths.data, isCurrent) : [];
  return (
    <PageFrame
      title={say('page.servers')}
      actions={
        <Flex>
          <RoleButton needs="administrator" path="/servers/new" words={say('servers.add')} />
          <RoleButton needs="administrator" path="/servers/new-path" words={say('paths.create')} />
        </Flex>
      }
    >
      <ServersPicture servers={status.servers} links={links} />
      <Title headingLevel="h2">{say('servers.servers')}</Title>
      <ServersTable servers={status.servers} />
      <Title headingLevel="h2">{say('servers.paths')}</Title>
      <Answered query={paths}>{() => <PathsTable links={links} />}</Answered>
      <Title headingLevel="h2">{say('certificates.title')}</Title>
      <Answered query={certificates}>{(answer) => <CertificatesTable answer={answer} />}</Answered>
    </PageFrame>
  );
}

function ServersTable({ servers }: { readonly servers: readonly ServerBody[] }) {
  const say = useText();
  const words = useReasonWords();
  const refusal = useRefusal('administrator');
  const columns: readonly Column<ServerBody>[] = [
    { title: say('servers.name'), cell: ({ name }) => name },
    {
      title: say('servers.state'),
      cell: ({ state, reason }) => (
        <>
          <ServerState state={state} />
          {reason && <div className="hf-subtle">{words.reason(reason)}</div>}
        </>
      ),
    },
    { title: say('servers.role'), cell: ({ role }) => say(`serverRole.${role}`) },
    {
      title: say('servers.address'),
      cell: ({ addresses, port }) => `${addresses.join(', ')} :${String(port)}`,
    },
    { title: say('servers.version'), cell: ({ version }) => version ?? '–' },
    {
      title: say('servers.policy'),
      cell: ({ confirmFailover, blockFailover, shutdownStrategy }) => (
        <>
          {confirmFailover && <Label isCompact>{say('servers.confirmFailover')}</Label>}{' '}
          {blockFailover && <Label isCompact>{say('servers.blockFailover')}</Label>}{' '}
          {shutdownStrategy === 'stop' && <Label isCompact>{say('servers.shutdownStops')}</Label>}
        </>
      ),
    },
    {
      title: say('access.actions'),
      cell: ({ name }) => (
        <RowActions
          name={name}
          actions={[
            {
              words: say('action.serverProperties'),
              path: `/servers/server/${encodeURIComponent(name)}`,
              refusal: undefined,
            },
            {
              words: say('servers.remove'),
              path: `/servers/server/${encodeURIComponent(name)}/remove`,
              refusal,
            },
          ]}
        />
      ),
    },
  ];
  return (
    <PlainTable
      label={say('servers.servers')}
      columns={columns}
      rows={servers}
      keyOf={({ name }) => name}
      empty={say('servers.none')}
    />
  );
}
