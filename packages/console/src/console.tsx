import { EmptyState, Page, PageSection } from '@patternfly/react-core';

export function Console() {
  return (
    <Page>
      <PageSection>
        <EmptyState titleText="Holdfast" headingLevel="h1" />
      </PageSection>
    </Page>
  );
}
