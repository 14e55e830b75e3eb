import { Content, DescriptionList, Title } from '@patternfly/react-core';
import { apiRoot, type ServerBody } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { PageFrame } from '../shell/page-frame.tsx';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { Term } from '../shell/term.tsx';

const license = 'Apache-2.0';

/** Which versions run, and where programs find the API. */
export function AboutPage() {
  const say = useText();
  const { status } = useLive();
  const columns: readonly Column<ServerBody>[] = [
    { title: say('column.server'), cell: ({ name }) => name },
    { title: say('about.version'), cell: ({ version }) => version ?? say('server.unknown') },
    {
      title: say('about.addresses'),
      cell: ({ addresses, port }) => `${addresses.join(', ')} (${String(port)})`,
    },
  ];
  const answering = status?.servers.find(({ name }) => name === status.answeredBy);
  return (
    <PageFrame title={say('page.about')}>
      <Content>
        <p>{say('about.product')}</p>
      </Content>
      <DescriptionList isHorizontal>
        <Term name={say('about.version')}>{answering?.version ?? say('server.unknown')}</Term>
        <Term name={say('about.cluster')}>{status?.cluster}</Term>
        <Term name={say('about.answeredBy')}>{status?.answeredBy}</Term>
        <Term name={say('about.license')}>{license}</Term>
        <Term name={say('about.api')}>
          <a href={`${apiRoot}/openapi.json`} target="_blank" rel="noreferrer">
            {`${apiRoot}/openapi.json`}
          </a>
        </Term>
      </DescriptionList>
      <Title headingLevel="h2">{say('about.servers')}</Title>
      <PlainTable
        label={say('about.servers')}
        columns={columns}
        rows={status?.servers ?? []}
        keyOf={({ name }) => name}
        empty={say('shell.loading')}
      />
    </PageFrame>
  );
}
