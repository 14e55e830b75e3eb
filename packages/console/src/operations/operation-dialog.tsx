import { Alert, Content, Progress } from '@patternfly/react-core';
import type { OperationBody } from '@holdfast/contract';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useParams } from 'react-router';
import { ApiError, callApi } from '../api.ts';
import { useText } from '../i18n/text.ts';
import { useLive } from '../live/live.tsx';
import { PageDialog, useCloseDialog } from '../shell/page-dialog.tsx';
import { Problem } from '../shell/problem.tsx';
import { useFormats } from '../words/formats.ts';
import { useReasonWords } from '../words/reasons.ts';
import { InstanceState } from '../words/states.tsx';
import { EventLog } from './event-log.tsx';
import { CreationActions, ExtensionActions, isKept, KeptForgotten, KeptOutcome } from './kept-operation.tsx';

const pollMs = 500;
const logLimit = '300';

/** The operation that the address names. */
export function OperationDialog() {
  const { id = '' } = useParams();
  return <FollowedOperation id={id} />;
}

/** One operation with its log. It goes on in the cluster, whether or not somebody looks. */
export function FollowedOperation({ id, onBack }: { readonly id: string; readonly onBack?: () => void }) {
  const say = useText();
  const close = useCloseDialog();
  const { data: operation, error } = useQuery({
    queryKey: ['operation', id],
    queryFn: ({ signal }) => callApi('operation', { parameters: [id], signal }),
    refetchInterval: ({ state }) =>
      (state.data && state.data.state !== 'running') || isForgotten(state.error) ? false : pollMs,
  });
  const { refresh } = useLive();
  const isOver = operation !== undefined && operation.state !== 'running';
  useEffect(refresh, [isOver, refresh]);
  const title = operation
    ? say(`operation.${operation.kind}`, { hierarchy: operation.hierarchy })
    : say('operations.title');
  const kept = operation && isKept(operation) ? operation : undefined;
  return (
    <PageDialog
      title={title}
      onClose={close}
      isOver
      actions={
        !isForgotten(error) && (
          <>
            {kept?.kind === 'create' && <CreationActions operation={kept} onBack={onBack} />}
            {kept?.kind === 'extend' && <ExtensionActions operation={kept} />}
          </>
        )
      }
    >
      {error !== null && (!operation || isForgotten(error)) && <Problem error={error} />}
      {kept && isForgotten(error) && <KeptForgotten operation={kept} />}
      {operation && !isForgotten(error) && <Course operation={operation} />}
    </PageDialog>
  );
}

/** Nobody knows it any more: it ended long ago, or was kept by a daemon that has died. */
function isForgotten(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function Course({ operation }: { readonly operation: OperationBody }) {
  const say = useText();
  const words = useReasonWords();
  const { time } = useFormats();
  const { events } = useLive();
  const { id, hierarchy, state, target, by, at, reason } = operation;
  const last = events.findLast((event) => event.hierarchy === hierarchy)?.id;
  const log = useQuery({
    queryKey: ['operation', id, 'log', last, state],
    queryFn: ({ signal }) => callApi('events', { query: { hierarchy, from: at, limit: logLimit }, signal }),
    placeholderData: (before) => before,
  });
  return (
    <>
      <Content>
        <p>
          {target === null
            ? say('operation.asked', { by, time: time(at) })
            : say('operation.askedFor', { by, time: time(at), server: target })}
        </p>
      </Content>
      {state === 'running' && !isKept(operation) && <States hierarchy={hierarchy} />}
      <div role="status">
        {isKept(operation) ? (
          <KeptOutcome operation={operation} />
        ) : (
          <>
            {state === 'done' && (
              <Alert variant="success" isInline component="h2" title={say('operation.done')} />
            )}
            {state === 'failed' && (
              <Alert variant="danger" isInline component="h2" title={say('operation.failed')}>
                {reason && words.reason(reason)}
              </Alert>
            )}
          </>
        )}
      </div>
      {state === 'running' && (
        <Content>
          <small>{say('operation.goesOn')}</small>
        </Content>
      )}
      <EventLog events={log.data?.events ?? []} />
    </>
  );
}

/** How many resources are where they are to be, and what each does meanwhile. */
function States({ hierarchy: id }: { readonly hierarchy: string }) {
  const say = useText();
  const { status } = useLive();
  const hierarchy = status?.hierarchies.find((one) => one.id === id);
  if (!hierarchy) return null;
  const { resources, desired, target, owner } = hierarchy;
  const server = target ?? owner?.server;
  const states = resources.map(({ instances }) =>
    server === undefined ? undefined : instances[server]?.state,
  );
  const wanted = states.filter((state) =>
    desired === 'in-service' ? state === 'in-service' || state === 'degraded' : state === 'standby',
  );
  return (
    <>
      <Progress
        title={say('operation.progress')}
        value={wanted.length}
        max={Math.max(1, resources.length)}
        measureLocation="none"
        aria-label={say('operation.progress')}
      />
      <Content component="ul">
        {resources.map(({ tag, instances }) => (
          <li key={tag}>
            {tag}:{' '}
            {Object.entries(instances).map(([name, { state }]) => (
              <span key={name} className="hf-place">
                {name} <InstanceState state={state} />
              </span>
            ))}
          </li>
        ))}
      </Content>
    </>
  );
}
