import { Label, PageSection, Title } from '@patternfly/react-core';
import { Table, Tbody, Td, Th, Thead, Tr } from '@patternfly/react-table';
import type { StatusAnswer } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Loading } from '../shell/loading.tsx';
import { Problem } from '../shell/problem.tsx';
import { useFormats } from '../words/formats.ts';
import { useReasonWords } from '../words/reasons.ts';
import { PathState, ServerState } from '../words/states.tsx';
import { listLinks, type Link } from './links.ts';
import { ServersPicture } from './servers-picture.tsx';

/** Who sees whom, over which path, as a picture and as tables. */
export function ServersPage() {
  const say = useText();
  const { status, error } = useLive();
  if (!status) return <PageSection>{error ? <Problem error={error} /> : <Loading />}</PageSection>;
  const links = listLinks(status);
  return (
    <PageSection>
      <Title headingLevel="h1">{say('page.servers')}</Title>
      <p className="hf-subtle">{say('servers.asSeenBy', { server: status.answeredBy })}</p>
      <ServersPicture servers={status.servers} links={links} />
      <Title headingLevel="h2">{say('servers.servers')}</Title>
      <ServersTable status={status} />
      <Title headingLevel="h2">{say('servers.paths')}</Title>
      <PathsTable links={links} />
    </PageSection>
  );
}

function ServersTable({ status }: { readonly status: StatusAnswer }) {
  const say = useText();
  const words = useReasonWords();
  return (
    <Table variant="compact" aria-label={say('servers.servers')} gridBreakPoint="grid-md">
      <Thead>
        <Tr>
          <Th>{say('servers.name')}</Th>
          <Th>{say('servers.state')}</Th>
          <Th>{say('servers.role')}</Th>
          <Th>{say('servers.address')}</Th>
          <Th>{say('servers.version')}</Th>
          <Th>{say('servers.policy')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {status.servers.map((server) => (
          <Tr key={server.name}>
            <Td dataLabel={say('servers.name')}>{server.name}</Td>
            <Td dataLabel={say('servers.state')}>
              <ServerState state={server.state} />
              {server.reason && <div className="hf-subtle">{words.reason(server.reason)}</div>}
            </Td>
            <Td dataLabel={say('servers.role')}>{say(`serverRole.${server.role}`)}</Td>
            <Td dataLabel={say('servers.address')}>
              {server.addresses.join(', ')} :{server.port}
            </Td>
            <Td dataLabel={say('servers.version')}>{server.version ?? '–'}</Td>
            <Td dataLabel={say('servers.policy')}>
              {server.confirmFailover && <Label isCompact>{say('servers.confirmFailover')}</Label>}{' '}
              {server.blockFailover && <Label isCompact>{say('servers.blockFailover')}</Label>}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function PathsTable({ links }: { readonly links: readonly Link[] }) {
  const say = useText();
  const { milliseconds, number } = useFormats();
  return (
    <Table variant="compact" aria-label={say('servers.paths')} gridBreakPoint="grid-md">
      <Thead>
        <Tr>
          <Th>{say('servers.path')}</Th>
          <Th>{say('servers.between')}</Th>
          <Th>{say('servers.state')}</Th>
          <Th>{say('servers.roundTrip')}</Th>
          <Th>{say('servers.misses')}</Th>
          <Th>{say('servers.flaps')}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {links.map(({ id, ends, state, roundTripMs, misses, flaps }) => (
          <Tr key={`${id} ${ends.join(' ')}`}>
            <Td dataLabel={say('servers.path')}>{id}</Td>
            <Td dataLabel={say('servers.between')}>{ends.join(' – ')}</Td>
            <Td dataLabel={say('servers.state')}>
              <PathState state={state} />
            </Td>
            <Td dataLabel={say('servers.roundTrip')}>
              {roundTripMs === null ? '–' : milliseconds(roundTripMs)}
            </Td>
            <Td dataLabel={say('servers.misses')}>{number(misses)}</Td>
            <Td dataLabel={say('servers.flaps')}>{number(flaps)}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
