import { Alert, Button, Content, Spinner } from '@patternfly/react-core';
import type { OperationBody } from '@holdfast/contract';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ApiError, callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { Problem } from '../shell/problem.tsx';
import { PlanSteps } from './change-plan.tsx';
import { ChangeProblem } from './change-dialog.tsx';
import { FindingList } from './finding-list.tsx';

/** How a creation stands: what it came to, or why it failed and what was taken back (K-09). */
export function CreationOutcome({ operation }: { readonly operation: OperationBody }) {
  const say = useText();
  const { hierarchy: tag, target, state, findings = [], error } = operation;
  switch (state) {
    case 'running':
      return (
        <p>
          <Spinner size="md" aria-label={say('creation.running', { tag })} />{' '}
          {say('creation.running', { tag })}
        </p>
      );
    case 'done':
      return (
        <>
          <Alert
            variant="success"
            isInline
            component="h2"
            title={say('creation.done', { tag, server: target ?? '' })}
          />
          <FindingList findings={findings} />
        </>
      );
    case 'failed':
      return (
        <>
          {error && <ChangeProblem error={new ApiError(409, error)} />}
          <Undone steps={error?.undone ?? []} />
        </>
      );
    default:
      return state satisfies never;
  }
}

function Undone({ steps }: { readonly steps: NonNullable<NonNullable<OperationBody['error']>['undone']> }) {
  const say = useText();
  return (
    <Content>
      {steps.length > 0 && (
        <>
          <h2>{say('creation.undone')}</h2>
          <PlanSteps steps={steps} label={say('creation.undone')} />
        </>
      )}
      <p>{say('creation.nothingLeft')}</p>
    </Content>
  );
}

/** What may be done with a creation: stop it, extend what it made, or go back to its form. */
export function CreationActions(props: {
  readonly operation: OperationBody;
  readonly onBack: (() => void) | undefined;
}) {
  const say = useText();
  const navigate = useNavigate();
  const { operation, onBack } = props;
  const { id, hierarchy, state } = operation;
  const cancel = useMutation({ mutationFn: () => callApi('cancelOperation', { parameters: [id] }) });
  switch (state) {
    case 'running':
      return (
        <>
          {cancel.error && <Problem error={cancel.error} />}
          <Button
            variant="secondary"
            isDisabled={cancel.isPending || cancel.isSuccess}
            onClick={() => cancel.mutate()}
          >
            {say('creation.cancel')}
          </Button>
        </>
      );
    case 'done':
      return (
        <Button onClick={() => void navigate(`/extend/${encodeURIComponent(hierarchy)}`, { replace: true })}>
          {say('creation.extend')}
        </Button>
      );
    case 'failed':
      return onBack ? (
        <Button variant="secondary" onClick={onBack}>
          {say('wizard.back')}
        </Button>
      ) : null;
    default:
      return state satisfies never;
  }
}
