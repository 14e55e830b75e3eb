import { Flex, FlexItem, PageSection, Title } from '@patternfly/react-core';
import { Suspense, type ReactNode } from 'react';
import { Outlet } from 'react-router';
import { Loading } from './loading.tsx';

/** A page with its title, what may be done there, and the dialogs over it. */
export function PageFrame(props: {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}) {
  const { title, actions, children } = props;
  return (
    <PageSection isFilled>
      <Flex justifyContent={{ default: 'justifyContentSpaceBetween' }}>
        <FlexItem>
          <Title headingLevel="h1">{title}</Title>
        </FlexItem>
        {actions && <FlexItem>{actions}</FlexItem>}
      </Flex>
      {children}
      <Suspense fallback={<Loading />}>
        <Outlet />
      </Suspense>
    </PageSection>
  );
}
