import { PageSection, Title } from '@patternfly/react-core';
import { useText } from '../i18n/text.ts';

export function ServersPage() {
  const say = useText();
  return (
    <PageSection>
      <Title headingLevel="h1">{say('page.servers')}</Title>
    </PageSection>
  );
}
