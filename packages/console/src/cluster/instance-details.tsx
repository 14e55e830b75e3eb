import { Button, Content, Popover } from '@patternfly/react-core';
import type { MouseEvent } from 'react';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { mainElement } from '../shell/main-element.ts';
import { useReasonWords } from '../words/reasons.ts';
import { InstanceState } from '../words/states.tsx';
import type { MenuTarget } from './actions.ts';

/** The details of one instance that are open. */
export interface OpenDetails {
  readonly opener: HTMLElement;
  readonly hierarchy: string;
  readonly tag: string;
  readonly server: string;
}

/** State, priority and reason of an instance, and what to do about it. */
export function InstanceDetails(props: {
  readonly details: OpenDetails;
  readonly onClose: () => void;
  readonly onMenu: (event: MouseEvent<HTMLElement>, target: MenuTarget, name: string) => void;
}) {
  const say = useText();
  const words = useReasonWords();
  const { status } = useLive();
  const { details, onClose, onMenu } = props;
  const { hierarchy: id, tag, server, opener } = details;
  const hierarchy = status?.hierarchies.find((one) => one.id === id);
  const instance = hierarchy?.resources.find((one) => one.tag === tag)?.instances[server];
  if (!hierarchy || !instance) return null;
  const { state, reason } = instance;
  const problem = reason ? words.problem(reason) : undefined;
  const none = state === 'unknown' ? say('cluster.unknownHint', { server }) : say('cluster.noReason');
  return (
    <Popover
      key={`${tag} ${server}`}
      triggerRef={() => opener}
      isVisible
      shouldClose={() => {
        onClose();
        opener.focus();
      }}
      withFocusTrap
      appendTo={mainElement}
      headerComponent="h2"
      aria-label={`${tag}, ${server}`}
      closeBtnAriaLabel={say('shell.close')}
      headerContent={`${tag}, ${server}`}
      bodyContent={
        <Content>
          <p>
            <InstanceState state={state} />
          </p>
          <p>
            {problem ? `${problem.sentence}${problem.code ? ` (${problem.code})` : ''}` : none}
            {problem?.remedy !== undefined && <small className="hf-remedy">{problem.remedy}</small>}
          </p>
          {hierarchy.owner?.server === server &&
            hierarchy.warnings.map((warning) => <p key={warning.code}>{words.reason(warning)}</p>)}
          <p className="hf-subtle">
            {say('cluster.priority', { priority: hierarchy.priorities[server] ?? 0 })}.{' '}
            {say('cluster.priorityHint')}
          </p>
        </Content>
      }
      footerContent={
        <Button
          variant="secondary"
          size="sm"
          onClick={(event) =>
            onMenu(event, { kind: 'instance', hierarchy: id, tag, server }, `${tag}, ${server}`)
          }
        >
          {say('cluster.actions')}
        </Button>
      }
    />
  );
}
