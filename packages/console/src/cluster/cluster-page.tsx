import { PageSection, Title } from '@patternfly/react-core';
import { Outlet } from 'react-router';
import { useText } from '../i18n/text.ts';

export function ClusterPage() {
  const say = useText();
  return (
    <PageSection>
      <Title headingLevel="h1">{say('page.cluster')}</Title>
      <Outlet />
    </PageSection>
  );
}
