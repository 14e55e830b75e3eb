import {
  Button,
  EmptyState,
  EmptyStateActions,
  EmptyStateBody,
  EmptyStateFooter,
  PageSection,
} from '@patternfly/react-core';
import { Link, useRouteError } from 'react-router';
import { useText } from '../i18n/text.ts';

export function NotFoundPage() {
  const say = useText();
  return (
    <PageSection>
      <EmptyState titleText={say('shell.notFound')} headingLevel="h1">
        <EmptyStateFooter>
          <Link to="/">{say('shell.toCluster')}</Link>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}

/** A page that broke, or whose files are gone because the server has another version now. */
export function PageFailure() {
  const say = useText();
  const error = useRouteError();
  return (
    <PageSection>
      <EmptyState titleText={say('shell.failed')} headingLevel="h1" status="danger">
        <EmptyStateBody>{error instanceof Error ? error.message : String(error)}</EmptyStateBody>
        <EmptyStateFooter>
          <EmptyStateActions>
            <Button onClick={() => location.reload()}>{say('shell.reload')}</Button>
          </EmptyStateActions>
        </EmptyStateFooter>
      </EmptyState>
    </PageSection>
  );
}
