import { Alert, Button, Content, Spinner } from '@patternfly/react-core';
import type { OperationBody } from '@holdfast/contract';
import { useMutation } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { ApiError, callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { Problem } from '../shell/problem.tsx';
import { listOpenServers } from '../wizards/extension.ts';
import { PlanSteps } from './change-plan.tsx';
import { ChangeProblem } from './change-dialog.tsx';
import { FindingList } from './finding-list.tsx';

/** A creation or extension: a daemon keeps it in memory, and forgets it when it dies. */
export type KeptOperation = OperationBody & { readonly kind: 'create' | 'extend' };

export function isKept(operation: OperationBody): operation is KeptOperation {
  return operation.kind === 'create' || operation.kind === 'extend';
}

const words = {
  create: { running: 'creation.running', done: 'creation.done', forgotten: 'creation.forgotten' },
  extend: { running: 'extend.running', done: 'extend.done', forgotten: 'extend.forgotten' },
} as const;

/** What may have become of one that nobody knows any more. */
export function KeptForgotten({ operation: { kind } }: { readonly operation: KeptOperation }) {
  const say = useText();
  return <p>{say(words[kind].forgotten)}</p>;
}

/** How it stands: what it came to, or why it failed and what was taken back (K-09). */
export function KeptOutcome({ operation }: { readonly operation: KeptOperation }) {
  const say = useText();
  const { kind, hierarchy: tag, target, state, findings = [], error } = operation;
  const facts = { tag, server: target ?? '' };
  switch (state) {
    case 'running': {
      const running = say(words[kind].running, facts);
      return (
        <p>
          <Spinner size="md" aria-label={running} /> {running}
        </p>
      );
    }
    case 'done':
      return (
        <>
          <Alert variant="success" isInline component="h2" title={say(words[kind].done, facts)} />
          <FindingList findings={findings} />
        </>
      );
    case 'failed':
      return (
        <>
          {error && <ChangeProblem error={new ApiError(409, error)} />}
          {kind === 'create' && <Undone steps={error?.undone ?? []} />}
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

/** Where to go from an extension: to what it made, to the next server, or back to its form. */
export function ExtensionActions({
  operation: { hierarchy: id, target, state },
}: {
  readonly operation: OperationBody;
}) {
  const say = useText();
  const navigate = useNavigate();
  const { status } = useLive();
  const hierarchy = status?.hierarchies.find((one) => one.id === id);
  const tag = encodeURIComponent(hierarchy?.resources[0]?.tag ?? id);
  const left =
    status && hierarchy ? listOpenServers(status, hierarchy).filter((name) => name !== target) : [];
  const goOn = (path: string, text: string, variant: 'primary' | 'secondary') => (
    <Button variant={variant} onClick={() => void navigate(path, { replace: true })}>
      {text}
    </Button>
  );
  switch (state) {
    case 'running':
      return null;
    case 'done':
      return (
        <>
          {goOn(`/properties/${tag}`, say('action.properties'), 'primary')}
          {left.length > 0 && goOn(`/extend/${tag}`, say('extend.another'), 'secondary')}
        </>
      );
    case 'failed':
      return goOn(
        `/extend/${tag}?server=${encodeURIComponent(target ?? '')}`,
        say('wizard.back'),
        'secondary',
      );
    default:
      return state satisfies never;
  }
}
