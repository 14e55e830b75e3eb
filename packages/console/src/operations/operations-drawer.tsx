import {
  Drawer,
  DrawerActions,
  DrawerCloseButton,
  DrawerContent,
  DrawerContentBody,
  DrawerHead,
  DrawerPanelBody,
  DrawerPanelContent,
  List,
  ListItem,
  Title,
} from '@patternfly/react-core';
import type { OperationBody } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { Answered } from '../shell/answered.tsx';
import { useFormats } from '../words/formats.ts';

const endedShown = 20;
const pollMs = 1_000;
/** Narrower pages have no room beside them. */
const widePx = 1200;

/** What runs and what has ended lately, beside the page. */
export function OperationsDrawer(props: {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const say = useText();
  const { isOpen, onClose, children } = props;
  return (
    <Drawer isExpanded={isOpen} isInline={innerWidth >= widePx}>
      <DrawerContent
        panelContent={
          isOpen && (
            <DrawerPanelContent>
              <DrawerHead>
                <Title headingLevel="h2">{say('operations.title')}</Title>
                <DrawerActions>
                  <DrawerCloseButton onClick={onClose} aria-label={say('shell.close')} />
                </DrawerActions>
              </DrawerHead>
              <DrawerPanelBody>
                <Operations />
              </DrawerPanelBody>
            </DrawerPanelContent>
          )
        }
      >
        <DrawerContentBody className="hf-drawer-body">{children}</DrawerContentBody>
      </DrawerContent>
    </Drawer>
  );
}

function Operations() {
  const say = useText();
  const operations = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => callApi('operations', { signal }),
    select: (answer) => answer.operations,
    refetchInterval: pollMs,
    staleTime: 0,
  });
  return (
    <Answered query={operations}>
      {(all) => {
        const running = all.filter(({ state }) => state === 'running');
        const ended = all.filter(({ state }) => state !== 'running').slice(0, endedShown);
        return (
          <>
            <Title headingLevel="h3">{say('operations.running')}</Title>
            {running.length === 0 && <p>{say('operations.noneRuns')}</p>}
            <OperationList operations={running} />
            <Title headingLevel="h3">{say('operations.ended')}</Title>
            <OperationList operations={ended} />
          </>
        );
      }}
    </Answered>
  );
}

function OperationList({ operations }: { readonly operations: readonly OperationBody[] }) {
  const say = useText();
  const { clock } = useFormats();
  return (
    <List isPlain>
      {operations.map(({ id, kind, hierarchy, target, at, state }) => (
        <ListItem key={id}>
          {clock(at)}{' '}
          <Link to={`/operation/${encodeURIComponent(id)}`}>
            {say(`operation.${kind}`, { hierarchy })}
            {target !== null && ` (${target})`}
          </Link>{' '}
          {say(`operationState.${state}`)}
        </ListItem>
      ))}
    </List>
  );
}
