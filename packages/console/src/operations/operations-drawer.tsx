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
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { useFormats } from '../words/formats.ts';

const endedShown = 20;
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
  const { clock } = useFormats();
  const { status, events } = useLive();
  const running = (status?.hierarchies ?? []).filter(({ operation }) => operation !== null);
  const ended = events.filter(({ code }) => code === 'operation-ended').slice(-endedShown);
  return (
    <>
      <Title headingLevel="h3">{say('operations.running')}</Title>
      {running.length === 0 && <p>{say('operations.noneRuns')}</p>}
      <List isPlain>
        {running.map(({ id, operation, target, desired }) => (
          <ListItem key={operation}>
            <Link to={`/operation/${encodeURIComponent(operation ?? '')}`}>
              {say(`operation.${desired}`, { hierarchy: id })}
              {target !== null && ` (${target})`}
            </Link>
          </ListItem>
        ))}
      </List>
      <Title headingLevel="h3">{say('operations.ended')}</Title>
      <List isPlain>
        {ended.toReversed().map((event) => (
          <ListItem key={event.id}>
            {clock(event.at)}{' '}
            <Link to={`/operation/${encodeURIComponent(String(event.facts['operation']))}`}>
              {String(event.facts['hierarchy'] ?? event.hierarchy)}
            </Link>{' '}
            {say(event.facts['state'] === 'failed' ? 'operations.stateFailed' : 'operations.stateDone')}
          </ListItem>
        ))}
      </List>
    </>
  );
}
