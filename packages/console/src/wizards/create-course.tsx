import { Alert, Button, Content, Spinner } from '@patternfly/react-core';
import { useNavigate } from 'react-router';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { ChangeProblem } from '../operations/change-dialog.tsx';
import { EventLog } from '../operations/event-log.tsx';
import { FindingList } from '../operations/finding-list.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import type { Creation } from './use-creation.ts';
import type { Checked } from './use-check.ts';

/** The creation while it runs, and what came of it. */
export function CreateCourse(props: {
  readonly creation: Creation;
  readonly checked: Checked;
  readonly onBack: () => void;
}) {
  const say = useText();
  const navigate = useNavigate();
  const close = useCloseDialog();
  const { events } = useLive();
  const { creation, checked, onBack } = props;
  const { state, begunAt, cancel } = creation;
  const tag = checked.answer?.resources[0]?.tag ?? '';
  const created = state.kind === 'done' ? (state.answer.hierarchy?.id ?? tag) : tag;
  const own = events.filter(({ hierarchy, at }) => hierarchy === created && at >= begunAt);
  const actions = {
    none: null,
    running: (
      <Button variant="secondary" onClick={cancel}>
        {say('wizard.undo')}
      </Button>
    ),
    done: (
      <Button onClick={() => void navigate(`/extend/${encodeURIComponent(created)}`, { replace: true })}>
        {say('wizard.goOnExtend')}
      </Button>
    ),
    failed: (
      <Button variant="secondary" onClick={onBack}>
        {say('wizard.back')}
      </Button>
    ),
  }[state.kind];
  return (
    <PageDialog title={say('wizard.createTitle')} onClose={close} isOver actions={actions}>
      <div role="status">
        {state.kind === 'running' && (
          <Content>
            <p>
              <Spinner size="md" aria-label={say('wizard.creating', { tag })} />{' '}
              {say('wizard.creating', { tag })}
            </p>
            <p>
              <small>{say('wizard.creatingHelp')}</small>
            </p>
          </Content>
        )}
        {state.kind === 'done' && (
          <>
            <Alert
              variant="success"
              isInline
              component="h2"
              title={say('wizard.created', {
                tag: created,
                server: state.answer.hierarchy?.owner?.server ?? '',
              })}
            />
            <FindingList findings={state.answer.findings} />
          </>
        )}
        {state.kind === 'failed' && (
          <>
            <ChangeProblem error={state.error} />
            <Content>
              <p>{say('wizard.nothingLeft')}</p>
            </Content>
          </>
        )}
      </div>
      <EventLog events={own} />
    </PageDialog>
  );
}
